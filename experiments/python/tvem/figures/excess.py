"""How far the Transformer is above the posterior optimum, over a grid of two or three axes.

usage: excess.py SWEEP [--out FIGURE.png]

SWEEP is the folder of a sweep with the estimators transformer and posterior (experiments/configs/depth.ini, capacity.ini). The abscissa is
the first axis; the second has a line for each of its values, and a third a panel. The excess is the error of the Transformer less that of
posterior on the same tasks, with 95 % intervals over tasks, and over trainings where there are several. Prints a table, and draws PNG
and PDF. Needs h5py and matplotlib (Debian: python3-h5py, python3-matplotlib).
"""

import argparse
import pathlib

import matplotlib.pyplot as plt
import numpy as np

from tvem.figures import fits, styles
from tvem.figures.errors import FigureError

MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]


def excesses(folder, axes):
    """{values of the axes: excess, low, high}."""
    of_tasks = [axis for axis in axes if axis.startswith("task.")]
    models = fits.columns_by(folder, *axes).get("transformer")
    optima = fits.columns_by(folder, *of_tasks).get("posterior") if of_tasks else None
    if not models or not optima:
        raise FigureError(f"{folder} has no results of transformer and posterior over an axis of tasks; list both in eval.estimators")
    found = {}
    for values, rows in models.items():
        key = tuple(value for axis, value in zip(axes, values) if axis in of_tasks)
        optimum = optima.get(key if len(key) > 1 else key[0])
        if optimum is not None:  # not yet, in a sweep that goes on
            found[values] = fits.difference(rows, optimum)
    return found


def label(axis, value):
    name = axis.split(".")[1]
    return f"{styles.LABELS.get(name, name)}: {value:g}"


def draw_panel(axes_of_panel, found, axes, third):
    """third: the value of the third axis, none without one."""
    there = {values[:2]: excess for values, excess in found.items() if third is None or values[2] == third}
    lines = sorted({values[1] for values in there})
    for place, line in enumerate(lines):
        points = sorted((values[0], excess) for values, excess in there.items() if values[1] == line)
        x = np.array([value for value, _ in points]) * 1.015 ** (place - len(lines) / 2)
        means, lows, highs = np.array([excess for _, excess in points]).T
        axes_of_panel.errorbar(x, means, yerr=[means - lows, highs - means], marker=MARKERS[place % len(MARKERS)], markersize=5, capsize=2,
                               color=plt.get_cmap("viridis")(0.85 * place / max(1, len(lines) - 1)), label=label(axes[1], line))
        print(label(axes[1], line), "" if third is None else label(axes[2], third),
              *(f"{value:g}: {mean:+.4f} [{low:+.4f}, {high:+.4f}]" for value, (mean, low, high) in points))
    ticks = sorted({values[0] for values in there})
    axes_of_panel.set_xscale("log")
    axes_of_panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes_of_panel.minorticks_off()
    axes_of_panel.axhline(0, color="#555555", linewidth=1)
    name = axes[0].split(".")[1]
    axes_of_panel.set_xlabel(styles.LABELS.get(name, name))
    axes_of_panel.set_title("" if third is None else label(axes[2], third), fontsize=9)
    styles.tidy(axes_of_panel)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("sweep", help="folder of a sweep with the estimators transformer and posterior")
    parser.add_argument("--out", help="figure to write (default: SWEEP/excess.png)")
    options = parser.parse_args()
    folder = fits.folder_of(options.sweep)
    axes = fits.all_axes(folder)
    if len(axes) not in (2, 3):
        raise FigureError(f"it takes two or three axes beside run.seed, and those of {folder} are {', '.join(axes) or 'none'}")
    config = next((config for config, _ in fits.results(folder)), None)
    words = [axis for axis in axes if config and not fits.is_number(fits.value_of(config, axis))]
    if words or any(axis.startswith("evaluate.") for axis in axes):
        raise FigureError(f"its axes are numbers of trainings, and {', '.join(words or axes)} is not; styles.py draws others")
    found = excesses(folder, axes)
    thirds = sorted({values[2] for values in found}) if len(axes) > 2 else [None]
    figure, panels = plt.subplots(1, len(thirds), figsize=(4.4 * len(thirds) + 1.8, 4.2), sharey=True, squeeze=False)
    for panel, third in zip(panels[0], thirds):
        draw_panel(panel, found, axes, third)
    panels[0][0].set_ylabel("error of the Transformer \N{MINUS SIGN} that of posterior")
    panels[0][-1].legend(frameon=False, fontsize=8.5, loc="center left", bbox_to_anchor=(1.01, 0.5))
    fits.save(figure, pathlib.Path(options.out or folder / "excess.png"), "bars: 95 % over tasks, and over trainings where there are several")
    return 0
