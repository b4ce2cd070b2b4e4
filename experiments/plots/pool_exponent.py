#!/usr/bin/env python3
"""How the error falls with the number of pre-training tasks: the exponent a of excess = c N^-a.

usage: pool_exponent.py SWEEP [--out FIGURE.png]

It is tvem.figures.pool_exponent of the package in experiments/python, which says more.
"""

from script import call

call("pool_exponent")
