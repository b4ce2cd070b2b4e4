"""tvem's worker answers every command, and its results are the plain algorithms' (no peer is needed).

usage: worker_test.py TVEM_WORKER
"""

import os
import sys

import numpy as np

from alternate import Alternation, Worker, chosen_sets, median_interval
from clustering import compiled
from clustering_problems import Problem


def plain_lloyd(problem, iterations):
    means = problem.start.copy()
    for _ in range(iterations + 1):
        distances = ((problem.points[:, None] - means[None]) ** 2).sum(-1)
        labels = distances.argmin(1)
        means = np.stack([problem.points[labels == j].mean(0) for j in range(problem.k)])
    return distances.min(1).sum()


def plain_em(problem, iterations):
    n, d = problem.points.shape
    means, weights, variances = problem.start.copy(), np.full(problem.k, 1 / problem.k), np.ones(problem.k)
    for _ in range(iterations + 1):
        squares = ((problem.points[:, None] - means[None]) ** 2).sum(-1)
        log_density = np.log(weights) - d / 2 * np.log(2 * np.pi * variances) - squares / (2 * variances)
        log_likelihood = np.logaddexp.reduce(log_density, axis=1)
        r = np.exp(log_density - log_likelihood[:, None])
        mass = r.sum(0)
        weights, means = mass / n, r.T @ problem.points / mass[:, None]
        squares = ((problem.points[:, None] - means[None]) ** 2).sum(-1)
        variances = (r * squares).sum(0) / (mass * d)
    return log_likelihood.mean()


def main():
    import tempfile
    worker = Worker(sys.argv[1])
    present = worker.ask("sets").split()
    assert present[-1] == "portable" and chosen_sets(worker) == present[:1], present
    assert chosen_sets(worker, ["portable"]) == ["portable"]
    for asked in (["avx1024"], ["portable", "sse"]):
        try:
            chosen_sets(worker, asked)
            raise AssertionError(f"{asked} was taken")
        except SystemExit as refusal:
            assert refusal.code == 2
    with tempfile.TemporaryDirectory() as folder:
        # What the workers of Armadillo and OpenCV share compiles, without their libraries.
        peer = os.path.join(folder, "peer.cpp")
        with open(peer, "w", encoding="ascii") as file:
            file.write('#include "tests/bench/compare/peer_worker.hpp"\nint main() {}\n')
        compiled(peer, [])
        problem = Problem(200, 4, 4, folder)
        for precision, tolerance in (("double", 1e-9), ("float", 1e-5)):
            worker.ask("em", *problem.words(10, precision), "portable")
            worker.number("time", 1)
            np.testing.assert_allclose(worker.number("value"), plain_em(problem, 10), rtol=tolerance)
            worker.ask("lloyd", *problem.words(3, precision), "portable")
            worker.number("time", 1)
            np.testing.assert_allclose(worker.number("value"), plain_lloyd(problem, 3), rtol=tolerance)
        worker.ask("step", "T", "portable", "reproducible")
        pair = Alternation(worker, worker, 3, seconds=0.01)
        assert 0.3 < pair.ratio()[0] < 3, pair.ratio()
        assert 0.2 < worker.number("value") < 2, "the mean cross-entropy of two labels"
        assert 1 < worker.number("memory") < 1000
    # Of 15 values, the 4th and the 12th enclose the median with 96.5 %.
    assert median_interval(list(range(1, 16))) == (8, 4, 12)


if __name__ == "__main__":
    main()
