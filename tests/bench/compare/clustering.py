"""EM and Lloyd of tvem against a peer, in turn (alternate.py)."""

import argparse
import os
import subprocess
import tempfile

from alternate import Worker, chosen_sets, median_interval, repetitions_for, show
from clustering_problems import EM_ITERATIONS, problems

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(FOLDER, "..", "..", ".."))


def compiled(source, flags):
    """A peer's worker, compiled as its users would: -O3 -march=native."""
    program = os.path.join(tempfile.mkdtemp(prefix="tvem_compare_"), "worker")
    subprocess.run(["g++", "-std=c++20", "-O3", "-march=native", "-DNDEBUG", "-DARMA_NO_DEBUG", "-I", ROOT,
                    os.path.join(FOLDER, source), "-o", program, *flags], check=True)
    return program


def time_of(worker, repetitions):
    return worker.number("time", repetitions) / repetitions


def compare_em(problem, precision, instruction_set, ours, theirs, alternations):
    words = problem.words(EM_ITERATIONS, precision)
    ours.ask("em", *words, instruction_set)
    theirs.ask("em", *words)
    n_ours, n_theirs = repetitions_for(ours, 0.2), repetitions_for(theirs, 0.2)
    times = [(time_of(ours, n_ours), time_of(theirs, n_theirs)) for _ in range(alternations)]
    return times, ours.number("value"), theirs.number("value")


def compare_lloyd(problem, precision, instruction_set, ours, theirs, alternations):
    """Seconds an iteration: the difference of a fit of n iterations and one of one."""
    n = problem.lloyd_iterations()
    if n < 3:
        raise SystemExit(f"{problem.path}: k-means comes to rest at once")
    counts = {}
    values = []

    def seconds(worker, is_ours, iterations):
        worker.ask("lloyd", *problem.words(iterations, precision), *([instruction_set] if is_ours else []))
        key = is_ours, iterations
        if key not in counts:
            counts[key] = repetitions_for(worker, 0.1)
        return time_of(worker, counts[key])

    times = []
    for _ in range(alternations):
        pair = []
        for worker, is_ours in ((ours, True), (theirs, False)):
            one = seconds(worker, is_ours, 1)
            pair.append((seconds(worker, is_ours, n) - one) / (n - 1))
            values.append(worker.number("value"))
        times.append(tuple(pair))
    return times, values[0], values[1]


def run(description, peer_name, peer_command, em_precisions, lloyd_precisions):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("worker", help="the program tvem_worker of the build")
    parser.add_argument("--alternations", type=int, default=15)
    parser.add_argument("--set", help="tvem's instruction set [the best that this processor has]")
    arguments = parser.parse_args()
    ours = Worker(arguments.worker)
    instruction_set = chosen_sets(ours, [arguments.set] if arguments.set else [])[0]
    theirs = Worker(*peer_command())
    print(f"tvem with {instruction_set}")
    print(f"                                                  us           {peer_name} / tvem       result\n"
          f"                                        tvem      peer      median [95 %]         tvem  {peer_name}")
    for method, precisions, compare, unit in (("em, 50 it.", em_precisions, compare_em, 1e6),
                                              ("lloyd, 1 it.", lloyd_precisions, compare_lloyd, 1e6)):
        for problem in problems():
            for precision in precisions:
                times, our_value, their_value = compare(problem, precision, instruction_set, ours, theirs,
                                                        arguments.alternations)
                a, b = (median_interval([t[i] for t in times])[0] * unit for i in (0, 1))
                ratio = median_interval([t[1] / t[0] for t in times])
                print(f"{method:12} n {problem.n:6} d {problem.d:2} k {problem.k:2} {precision:6} {a:9.2f} "
                      f"{b:10.2f} {show(ratio)}   {our_value:.6g}  {their_value:.6g}", flush=True)
