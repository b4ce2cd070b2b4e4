#!/usr/bin/env python3
"""Draws what tvem cluster made of points, along principal axes where they have more than two coordinates.

usage: plot_clusters.py FILE.h5 [--out FIGURE.png]

It is tvem.figures.clusters of the package in experiments/python, which says more.
"""

from script import call

call("clusters")
