#!/usr/bin/env python3
"""Draws a run: the Transformer's error on validation tasks while it trains, and the levels of all estimators.

usage: plot_run.py RUN_FOLDER [--out FIGURE.png]

It is tvem.figures.run of the package in experiments/python, which says more.
"""

from script import call

call("run")
