#!/usr/bin/env python3
"""Errors of the baselines on the quickstart's prior, by an independent implementation: numpy alone, all tasks at
once, its own random numbers. What tvem's errors must agree with (tests/unit/estimators/estimator_test.cpp).

usage: make_reference_errors.py [TASKS] > reference_errors.txt        (about a minute for 8192)
"""

import itertools
import sys

import numpy as np

K, D, N, SCALE = 3, 2, 50, 3.0
ITERATIONS = 100


def draw(random, tasks):
    means = SCALE * random.normal(size=(tasks, K, D))
    labels = random.integers(0, K, size=(tasks, N))
    points = np.take_along_axis(means, labels[..., None], axis=1) + random.normal(size=(tasks, N, D))
    return means, labels, points


def square_distances(points, means):
    return ((points[:, :, None, :] - means[:, None, :, :]) ** 2).sum(axis=-1)


def errors(labels, estimate):
    """Smallest share of differing labels over all permutations of the names."""
    best = np.ones(len(labels))
    for order in itertools.permutations(range(K)):
        best = np.minimum(best, (np.asarray(order)[estimate] != labels).mean(axis=1))
    return best


def plus_plus(random, points):
    tasks = np.arange(len(points))
    chosen = [points[tasks, random.integers(0, N, len(points))]]
    for _ in range(K - 1):
        nearest = square_distances(points, np.stack(chosen, axis=1)).min(axis=2)
        levels = random.random(len(points)) * nearest.sum(axis=1)
        chosen.append(points[tasks, (np.cumsum(nearest, axis=1) < levels[:, None]).sum(axis=1)])
    return np.stack(chosen, axis=1)


def em(points, means):
    """EM with one variance for all components; labels and log-likelihood."""
    square = square_distances(points, means)
    variance = square.min(axis=2).mean(axis=1) / D
    weights = np.full((len(points), K), 1 / K)

    def log_joint():
        return (np.log(weights)[:, None, :] - 0.5 * square / variance[:, None, None]
                - 0.5 * D * np.log(2 * np.pi * variance)[:, None, None])

    for _ in range(ITERATIONS):
        joint = log_joint()
        r = np.exp(joint - joint.max(axis=2, keepdims=True))
        r /= r.sum(axis=2, keepdims=True)
        mass = r.sum(axis=1)
        weights = np.maximum(mass / N, 1e-300)
        means = np.einsum("tnk,tnd->tkd", r, points) / np.maximum(mass, 1e-12)[..., None]
        square = square_distances(points, means)
        variance = np.maximum((r * square).sum(axis=(1, 2)) / (N * D), 1e-6)
    joint = log_joint()
    return joint.argmax(axis=2), np.logaddexp.reduce(joint, axis=2).mean(axis=1)


def lloyd(points, means):
    for _ in range(ITERATIONS):
        labels = square_distances(points, means).argmin(axis=2)
        one_hot = np.eye(K)[labels]
        counts = one_hot.sum(axis=1)[..., None]
        sums = np.einsum("tnk,tnd->tkd", one_hot, points)
        means = np.where(counts > 0, sums / np.maximum(counts, 1), means)
    return square_distances(points, means).argmin(axis=2)


def main():
    tasks = int(sys.argv[1]) if len(sys.argv) > 1 else 8192
    random = np.random.default_rng(4)
    means, labels, points = draw(random, tasks)
    rows = {"bayes": errors(labels, square_distances(points, means).argmin(axis=2)),
            "chance": errors(labels, random.integers(0, K, labels.shape))}
    best, best_likelihood = None, np.full(tasks, -np.inf)
    for restart in range(10):
        estimate, likelihood = em(points, plus_plus(random, points))
        is_better = likelihood > best_likelihood
        best = estimate if best is None else np.where(is_better[:, None], estimate, best)
        best_likelihood = np.maximum(best_likelihood, likelihood)
        if restart == 0:
            rows["em"] = errors(labels, estimate)
    rows["em:restarts=10"] = errors(labels, best)
    rows["lloyd"] = errors(labels, lloyd(points, plus_plus(random, points)))
    print(f"# {tasks} tasks: estimator, mean error, standard error (make_reference_errors.py)")
    for name, values in rows.items():
        print(name, f"{values.mean():.5f} {values.std(ddof=1) / np.sqrt(tasks):.5f}")


main()
