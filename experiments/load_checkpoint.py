#!/usr/bin/python3
"""Loads a tvem checkpoint into PyTorch (Debian: python3-h5py, python3-torch).

    from load_checkpoint import load
    model = load("out/checkpoint.h5")

It is tvem.torch of the package in experiments/python, for scripts beside it.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
from tvem.torch import Transformer, load  # pylint: disable=wrong-import-position

__all__ = ["Transformer", "load"]
