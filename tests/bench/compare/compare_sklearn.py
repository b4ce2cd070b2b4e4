#!/usr/bin/python3
"""EM (spherical) and Lloyd of tvem against scikit-learn's, in turn, on one core each.

usage: compare_sklearn.py TVEM_WORKER [--alternations 15] [--set avx2]

Needs Debian's python3-sklearn. Both start from the same means, weights 1/k and variances 1, and do 50
iterations of EM; scikit-learn's random first responsibilities (which the given parameters replace) are part
of its fit. Lloyd is timed by the iteration.
"""

import os

from clustering import FOLDER, run

if __name__ == "__main__":
    run(__doc__, "scikit-learn", lambda: ("/usr/bin/python3", os.path.join(FOLDER, "sklearn_worker.py")),
        ("double",), ("double", "float"))
