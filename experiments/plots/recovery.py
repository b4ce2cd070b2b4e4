#!/usr/bin/env python3
"""Exact recovery: the share of tasks whose every point is labelled right, against the separation in units of its threshold.

usage: recovery.py SWEEP [--out FIGURE.png]

It is tvem.figures.recovery of the package in experiments/python, which says more.
"""

from script import call

call("recovery")
