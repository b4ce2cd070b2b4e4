"""Problems for the comparisons of EM and Lloyd: points of overlapping mixtures and means to start from."""

import os
import tempfile

import numpy as np

SIZES = [(100, 2, 3), (200, 4, 4), (500, 8, 5), (1000, 10, 10), (100000, 10, 10)]
EM_ITERATIONS = 50


def iterations_to_rest(points, start, most=50):
    """Iterations of Lloyd until no label changes, at most `most`."""
    means, labels = start.copy(), None
    for iteration in range(most + 1):
        new = np.concatenate([((part[:, None] - means[None]) ** 2).sum(-1).argmin(1)
                              for part in np.array_split(points, max(1, len(points) // 5000))])
        if labels is not None and (new == labels).all():
            return iteration
        labels = new
        means = np.stack([points[labels == j].mean(0) if (labels == j).any() else means[j]
                          for j in range(len(means))])
    return most


class Problem:
    def __init__(self, n, d, k, folder):
        random = np.random.default_rng(n + d + k)
        means = 1.5 * random.normal(size=(k, d))
        self.n, self.d, self.k = n, d, k
        self.points = means[random.integers(k, size=n)] + random.normal(size=(n, d))
        # Of some random starts the one that Lloyd takes longest from, so that there is something to time.
        starts = [self.points[random.choice(n, k, replace=False)] for _ in range(20 if n <= 1000 else 1)]
        self.iterations_to_rest, _, self.start = max(
            (iterations_to_rest(self.points, start), -i, start) for i, start in enumerate(starts))
        self.path = os.path.join(folder, f"problem_{n}_{d}_{k}.bin")
        with open(self.path, "wb") as file:
            self.points.tofile(file)
            self.start.tofile(file)

    def words(self, *more):
        return (self.path, self.n, self.d, self.k, *more)

    def lloyd_iterations(self):
        """Few enough that no library finds its labels at rest and stops early."""
        return self.iterations_to_rest - 2


def problems():
    folder = tempfile.mkdtemp(prefix="tvem_compare_")
    return [Problem(*size, folder) for size in SIZES]
