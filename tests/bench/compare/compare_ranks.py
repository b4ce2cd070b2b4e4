#!/usr/bin/python3
"""Training steps on 1 and on N ranks, in turn: how much faster N ranks are, and what the sum costs.

usage: compare_ranks.py BENCH_RANKS [--ranks 2] [--configurations S,M,L] [--alternations 15]

Each turn starts mpirun anew, with 1 rank and with N; a start times the steps with the reproducible sum and with
the fast one. The cost of the reproducible sum is that of N ranks. Needs jobs/environment.sh (sourced).
"""

import argparse
import json
import statistics
import subprocess

from alternate import median_interval, show


def milliseconds(bench_ranks, name, ranks):
    """{"reproducible": ms a step, "fast": ms a step}"""
    command = ["mpirun", "-n", str(ranks), bench_ranks, "--benchmark_format=json",
               f"--benchmark_filter=^steps/{name}/"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {run["name"].split("/")[2]: run["real_time"] for run in json.loads(output)["benchmarks"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench_ranks", help="the program bench_ranks of the build")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--configurations", default="S,M,L")
    parser.add_argument("--alternations", type=int, default=15)
    arguments = parser.parse_args()
    n = arguments.ranks
    print(f"   ms a step on 1   on {n}    speed-up, median [95 %]   cost of the reproducible sum over fast, %")
    for name in arguments.configurations.split(","):
        turns = [(milliseconds(arguments.bench_ranks, name, 1), milliseconds(arguments.bench_ranks, name, n))
                 for _ in range(arguments.alternations)]
        one, many = ([turn[i]["reproducible"] for turn in turns] for i in (0, 1))
        speed_up = median_interval([a / b for a, b in zip(one, many)])
        cost = median_interval([100 * (turn[1]["reproducible"] / turn[1]["fast"] - 1) for turn in turns])
        print(f"{name:3} {statistics.median(one):10.2f} {statistics.median(many):9.2f} {show(speed_up)}   "
              f"{show(cost)}", flush=True)


if __name__ == "__main__":
    main()
