#!/usr/bin/env python3
"""Spectral clustering from given starts: numpy's singular vectors, then scikit-learn's k-means, ARI and NMI.

usage: make_spectral_golden.py > spectral_sklearn.txt

200 blocks: a line "n d k", the points, the true labels, the k points whose projections are the start, then labels,
sum of squares, adjusted Rand index and normalised mutual information (arithmetic) against the truth.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # else the last bits vary from run to run
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score


def show(*arrays):
    print(*(f"{x:.12g}" for array in arrays for x in np.ravel(array)))


def main():
    random = np.random.default_rng(11)
    print("# made by make_spectral_golden.py")
    n_blocks = 0
    while n_blocks < 200:
        k = int(random.integers(2, 5))
        d, n = int(random.integers(2, 13)), int(random.integers(10, 41))
        truth = random.integers(0, k, n)
        points = np.round(2.5 * random.normal(size=(k, d))[truth] + random.normal(size=(n, d)), 2)
        _, _, right = np.linalg.svd(points, full_matrices=False)
        projected = points @ right[:k].T if d > k else points
        start = random.choice(n, k, replace=False)
        fit = KMeans(k, init=projected[start], n_init=1, tol=0, max_iter=300, algorithm="lloyd").fit(projected)
        distances = np.sort(np.linalg.norm(projected[:, None] - fit.cluster_centers_[None], axis=2), axis=1)
        # An empty cluster, or a point as near to one centre as to another, has no value to agree on.
        if len(set(fit.labels_)) < k or (distances[:, 1] - distances[:, 0]).min() < 1e-6:
            continue
        print(n, d, k)
        show(points)
        show(truth)
        show(start)
        show(fit.labels_)
        show(fit.inertia_, adjusted_rand_score(truth, fit.labels_),
             normalized_mutual_info_score(truth, fit.labels_, average_method="arithmetic"))
        n_blocks += 1


main()
