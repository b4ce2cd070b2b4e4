#!/usr/bin/env python3
"""Random labellings and scikit-learn's scores of them; Bayes errors of equidistant components by scipy.

usage: make_metrics_golden.py scores > metrics_sklearn.txt
       make_metrics_golden.py bayes > metrics_bayes_scipy.txt
"""

import sys

import numpy as np
from scipy.integrate import quad
from scipy.special import log_ndtr
from scipy.stats import norm
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score


def scores():
    random = np.random.default_rng(2)
    print("# k, n, n true labels, n estimated labels, adjusted Rand index, NMI (arithmetic)")
    for trial in range(48):
        k, n = int(random.integers(2, 7)), int(random.integers(2, 40))
        truth = random.integers(0, k, n)
        noise = random.random(n) < random.random()
        estimate = np.where(noise, random.integers(0, k, n), (truth + 1) % k)
        print(k, n, *truth, *estimate, repr(float(adjusted_rand_score(truth, estimate))),
              repr(float(normalized_mutual_info_score(truth, estimate))))


def bayes():
    print("# k, separation in units of sigma, Bayes error")
    for k in (2, 3, 5, 10):
        for separation in (0.5, 1.0, 2.0, 4.0, 8.0):
            # The error itself is integrated, not 1 minus it, so that small values keep their digits.
            error, _ = quad(lambda u: -norm.pdf(u) * np.expm1((k - 1) * log_ndtr(u + separation / np.sqrt(2))),
                            -12, 12, epsabs=1e-15, epsrel=1e-12, limit=500, points=[0])
            print(k, separation, repr(float(error)))


if len(sys.argv) != 2 or sys.argv[1] not in ("scores", "bayes"):
    sys.exit(__doc__)
{"scores": scores, "bayes": bayes}[sys.argv[1]]()
