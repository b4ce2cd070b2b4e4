#!/usr/bin/env python3
"""EM and Lloyd from given starts: scikit-learn's results, and a plain numpy EM for the shared covariance, which
scikit-learn does not have.

usage: make_em_golden.py > em_sklearn.txt

200 blocks: a line "n d k", the points, the start (means, weights, variance); then for EM with covariance
spherical, tied, diagonal, full and shared after 30 steps: weights, means, covariances (k, d x d, k x d, k x d x d
and 1 values), mean log-likelihood per point; then for Lloyd: centres, labels, sum of squares.
"""

import os
import warnings

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # else the last bits vary from run to run
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

STEPS, BLOCKS, VARIANCE = 30, 200, 1.5
KINDS = {"spherical": "spherical", "tied": "tied", "diagonal": "diag", "full": "full"}


def first_precisions(kind, k, d):
    identity = np.eye(d) / VARIANCE
    return {"spherical": np.full(k, 1 / VARIANCE), "tied": identity, "diagonal": np.full((k, d), 1 / VARIANCE),
            "full": np.stack([identity] * k)}[kind]


def scikit_learn(kind, points, means, weights):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 30 steps need not converge
        model = GaussianMixture(len(means), covariance_type=KINDS[kind], reg_covar=0, tol=0, max_iter=STEPS,
                                weights_init=weights, means_init=means,
                                precisions_init=first_precisions(kind, *means.shape)).fit(points)
    return model.weights_, model.means_, model.covariances_, model.score(points)


def smallest_eigenvalue(kind, covariances):
    if kind in ("spherical", "diagonal"):
        return covariances.min()
    return np.linalg.eigvalsh(covariances).min()


def shared(points, means, weights):
    n, d = points.shape
    variance = VARIANCE

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
    return weights, means, variance, np.logaddexp.reduce(log_joint(), axis=1).mean()


def show(*arrays):
    print(*(f"{x:.12g}" for array in arrays for x in np.ravel(array)))


def main():
    random = np.random.default_rng(3)
    print("# made by make_em_golden.py")
    n_blocks = 0
    while n_blocks < BLOCKS:
        d, k = int(random.integers(1, 5)), int(random.integers(2, 5))
        n = int(random.integers(7 * k * d, 12 * k * d)) if d > 1 else int(random.integers(15 * k, 30 * k))
        truth = random.normal(size=(k, d)) * 3
        # Digits enough that no point is as near to one mean as to another.
        points = np.round(truth[random.integers(0, k, n)] + random.normal(size=(n, d)), 6 if d == 1 else 2)
        means, weights = points[random.choice(n, k, replace=False)], np.full(k, 1 / k)
        try:
            results = {kind: scikit_learn(kind, points, means, weights) for kind in KINDS}
        except ValueError:  # a covariance without an inverse
            continue
        # A collapse has no value to agree on, nor has a component that is about to die.
        if min(smallest_eigenvalue(kind, results[kind][2]) for kind in KINDS) < 0.05:
            continue
        if min(result[0].min() for result in results.values()) * n < 3:
            continue
        lloyd = KMeans(k, init=means, n_init=1, tol=0, max_iter=300, algorithm="lloyd").fit(points)
        if len(set(lloyd.labels_)) < k:
            continue
        print(n, d, k)
        show(points)
        show(means, weights, VARIANCE)
        for result in results.values():
            show(*result)
        show(*shared(points, means, weights))
        show(lloyd.cluster_centers_, lloyd.labels_, lloyd.inertia_)
        n_blocks += 1


main()
