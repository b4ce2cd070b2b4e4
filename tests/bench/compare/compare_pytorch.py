#!/usr/bin/python3
"""Training step of tvem against PyTorch's, in turn, on one core each.

usage: compare_pytorch.py TVEM_WORKER [--configurations T,S,M,L,XL] [--alternations 15] [--sets avx512,avx2]

Needs Debian's python3-torch and libopenblas0-pthread (its reference BLAS would be unfair to it). PyTorch runs
with the allocator's settings that make it fastest (nothing is given back to the system between steps).
PyTorch also has the kernels of OpenBLAS that are fastest on this processor for the configuration: its own choice
is not always that. The last column names them. With avx2 it keeps to AVX2 as well (OPENBLAS_CORETYPE=Haswell; the
rest of it is AVX2 by ATEN_CPU_CAPABILITY).
"""

import argparse
import os
import sys

from alternate import Alternation, Worker, chosen_sets, median_interval, show

# 2 m n k of every product, backward as twice forward (configurations.hpp).
FOLDER = os.path.dirname(os.path.abspath(__file__))
TUNED = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000", "MALLOC_TOP_PAD_": "1000000000"}
AVX2 = {"OPENBLAS_CORETYPE": "Haswell", "ATEN_CPU_CAPABILITY": "avx2"}
CHOICES = ({}, {"OPENBLAS_CORETYPE": "SkylakeX"}, {"OPENBLAS_CORETYPE": "Haswell"})  # {}: OpenBLAS's own


def operations(name):
    from pytorch_worker import CONFIGURATIONS
    layers, _, width, tasks, points, dim, components = CONFIGURATIONS[name]
    rows = tasks * points
    linear, attention = 24 * rows * width * width, 4 * rows * points * width
    ends = 2 * rows * width * (dim + components)
    return 3 * (layers * (linear + attention) + ends) - 2 * rows * dim * width


def pytorch(name, environment):
    worker = Worker("/usr/bin/python3", os.path.join(FOLDER, "pytorch_worker.py"), environment={**TUNED, **environment})
    worker.ask("step", name)
    return worker


def seconds_of(name, environment):
    """The shortest of three steps."""
    worker = pytorch(name, environment)
    worker.number("time", 1)
    seconds = min(worker.number("time", 1) for _ in range(3))
    worker.close()
    return seconds


def compare(worker, name, instruction_set, alternations):
    environment = AVX2 if instruction_set == "avx2" else min(CHOICES, key=lambda choice: seconds_of(name, choice))
    ours, theirs = Worker(worker), pytorch(name, environment)
    ours.ask("step", name, instruction_set, "reproducible")
    peaks = []
    pair = Alternation(ours, theirs, alternations)
    for _ in range(alternations):  # the peak in turn with the step, too
        peaks.append((ours.number("time", max(1, round(0.2 / pair.a[0]))) / max(1, round(0.2 / pair.a[0])),
                      ours.number("peak", instruction_set)))
    of_peak = median_interval([operations(name) / seconds / peak for seconds, peak in peaks])
    memory = ours.number("memory"), theirs.number("memory")
    median = lambda values: median_interval(values)[0]
    print(f"{name:3} {instruction_set:7} {1e3 * median(pair.a):8.2f} {1e3 * median(pair.b):8.2f} "
          f"{show(pair.ratio())}  {100 * of_peak[0]:5.1f} % [{100 * of_peak[1]:.1f}, {100 * of_peak[2]:.1f}]  "
          f"{memory[0]:6.0f} {memory[1]:6.0f} {memory[1] / memory[0]:5.1f}  "
          f"{environment.get('OPENBLAS_CORETYPE', 'its own')}", flush=True)
    ours.close()
    theirs.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("worker", help="the program tvem_worker of the build")
    parser.add_argument("--configurations", default="T,S,M,L,XL")
    parser.add_argument("--alternations", type=int, default=15)
    parser.add_argument("--sets", help="tvem's instruction sets [the best that this processor has]")
    arguments = parser.parse_args()
    sets = chosen_sets(Worker(arguments.worker), arguments.sets.split(",") if arguments.sets else [])
    sys.path.insert(0, FOLDER)
    print("             ms a step         PyTorch / tvem             tvem's share of the      peak memory, MiB  OpenBLAS\n"
          "            tvem  PyTorch      median [95 %]              measured FMA peak        tvem PyTorch ratio  kernels")
    for instruction_set in sets:
        for name in arguments.configurations.split(","):
            compare(arguments.worker, name, instruction_set, arguments.alternations)


if __name__ == "__main__":
    main()
