#!/usr/bin/env python3
"""EM for mixtures of Student's t and for a uniform background, in plain numpy and scipy.

usage: make_robust_em_golden.py > robust_em_numpy.txt

40 blocks: a line "n d k", the points, the start (means, weights, variance); then, for each covariance (spherical, tied,
diagonal, full, shared) and each model (t with estimated degrees, t with 4, Gaussian with a background, t with estimated
degrees and a background), after 30 steps: weights, means, covariances (k x d x d), degrees (0: Gaussian), mean
log-likelihood per point with the background.

The degrees of the first step are 10 where they are estimated, the first share of the background is 0.05.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # else the last bits vary from run to run

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, logsumexp
from scipy.stats import multivariate_normal, multivariate_t

STEPS, BLOCKS = 30, 40
KINDS = ("spherical", "tied", "diagonal", "full", "shared")
# Is it t, its degrees (None: estimated), is there a background.
MODELS = ((True, None, False), (True, 4.0, False), (False, None, True), (True, None, True))


def constrained(kind, scatters, masses):
    """The scale matrices that maximise the expected log-likelihood, from the weighted scatters (k x d x d)."""
    k, d, _ = scatters.shape
    if kind == "full":
        return scatters / masses[:, None, None]
    if kind == "diagonal":
        return np.stack([np.diag(np.diag(s) / m) for s, m in zip(scatters, masses)])
    if kind == "spherical":
        return np.stack([np.eye(d) * np.trace(s) / (m * d) for s, m in zip(scatters, masses)])
    pooled = scatters.sum(axis=0) / masses.sum()
    return np.stack([pooled if kind == "tied" else np.eye(d) * np.trace(pooled) / d] * k)


def log_densities(points, means, scales, degrees):
    if degrees is None:
        columns = [multivariate_normal(m, s).logpdf(points) for m, s in zip(means, scales)]
    else:
        columns = [multivariate_t(m, s, df=degrees).logpdf(points) for m, s in zip(means, scales)]
    return np.stack([np.reshape(c, len(points)) for c in columns], axis=1)


def next_degrees(r, u, old, d):
    mean = (r * (np.log(u) - u)).sum() / r.sum()
    constant = 1 + mean + digamma((old + d) / 2) - np.log((old + d) / 2)

    def slope(nu):
        return np.log(nu / 2) - digamma(nu / 2) + constant

    if slope(2.1) <= 0:
        return 2.1
    if slope(200) >= 0:
        return 200.0
    return brentq(slope, 2.1, 200, xtol=1e-14, rtol=1e-14)


def em(kind, model, points, means, weights, variance):
    is_t, given, has_background = model
    n, d = points.shape
    k = len(means)
    nu = (given or 10.0) if is_t else None
    share = (nu - 2) / nu if is_t else 1.0  # of the covariance, which the start has
    scales = np.stack([np.eye(d) * variance * share] * k)
    background = 0.05 if has_background else 0.0
    density = -np.log(np.ptp(points, axis=0)).sum()

    def joint():
        inside = np.log((1 - background) * weights) + log_densities(points, means, scales, nu)
        if not has_background:
            return inside
        return np.column_stack([inside, np.full(n, np.log(background) + density)])

    for _ in range(STEPS):
        log_joint = joint()
        r = np.exp(log_joint - logsumexp(log_joint, axis=1, keepdims=True))[:, :k]
        u = np.ones((n, k))
        if is_t:
            for j in range(k):
                centred = points - means[j]
                u[:, j] = (nu + d) / (nu + np.einsum("ia,ab,ib->i", centred, np.linalg.inv(scales[j]), centred))
        masses = r.sum(axis=0)
        background = 1 - masses.sum() / n if has_background else 0.0
        weights = masses / masses.sum()
        w = r * u
        means = (w.T @ points) / w.sum(axis=0)[:, None]
        scatters = np.stack([(w[:, [j]] * (points - means[j])).T @ (points - means[j]) for j in range(k)])
        scales = constrained(kind, scatters, masses)
        if is_t and given is None:
            nu = next_degrees(r, u, nu, d)
    covariances = scales * nu / (nu - 2) if is_t else scales
    return weights, means, covariances, nu or 0.0, logsumexp(joint(), axis=1).mean(), masses.min()


def show(*arrays):
    print(*(f"{x:.15g}" for array in arrays for x in np.ravel(array)))


def main():
    random = np.random.default_rng(11)
    print("# made by make_robust_em_golden.py")
    n_blocks = 0
    while n_blocks < BLOCKS:
        d, k = int(random.integers(1, 4)), int(random.integers(2, 4))
        n = 25 * k * d
        truth = random.normal(size=(k, d)) * 5
        noise = random.standard_t(3, size=(n, d)) if n_blocks % 2 else random.normal(size=(n, d))
        points = truth[random.integers(0, k, n)] + noise
        points[: n // 12] = random.uniform(-15, 15, size=(n // 12, d))
        points = np.round(points, 6)
        means, weights, variance = points[random.choice(n, k, replace=False)], np.full(k, 1 / k), 2.0
        try:
            results = [em(kind, model, points, means, weights, variance) for kind in KINDS for model in MODELS]
        except (np.linalg.LinAlgError, ValueError):  # a covariance without an inverse
            continue
        # A collapse has no value to agree on, nor has a component that is about to die.
        if min(min(np.linalg.eigvalsh(c).min() for c in result[2]) for result in results) < 0.05:
            continue
        if min(result[5] for result in results) < 3:
            continue
        print(n, d, k)
        show(points)
        show(means, weights, variance)
        for result in results:
            show(*result[:5])
        n_blocks += 1


main()
