"""Exact recovery: the share of tasks whose every point is labelled right, against the separation in units of its threshold.

usage: recovery.py SWEEP [--out FIGURE.png]

SWEEP is the folder of a sweep over evaluate.task.separation, and perhaps task.dim (experiments/configs/recovery.ini), of tasks with two
components and one number of points. The threshold of Ndaoud (2022) for means +-theta and unit variance is |theta|^2 =
(1 + sqrt(1 + 2 d / (n log n))) log n, and the separation is 2 |theta|. Bands are 95 %, over tasks, and over trainings where there are
several. Prints a table, and draws PNG and PDF. Needs h5py and matplotlib (Debian: python3-h5py,
python3-matplotlib).
"""

import argparse
import pathlib

import matplotlib.pyplot as plt
import numpy as np

from tvem.figures import fits, styles
from tvem.figures.errors import FigureError


def threshold(dim, points):
    """The separation at which exact recovery becomes possible, for many points."""
    log = np.log(points)
    return 2 * np.sqrt((1 + np.sqrt(1 + 2 * dim / (points * log))) * log)


def share_and_band(rows):
    """Share of tasks without an error, and the ends of its 95 % interval over tasks, and over trainings where there are several.

    Over tasks it is Wilson's, which has a width where all tasks or none are without an error.
    """
    exact = (rows == 0).astype(float)
    share, n = exact.mean(), rows.shape[1]
    middle, half = (share + 1.92 / n) / (1 + 3.84 / n), 1.96 / (1 + 3.84 / n) * np.sqrt(share * (1 - share) / n + 0.96 / n ** 2)
    if len(exact) == 1:
        return share, middle - half, middle + half
    _, low, high = fits.interval(share, (1,), [exact])
    return share, min(low, middle - half), max(high, middle + half)


def points_of(folder):
    """The number of points of all tasks; ends with a sentence for tasks that the threshold is not of."""
    tasks = {(config["task"]["components"], config["task"]["points"]) for config, _ in fits.results(folder)}
    if len(tasks) != 1 or next(iter(tasks))[0] != "2" or ".." in next(iter(tasks))[1]:
        raise FigureError(f"the threshold is of tasks with two components and one number of points; {folder} has (components, points) = "
                 f"{', '.join(f'({k}, {n})' for k, n in sorted(tasks)) or 'no results'}")
    return int(next(iter(tasks))[1])


def draw(errors, points, dims, out):
    style_of = styles.styles_of([name for name in errors if name != "chance"])
    figure, panels = plt.subplots(1, len(dims), figsize=(4.6 * len(dims) + 2.4, 4.2), sharey=True, squeeze=False)
    for axes, dim in zip(panels[0], dims):
        at = threshold(dim, points)
        print(f"d = {dim:g}, n = {points}: threshold at separation {at:.3f}")
        for name, style in style_of.items():
            there = sorted((delta, rows) for (delta, own), rows in errors[name].items() if own == dim)
            shares = np.array([share_and_band(rows) for _, rows in there])
            print(f"{name:40}", *(f"{delta:g}: {share:.3f} [{low:.3f}, {high:.3f}]" for (delta, _), (share, low, high) in zip(there, shares)))
            x = np.array([delta for delta, _ in there]) / at
            axes.plot(x, shares[:, 0], label=name, **{"linewidth": 1.4, "markersize": 4.5, **style})
            axes.fill_between(x, shares[:, 1], shares[:, 2], color=style["color"], alpha=0.15, linewidth=0)
        axes.axvline(1, color="#999999", linestyle=(0, (8, 3)), linewidth=1.2)
        axes.set_title(f"dimension: {dim:g}", fontsize=9)
        axes.set_xlabel("separation / threshold of exact recovery")
        styles.tidy(axes)
    panels[0][0].set_ylabel("share of tasks without an error")
    panels[0][-1].legend(frameon=False, fontsize=8.5, loc="center left", bbox_to_anchor=(1.01, 0.5))
    figure.suptitle(f"k = 2, n = {points}", fontsize=10, x=0.01, ha="left")
    fits.save(figure, out, "bands: 95 % over tasks, and over trainings where there are several")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("sweep", help="folder of a sweep over evaluate.task.separation, and perhaps task.dim")
    parser.add_argument("--out", help="figure to write (default: SWEEP/recovery.png)")
    options = parser.parse_args()
    folder = fits.folder_of(options.sweep)
    fits.axes_of(folder, "evaluate.task.separation", ("task.dim",))
    points = points_of(folder)
    errors = fits.columns_by(folder, "task.separation", "task.dim")
    dims = sorted({dim for of_one in errors.values() for _, dim in of_one})
    draw(errors, points, dims, pathlib.Path(options.out or folder / "recovery.png"))
    return 0
