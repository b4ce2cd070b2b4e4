"""How the error falls with the number of pre-training tasks: the exponent a of excess = c N^-a.

usage: pool_exponent.py SWEEP [--out FIGURE.png]

SWEEP is the folder of a sweep over task.pool, with 0 (fresh tasks) among its values, and perhaps over task.label_noise
(experiments/configs/noise.ini). The excess of N tasks is the error of the Transformer after training on a pool of N tasks, less that
after training on fresh tasks, paired. The line is fitted to the pools up to the largest whose excess is above 0 by its 95 %
interval. Intervals are over tasks, and over trainings where there are several, given these pools. Prints a table, and draws PNG and PDF. Needs h5py and matplotlib
(Debian: python3-h5py, python3-matplotlib).
"""

import argparse
import pathlib
import sys

import matplotlib.pyplot as plt
import numpy as np

from tvem.figures import fits, styles

NOISE = "task.label_noise"


class Fall:
    """The excess errors of pools, and the fit. columns: {tasks of the pool: errors}, 0 for fresh tasks."""

    def __init__(self, columns):
        limit = columns[0]
        self.sizes = np.array(sorted(size for size in columns if size > 0))
        self.excess = [fits.difference(columns[size], limit) for size in self.sizes]
        largest = max((size for size, (_, low, _) in zip(self.sizes, self.excess) if low > 0), default=0)
        self.fitted = [size for size, (mean, _, _) in zip(self.sizes, self.excess) if mean > 0 and size <= largest]
        self.exponent = None
        if len(self.fitted) > 1:
            of_fitted = [columns[size] for size in self.fitted]
            self.exponent = fits.exponent_of_excess(self.fitted, of_fitted, limit)
            logs = np.log([rows.mean() - limit.mean() for rows in of_fitted])
            self.factor = np.exp(np.mean(logs + self.exponent[0] * np.log(self.fitted)))

    def text(self):
        pools = " ".join(f"{size:g}" for size in self.fitted)
        if not self.exponent:
            return f"no line: {len(self.fitted)} pools have an excess above 0"
        return "exponent {:.3f} [{:.3f}, {:.3f}] over the pools ".format(*self.exponent) + pools


def draw(falls, out):
    figure, axes = plt.subplots(figsize=(6.6, 4.4))
    shades = plt.get_cmap("viridis")(np.linspace(0, 0.8, len(falls)))
    markers = ["o", "s", "^", "D", "v", "P"]
    for place, ((noise, fall), shade) in enumerate(zip(sorted(falls.items()), shades)):
        there = [(size, excess) for size, excess in zip(fall.sizes, fall.excess) if excess[0] > 0]
        label = "" if len(falls) == 1 else f"{noise:g} of the labels wrong: "
        x = [size * 1.06 ** place for size, _ in there]
        means = np.array([mean for _, (mean, _, _) in there])
        lows = np.array([max(low, mean / 50) for _, (mean, low, _) in there])
        highs = np.array([high for _, (_, _, high) in there])
        axes.errorbar(x, means, yerr=[means - lows, highs - means], linestyle="", marker=markers[place % 6], color=shade, capsize=2)
        if fall.exponent:
            ends = np.array([fall.fitted[0], fall.fitted[-1]])
            axes.plot(ends, fall.factor * ends ** -fall.exponent[0], color=shade,
                      label=label + "exponent {:.2f} [{:.2f}, {:.2f}]".format(*fall.exponent))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(styles.LABELS["pool"])
    axes.set_ylabel("error \N{MINUS SIGN} that after training on fresh tasks")
    axes.legend(frameon=False, fontsize=8.5)
    styles.tidy(axes)
    figure.tight_layout()
    fits.save(figure, out, "bars: 95 % over tasks, and over trainings where there are several; pools without an excess are not shown")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("sweep", help="folder of a sweep over task.pool, and perhaps task.label_noise")
    parser.add_argument("--out", help="figure to write (default: SWEEP/exponent.png)")
    options = parser.parse_args()
    folder = fits.folder_of(options.sweep)
    fits.axes_of(folder, "task.pool", (NOISE,))
    errors = fits.columns_by(folder, "task.pool", NOISE).get("transformer", {})
    falls = {}
    for noise in sorted({noise for _, noise in errors}):
        columns = {pool: rows for (pool, of_noise), rows in errors.items() if of_noise == noise}
        if 0 not in columns:
            print(f"pool_exponent.py: {folder} has no training on fresh tasks with {NOISE} = {noise:g}; add 0 to task.pool", file=sys.stderr)
            return 2
        falls[noise] = Fall(columns)
        print(f"{NOISE} = {noise:g}: {falls[noise].text()}")
        for size, (mean, low, high) in zip(falls[noise].sizes, falls[noise].excess):
            print(f"  {size:10g} {mean:+.4f} [{low:+.4f}, {high:+.4f}]")
    if not falls:
        print(f"pool_exponent.py: {folder} has no results of transformer; let tvem sweep go on", file=sys.stderr)
        return 2
    draw(falls, pathlib.Path(options.out or folder / "exponent.png"))
    return 0
