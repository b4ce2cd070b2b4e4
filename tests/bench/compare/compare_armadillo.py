#!/usr/bin/python3
"""EM and Lloyd of tvem against Armadillo's, in turn, on one core each.

usage: compare_armadillo.py TVEM_WORKER [--alternations 15] [--set avx2]

Needs Debian's libarmadillo-dev and libopenblas0-pthread. Armadillo's gmm_diag has a variance a coordinate, d times as many
as tvem's spherical model; it computes the likelihood in every iteration, as tvem does. Lloyd is timed by the
iteration.
"""

from clustering import compiled, run

if __name__ == "__main__":
    run(__doc__, "Armadillo", lambda: (compiled("armadillo_worker.cpp", ["-larmadillo"]),),
        ("double", "float"), ("double", "float"))
