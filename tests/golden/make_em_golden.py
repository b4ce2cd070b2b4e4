#!/usr/bin/env python3
"""EM and Lloyd from given starts: scikit-learn's results, and a plain numpy EM for the shared covariance, which
scikit-learn does not have.

usage: make_em_golden.py > em_sklearn.txt

Each block: a line "n d k", the points, the start (means, weights, variances); then for EM with covariance
spherical and for shared after 30 steps: weights, means, variances, mean log-likelihood per point; then for
Lloyd: centres, labels, sum of squares.
"""

import os
import warnings

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # else the last bits vary from run to run
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

STEPS = 30


def spherical(points, means, weights, variances):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 30 steps need not converge
        model = GaussianMixture(len(means), covariance_type="spherical", reg_covar=0, tol=0,
                                max_iter=STEPS, weights_init=weights, means_init=means,
                                precisions_init=1 / variances).fit(points)
    return model.weights_, model.means_, model.covariances_, model.score(points)


def shared(points, means, weights, variances):
    n, d = points.shape
    variance = variances[0]

    def log_joint():
        square = ((points[:, None, :] - means[None]) ** 2).sum(axis=2)
        return np.log(weights) - 0.5 * d * np.log(2 * np.pi * variance) - 0.5 * square / variance

    for _ in range(STEPS):
        joint = log_joint()
        r = np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))
        mass = r.sum(axis=0)
        weights = mass / n
        means = r.T @ points / mass[:, None]
        variance = (r * ((points[:, None, :] - means[None]) ** 2).sum(axis=2)).sum() / (n * d)
    return weights, means, np.full(len(means), variance), np.logaddexp.reduce(log_joint(), axis=1).mean()


def show(*arrays):
    print(*(repr(float(x)) for array in arrays for x in np.ravel(array)))


def main():
    random = np.random.default_rng(3)
    print("# made by make_em_golden.py")
    n_blocks = 0
    while n_blocks < 40:
        d, k = int(random.integers(1, 5)), int(random.integers(2, 5))
        n = int(random.integers(15 * k, 25 * k))
        truth = random.normal(size=(k, d)) * 4
        points = np.round(truth[random.integers(0, k, n)] + random.normal(size=(n, d)), 6)
        means = points[random.choice(n, k, replace=False)]
        weights, variances = np.full(k, 1 / k), np.full(k, 1.5)
        result = spherical(points, means, weights, variances)
        if result[2].min() < 0.1 or result[0].min() * n < 3:  # a collapse has no value to agree on
            continue
        lloyd = KMeans(k, init=means, n_init=1, tol=0, max_iter=300, algorithm="lloyd").fit(points)
        if len(set(lloyd.labels_)) < k:
            continue
        print(n, d, k)
        show(points)
        show(means, weights, variances)
        show(*result)
        show(*shared(points, means, weights, variances))
        show(lloyd.cluster_centers_, lloyd.labels_, lloyd.inertia_)
        n_blocks += 1


main()
