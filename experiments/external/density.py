"""Clusters by density, which need no k: HDBSCAN of scikit-learn 1.3 or later, or else its OPTICS.

Points in no cluster have the label -1. A task in which there is no cluster at all has failed.
"""

from sklearn import cluster

import tvem

SMALLEST = 5  # points of a cluster


def method():
    if hasattr(cluster, "HDBSCAN"):
        return cluster.HDBSCAN(min_cluster_size=SMALLEST)
    return cluster.OPTICS(min_samples=SMALLEST, min_cluster_size=SMALLEST)


@tvem.estimator("density")
def density(task: tvem.Task):
    return method().fit_predict(task.points)
