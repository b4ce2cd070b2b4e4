#!/usr/bin/env python3
"""Draws what tvem cluster made of points with two coordinates: a panel for each estimator, with the ellipses of two

usage: plot_clusters.py FILE.h5 [--out FIGURE.png]

It is tvem.figures.clusters of the package in experiments/python, which says more.
"""

from script import call

call("clusters")
