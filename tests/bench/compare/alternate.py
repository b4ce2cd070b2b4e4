"""Times two programs in turn: A B A B ..., so that a noisy machine is as noisy for both.

A worker is a process that reads commands from standard input and answers each with one line
(tvem_worker.cpp lists them). All have one core: what they would do with threads is not compared.
"""

import os
import statistics
import subprocess
import sys

ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Worker:
    def __init__(self, *command, environment=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **ONE_CORE, **(environment or {})})

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"a worker ended at the command {words}")
        return answer.strip()

    def number(self, *words):
        return float(self.ask(*words))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def chosen_sets(worker, asked=()):
    """The instruction sets that are asked for, which this processor must have; else the best one that it has."""
    present = worker.ask("sets").split()
    sets = asked or present[:1]
    unknown = [name for name in sets if name not in present]
    if unknown:
        print(f"instruction set {', '.join(unknown)}: this processor has {', '.join(present)}", file=sys.stderr)
        raise SystemExit(2)
    return sets


def repetitions_for(worker, seconds):
    """How often the prepared work fits into so many seconds; warms it up meanwhile."""
    worker.number("time", 1)
    n = 1
    while (taken := worker.number("time", n)) < seconds / 4:
        n *= 2
    return max(1, round(n * seconds / taken))


class Alternation:
    """Seconds of one repetition of A and B, in turn."""

    def __init__(self, a, b, alternations, seconds=0.25):
        n_a, n_b = repetitions_for(a, seconds), repetitions_for(b, seconds)
        self.a, self.b = [], []
        for _ in range(alternations):
            self.a.append(a.number("time", n_a) / n_a)
            self.b.append(b.number("time", n_b) / n_b)

    def ratio(self):
        """Median of b / a over the turns, with the interval that holds the median 95 % of the time."""
        return median_interval([b / a for a, b in zip(self.a, self.b)])


def median_interval(values):
    """(median, low, high): order statistics that enclose the median with probability >= 95 %."""
    values, n = sorted(values), len(values)
    # P(at most j of n fall below the median), binomial with 1/2.
    total, term, j = 0.0, 0.5 ** n, 0
    while total + term <= 0.025:
        total += term
        term *= (n - j) / (j + 1)
        j += 1
    return statistics.median(values), values[max(j - 1, 0)], values[min(n - j, n - 1)]


def show(ratio):
    return f"{ratio[0]:7.2f} [{ratio[1]:.2f}, {ratio[2]:.2f}]"
