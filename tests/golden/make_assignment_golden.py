#!/usr/bin/env python3
"""Random assignment problems and scipy's solutions, which are unique with probability one.

usage: make_assignment_golden.py > assignment_scipy.txt
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

random = np.random.default_rng(1)
print("# n, then the n x n costs, then the column of each row (scipy.optimize.linear_sum_assignment)")
for trial in range(48):
    n = 1 + trial % 12
    cost = np.round(random.normal(size=(n, n)) * 10 ** random.uniform(-2, 2), 12)
    rows, columns = linear_sum_assignment(cost)
    print(n, *map(repr, cost.ravel().tolist()), *columns)
