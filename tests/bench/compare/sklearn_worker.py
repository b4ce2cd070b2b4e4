"""scikit-learn's side of compare_sklearn.py: the same commands as tvem_worker.cpp's."""

import sys
import time
import warnings

import numpy as np
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture


def read_problem(words):
    path, n, d, k, iterations = words[0], *map(int, words[1:5])
    values = np.fromfile(path)
    return values[:n * d].reshape(n, d), values[n * d:].reshape(k, d), iterations, k


def em(words):
    points, start, iterations, k = read_problem(words)

    def fit():
        model = GaussianMixture(k, covariance_type="spherical", max_iter=iterations, tol=0, reg_covar=1e-6,
                                init_params="random", means_init=start, weights_init=np.full(k, 1 / k),
                                precisions_init=np.ones(k), random_state=0).fit(points)
        assert model.n_iter_ == iterations
        fit.model = model

    fit.value = lambda: fit.model.score(points)
    return fit


def lloyd(words):
    points, start, iterations, k = read_problem(words)
    points = points.astype({"double": np.float64, "float": np.float32}[words[5]])
    start = start.astype(points.dtype)

    def fit():
        model = KMeans(k, init=start, n_init=1, max_iter=iterations, tol=0, algorithm="lloyd").fit(points)
        assert model.n_iter_ == iterations, (model.n_iter_, iterations)
        fit.model = model

    fit.value = lambda: fit.model.inertia_
    return fit


def main():
    warnings.simplefilter("ignore")
    work = None
    for line in sys.stdin:
        command, *words = line.split()
        answer = ""
        if command in ("em", "lloyd"):
            work = {"em": em, "lloyd": lloyd}[command](words)
        elif command == "time":
            start = time.perf_counter()
            for _ in range(int(words[0])):
                work()
            answer = time.perf_counter() - start
        elif command == "value":
            answer = work.value()
        print(answer, flush=True)


if __name__ == "__main__":
    main()
