#!/usr/bin/env python3
"""Draws a sweep that tvem collect has made one file of: errors over an axis, with 95 % bands.

usage: plot_sweep.py SWEEP [--out FIGURE.png] [--x AXIS] [--select AXIS=VALUE ...] [--exact] [--gap] [--initial]
                     [--difference | --trace [--layers-a-step N] | --time]

It is tvem.figures.sweep of the package in experiments/python, which says more.
"""

from script import call

call("sweep")
