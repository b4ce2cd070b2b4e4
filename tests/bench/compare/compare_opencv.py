#!/usr/bin/python3
"""Lloyd of tvem against OpenCV's kmeans, in turn, on one core each.

usage: compare_opencv.py TVEM_WORKER [--alternations 15] [--set avx2]

Needs Debian's libopencv-dev. In float, which is all that OpenCV has. Lloyd is timed by the iteration.
"""

import subprocess

from clustering import compiled, run


def opencv_worker():
    flags = subprocess.run(["pkg-config", "--cflags", "opencv4"], check=True, capture_output=True, text=True)
    return (compiled("opencv_worker.cpp", [*flags.stdout.split(), "-w", "-lopencv_core"]),)


if __name__ == "__main__":
    run(__doc__, "OpenCV", opencv_worker, (), ("float",))
