"""scikit-learn's GaussianMixture with spherical covariances, from tvem's guess where tasks have one.

    tvem evaluate ... --eval.estimators "em:covariance=spherical:start=given, external:sklearn=python3 FILE"
"""

import numpy as np
from sklearn.mixture import GaussianMixture

import tvem


def start_of(task: tvem.Task) -> dict[str, np.ndarray]:
    """What tvem's EM begins with: weights and means of the guess, and one variance for all components."""
    share = np.eye(task.components)[task.guess]
    weights = share.mean(axis=0)
    means = share.T @ task.points / share.sum(axis=0)[:, None]
    variance = np.mean((task.points - means[task.guess]) ** 2)
    return {
        "weights_init": weights,
        "means_init": means,
        "precisions_init": np.full(task.components, 1 / variance),
    }


@tvem.estimator("sklearn")
def fit(task: tvem.Task) -> tvem.Fit:
    start = start_of(task) if task.guess is not None else {"init_params": "k-means++"}
    model = GaussianMixture(
        task.components, covariance_type="spherical", tol=1e-6, reg_covar=1e-6, max_iter=100, random_state=task.id
    )
    model.set_params(**start)
    labels = model.fit(task.points).predict(task.points)
    return tvem.Fit(labels, tvem.Mixture(model.weights_, model.means_, model.covariances_))
