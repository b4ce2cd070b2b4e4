#!/usr/bin/env python3
"""How far the Transformer is above the posterior optimum, over a grid of two or three axes.

usage: excess.py SWEEP [--out FIGURE.png]

It is tvem.figures.excess of the package in experiments/python, which says more.
"""

from script import call

call("excess")
