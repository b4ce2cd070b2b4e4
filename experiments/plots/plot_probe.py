#!/usr/bin/env python3
"""The layers of Transformers beside the iterations of EM, Lloyd and gradient ascent: what tvem probe has found.

usage: plot_probe.py PROBE.h5 [PROBE.h5 ...] [--reading readout|linear] [--out FIGURE.png]

It is tvem.figures.probe of the package in experiments/python, which says more.
"""

from script import call

call("probe")
