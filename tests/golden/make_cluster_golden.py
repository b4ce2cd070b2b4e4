#!/usr/bin/python3
"""scikit-learn's Gaussian mixtures on Old Faithful and Iris: the best of 60 starts.

usage: make_cluster_golden.py > cluster_sklearn.txt

A line for each data set and covariance: its name, the covariance in tvem's words, the mean log-likelihood per point, and
the labels, named in the order of their first appearance.
"""

import csv
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # else the last bits vary from run to run

import numpy as np
from sklearn.mixture import GaussianMixture

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = {"spherical": "spherical", "tied": "tied", "diagonal": "diag", "full": "full"}


def named(labels):
    names = {}
    return [names.setdefault(label, len(names)) for label in labels]


def is_collapsed(model, points):
    """Whether a variance is below a thousandth of the points', coordinates scaled to variance 1."""
    identity = np.eye(points.shape[1])
    covariances = {"spherical": lambda c: c[:, None, None] * identity, "tied": lambda c: c[None],
                   "diag": lambda c: c[:, None, :] * identity, "full": lambda c: c}[model.covariance_type]
    scale = points.std(axis=0)
    return np.linalg.eigvalsh(covariances(model.covariances_) / np.outer(scale, scale)).min() < 1e-3


def best_fit(points, k, kind):
    best = None
    for seed in range(60):
        try:
            model = GaussianMixture(k, covariance_type=kind, reg_covar=0, tol=1e-12, max_iter=10000, random_state=seed,
                                    init_params=("kmeans", "random", "k-means++")[seed % 3]).fit(points)
        except ValueError:  # a covariance without an inverse
            continue
        if not is_collapsed(model, points) and (best is None or model.score(points) > best.score(points)):
            best = model
    return best


def main():
    print("# made by make_cluster_golden.py")
    for name, columns, k in (("faithful", 2, 2), ("iris", 4, 3)):
        with open(os.path.join(HERE, "..", "data", name + ".csv"), encoding="ascii") as file:
            rows = list(csv.reader(file))[1:]
        points = np.array([[float(value) for value in row[:columns]] for row in rows])
        for word, kind in KINDS.items():
            model = best_fit(points, k, kind)
            print(name, word, f"{model.score(points):.12g}", *named(model.predict(points)))


main()
