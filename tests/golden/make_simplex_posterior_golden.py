#!/usr/bin/python3
"""Expected error of the posterior-optimal clustering of simplex means in the plane, by quadrature in numpy.

usage: make_simplex_posterior_golden.py > simplex_posterior_numpy.txt

An independent check of framework/estimators/posterior on task.means = simplex. Tasks: 3 equidistant means in
the plane, 25 points, unit variance, equal weights, separations 1 to 6, about the origin or about a centre that
is N(0, 9 I); coordinates are rounded to two digits, and so the same for both programs. The posterior of the
simplex's angle and centre is computed on a grid. 1000 labellings are drawn from it, and the labelling of least
mean error is found by votes after the best of all six permutations.
"""

import itertools

import numpy as np

from make_posterior_golden import expected_error

TASKS, POINTS, K, SCALE, SAMPLES = 240, 25, 3, 3.0, 1000
ANGLES = np.arange(72) / 72 * 2 * np.pi / K  # a turn by 2 pi / K is a permutation of the labels
STEPS = np.arange(-25, 26) * 0.1


def vertices(angles, separation):
    radius = separation / (2 * np.sin(np.pi / K))
    turns = np.asarray(angles)[..., None] + 2 * np.pi * np.arange(K) / K
    return radius * np.stack([np.cos(turns), np.sin(turns)], -1)  # angle, component, coordinate


def component_logs(points, means):
    return -0.5 * ((points[:, None, :] - means[..., None, :, :]) ** 2).sum(-1)  # ..., point, component


def sampled_labels(rng, points, separation, is_random):
    """Labels drawn from the posterior: of a node of the grid, then of each point given the node."""
    shapes = vertices(ANGLES, separation)
    centres = np.zeros((1, 2))
    if is_random:
        centres = points.mean(0) + np.array(list(itertools.product(STEPS, STEPS)))
    log_weights = np.empty((len(centres), len(ANGLES)))
    for c, centre in enumerate(centres):
        logs = component_logs(points, centre + shapes)
        top = logs.max(-1)
        log_weights[c] = (top + np.log(np.exp(logs - top[..., None]).sum(-1))).sum(-1)
        if is_random:
            log_weights[c] -= 0.5 * (centre @ centre) / SCALE**2
    weights = np.exp(log_weights - log_weights.max()).ravel()
    nodes = rng.choice(weights.size, size=SAMPLES, p=weights / weights.sum())
    means = centres[nodes // len(ANGLES), None, :] + shapes[nodes % len(ANGLES)]
    logs = component_logs(points, means)
    return (logs + rng.gumbel(size=logs.shape)).argmax(-1)


def main():
    print("# Separations, centres, expected errors and points; written by make_simplex_posterior_golden.py.")
    print(TASKS, POINTS)
    for task in range(TASKS):
        rng = np.random.default_rng([20261130, task])
        separation, is_random = 1 + task % 6, task // 6 % 2 == 1
        means = vertices(rng.uniform(0, 2 * np.pi), separation)
        if is_random:
            means = means + SCALE * rng.normal(size=2)
        points = np.round(means[rng.integers(K, size=POINTS)] + rng.normal(size=(POINTS, 2)), 2)
        error = expected_error(sampled_labels(rng, points, float(separation), is_random), 10)
        centre = "random" if is_random else "origin"
        print(separation, centre, f"{error:.5f}", *(f"{x:.2f}" for x in points.ravel()))


if __name__ == "__main__":
    main()
