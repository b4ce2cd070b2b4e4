"""Problems for the comparisons of EM and Lloyd: points of overlapping mixtures and means to start from."""

import os
import tempfile

import numpy as np

SIZES = [(100, 2, 3), (200, 4, 4), (500, 8, 5), (1000, 10, 10), (100000, 10, 10)]
EM_ITERATIONS = 50


class Problem:
    def __init__(self, n, d, k, folder):
        random = np.random.default_rng(n + d + k)
        means = 1.5 * random.normal(size=(k, d))
        self.n, self.d, self.k = n, d, k
        self.points = means[random.integers(k, size=n)] + random.normal(size=(n, d))
        self.start = self.points[random.choice(n, k, replace=False)]
        self.path = os.path.join(folder, f"problem_{n}_{d}_{k}.bin")
        with open(self.path, "wb") as file:
            self.points.tofile(file)
            self.start.tofile(file)

    def words(self, *more):
        return (self.path, self.n, self.d, self.k, *more)

    def lloyd_iterations(self):
        """As many as pass without the labels coming to rest, so that no library stops early; at most 50."""
        means, labels = self.start.copy(), None
        for iteration in range(51):
            new = np.concatenate([((part[:, None] - means[None]) ** 2).sum(-1).argmin(1)
                                  for part in np.array_split(self.points, max(1, self.n // 5000))])
            if labels is not None and (new == labels).all():
                return max(1, iteration - 2)
            labels = new
            means = np.stack([self.points[labels == j].mean(0) if (labels == j).any() else means[j]
                              for j in range(self.k)])
        return 50


def problems():
    folder = tempfile.mkdtemp(prefix="tvem_compare_")
    return [Problem(*size, folder) for size in SIZES]
