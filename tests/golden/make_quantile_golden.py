#!/usr/bin/python3
"""Quantiles of the standard normal distribution by scipy.special.ndtri.

Run it only to make the values anew (Debian: python3-scipy); the tests need its output alone:

    /usr/bin/python3 make_quantile_golden.py > normal_quantile_scipy.txt
"""

from scipy.special import ndtri

# Tails, the borders of the three approximations (0.075, exp(-25)), the middle.
PROBABILITIES = [10.0 ** -e for e in (300, 100, 30, 20, 16, 13)]
PROBABILITIES += [1.3e-11, 1.4e-11, 1e-9, 1e-6, 2.0 ** -20, 1e-3, 0.01, 0.0749999, 0.075, 0.0750001, 0.1]
PROBABILITIES += [i / 64 for i in range(8, 64)]
PROBABILITIES += [0.92499, 0.925, 0.92501, 0.99, 0.999, 1 - 2.0 ** -20, 1 - 2.0 ** -30, 1 - 2.0 ** -53]

print("# probability, quantile (make_quantile_golden.py, scipy.special.ndtri)")
for p in PROBABILITIES:
    print(repr(p), repr(float(ndtri(p))))
