#!/usr/bin/env python3
"""The exponent of the error: the slope of -log error against Delta^2 / 8, fitted for each method.

usage: slope.py SWEEP [--below 0.1] [--out FIGURE.png]

It is tvem.figures.slope of the package in experiments/python, which says more.
"""

from script import call

call("slope")
