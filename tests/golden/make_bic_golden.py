"""BIC of Gaussian mixtures for Iris, by scikit-learn 1.2: the numbers in tests/cli/cluster_test.py.

usage: python3 -W ignore make_bic_golden.py      (needs python3-sklearn)
"""

import csv
import os

import numpy as np
from sklearn.mixture import GaussianMixture

IRIS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "iris.csv")

with open(IRIS, encoding="utf-8") as file:
    rows = list(csv.reader(file))[1:]
points = np.array([[float(cell) for cell in row[-5:-1]] for row in rows])
for kind in ("full", "spherical", "tied"):
    values = []
    for k in (1, 2, 3):
        model = GaussianMixture(k, covariance_type=kind, n_init=20, reg_covar=0, tol=1e-8, max_iter=1000, random_state=0)
        values.append(f"{model.fit(points).bic(points):.2f}")
    print(kind, *values)
