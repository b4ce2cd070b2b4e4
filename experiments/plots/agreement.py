#!/usr/bin/env python3
"""Which method a Transformer's labels agree with, on each family of tasks.

usage: agreement.py SWEEP [--out FIGURE.png]

It is tvem.figures.agreement of the package in experiments/python, which says more.
"""

from script import call

call("agreement")
