#!/usr/bin/python3
"""Expected error of the posterior-optimal clustering of 500 tasks, by sequential Monte Carlo in numpy.

usage: make_posterior_golden.py > posterior_numpy.txt

An independent check of framework/estimators/posterior, which samples by tempered Gibbs chains. Tasks: 3
components in the plane, 16 points, means N(0, 9 I), unit variance, equal weights; coordinates are rounded to
two digits, and so the same for both programs. Particles (labels and means) begin in the prior; the likelihood's
power rises from 0 to 1 in steps. At each step particles are weighted by what that adds to their likelihood,
resampled, and moved by two sweeps of Gibbs sampling at that power. The labelling is found by votes after the best of all six permutations.
"""

import itertools

import numpy as np

TASKS, POINTS, K, SCALE, PARTICLES = 500, 16, 3, 3.0, 1000
POWERS = np.concatenate(([0.0], np.geomspace(0.005, 1, 40)))
PERMUTATIONS = np.array(list(itertools.permutations(range(K))))


def squares(points, means):
    return ((points[None, :, None, :] - means[:, None, :, :]) ** 2).sum(-1)  # particle, point, component


def draw_labels(rng, half_squares, power):
    logits = -power * half_squares
    return (logits + rng.gumbel(size=logits.shape)).argmax(-1)


def draw_means(rng, points, labels, power):
    member = labels[..., None] == np.arange(K)
    precision = 1 / SCALE**2 + power * member.sum(1)
    sums = np.einsum("pik,id->pkd", member, points)
    noise = rng.normal(size=sums.shape)
    return power * sums / precision[..., None] + noise / np.sqrt(precision)[..., None]


def sampled_labels(rng, points):
    """Labels of the particles at power 1: equally weighted draws from the posterior."""
    means = SCALE * rng.normal(size=(PARTICLES, K, 2))
    labels = rng.integers(K, size=(PARTICLES, POINTS))
    for before, power in zip(POWERS[:-1], POWERS[1:]):
        half = 0.5 * squares(points, means)
        of_labels = np.take_along_axis(half, labels[..., None], 2)[..., 0].sum(1)
        log_weights = -(power - before) * of_labels
        weights = np.exp(log_weights - log_weights.max())
        places = (np.arange(PARTICLES) + rng.uniform()) / PARTICLES
        chosen = np.searchsorted(np.cumsum(weights) / weights.sum(), places).clip(max=PARTICLES - 1)
        means, labels = means[chosen], labels[chosen]
        for _ in range(2):
            labels = draw_labels(rng, 0.5 * squares(points, means), power)
            means = draw_means(rng, points, labels, power)
    for _ in range(10):
        labels = draw_labels(rng, 0.5 * squares(points, means), 1.0)
        means = draw_means(rng, points, labels, 1.0)
    return labels


def expected_error(samples, n_beginnings=5):
    """The least mean error over labellings, found from several beginnings."""
    renamed = PERMUTATIONS[:, samples]  # permutation, particle, point
    best = 2.0
    for pivot in range(0, len(samples), len(samples) // n_beginnings):
        labels, value = samples[pivot], 2.0
        while True:
            wrong = (renamed != labels).mean(-1)
            mean = wrong.min(0).mean()
            if mean >= value:
                break
            value = mean
            aligned = renamed[wrong.argmin(0), np.arange(len(samples))]
            labels = (aligned[..., None] == np.arange(K)).sum(0).argmax(-1)
        best = min(best, value)
    return best


def main():
    print("# Expected errors and points of tasks; written by make_posterior_golden.py.")
    print(TASKS, POINTS)
    for task in range(TASKS):
        rng = np.random.default_rng([20261128, task])
        means = SCALE * rng.normal(size=(K, 2))
        points = np.round(means[rng.integers(K, size=POINTS)] + rng.normal(size=(POINTS, 2)), 2)
        print(f"{expected_error(sampled_labels(rng, points)):.5f}", *(f"{x:.2f}" for x in points.ravel()))


if __name__ == "__main__":
    main()
