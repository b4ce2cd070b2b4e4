#!/usr/bin/env python3
"""Random labellings and scikit-learn's scores of them.

usage: make_metrics_golden.py > metrics_sklearn.txt
"""

import numpy as np
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

random = np.random.default_rng(2)
print("# k, n, n true labels, n estimated labels, adjusted Rand index, NMI (arithmetic)")
for trial in range(48):
    k, n = int(random.integers(2, 7)), int(random.integers(2, 40))
    truth = random.integers(0, k, n)
    noise = random.random(n) < random.random()
    estimate = np.where(noise, random.integers(0, k, n), (truth + 1) % k)
    print(k, n, *truth, *estimate, repr(float(adjusted_rand_score(truth, estimate))),
          repr(float(normalized_mutual_info_score(truth, estimate))))
