"""The exponent of the error: the slope of -log error against Delta^2 / 8, fitted for each method.

usage: slope.py SWEEP [--below 0.1] [--out FIGURE.png]

SWEEP is the folder of a sweep over task.separation (experiments/configs/separation.ini), and perhaps over task.points or task.dim
(rate.ini). The line is fitted by least squares to the separations at which bayes has an error below --below. The minimax rate has
slope 1. Intervals are 95 %, over tasks, and over trainings where there are several. Prints a table, and draws PNG and PDF. Needs
h5py and matplotlib (Debian: python3-h5py, python3-matplotlib).
"""

import argparse
import pathlib
import sys

import matplotlib.pyplot as plt
import numpy as np

from tvem.figures import fits, styles
from tvem.figures.errors import FigureError

OTHERS = ("task.points", "task.dim")


class Line:
    """A method's errors at the separations, and the fit."""

    def __init__(self, separations, columns):
        self.exponents = np.array(separations) ** 2 / 8
        self.means = np.array([rows.mean() for rows in columns])
        self.slope, self.low, self.high = fits.slope_of_errors(self.exponents, columns)
        self.intercept = np.mean(-np.log(self.means) - self.slope * self.exponents)

    def fitted(self):
        return np.exp(-self.slope * self.exponents - self.intercept)


def lines_of(errors, separations, where):
    """{method: Line} of the methods that are there at all separations, with an error at each."""
    lines = {}
    for name, of_method in errors.items():
        columns = [of_method[delta] for delta in separations if delta in of_method]
        if len(columns) < len(separations) or not all(rows.mean() > 0 for rows in columns):
            print(f"{name}{where}: left out, since it has no error at some separation")
            continue
        lines[name] = Line(separations, columns)
    return lines


def of_other(errors, value):
    return {name: {delta: rows for (delta, other), rows in of_method.items() if other == value}
            for name, of_method in errors.items()}


def draw_lines(axes, lines):
    """The errors of methods over Delta^2 / 8, or of one method for several numbers of points."""
    for label, line, style in lines:
        style = {"markersize": 5, **style}
        axes.plot(line.exponents, line.means, **{**style, "linestyle": ""})
        axes.plot(line.exponents, line.fitted(), label=label, **{**style, "marker": ""})
    styles.set_error_scale([axes])
    axes.set_xlabel(r"$\Delta^2 / 8$")
    axes.set_ylabel("misclustering error, and the fitted line")


def draw_bars(axes, lines, style_of):
    for place, (name, line) in enumerate(lines.items()):
        axes.errorbar([line.slope], [-place], xerr=[[line.slope - line.low], [line.high - line.slope]], capsize=3,
                      color=style_of[name]["color"], marker=style_of[name]["marker"] or "|", markersize=7)
    axes.axvline(1, color="#999999", linestyle=(0, (8, 3)), linewidth=1.2)
    axes.set_yticks([-place for place in range(len(lines))], list(lines))
    axes.set_xlabel("slope; minimax rate: 1")


def draw_slopes(axes, found, style_of, other):
    """Slopes over the values of another axis."""
    values = sorted(found)
    for place, name in enumerate(style_of):
        lines = [(value, found[value][name]) for value in values if name in found[value]]
        x = [value * 1.02 ** (place - len(style_of) / 2) for value, _ in lines]
        axes.errorbar(x, [line.slope for _, line in lines],
                      yerr=np.array([(line.slope - line.low, line.high - line.slope) for _, line in lines]).T.reshape(2, -1), capsize=2,
                      label=name, **{"markersize": 5, **style_of[name]})
    axes.axhline(1, color="#999999", linestyle=(0, (8, 3)), linewidth=1.2)
    axes.set_xscale("log")
    axes.set_xticks(values, [f"{value:g}" for value in values])
    axes.minorticks_off()
    axes.set_xlabel(styles.LABELS[other.split(".")[1]])
    axes.set_ylabel("slope; minimax rate: 1")
    axes.legend(frameon=False, fontsize=8.5, loc="center left", bbox_to_anchor=(1.01, 0.5))


def draw(found, other, out):
    """found: {value of the other axis, or none: {method: Line}}."""
    names = list(dict.fromkeys(name for lines in found.values() for name in lines))
    style_of = styles.styles_of(names)
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4))
    if not other:
        lines = found[None]
        draw_lines(left, [(name, line, style_of[name]) for name, line in lines.items()])
        draw_bars(right, lines, style_of)
    else:
        model = next((name for name in names if styles.is_of_model(name)), names[0])
        shades = plt.get_cmap("viridis")(np.linspace(0, 0.85, len(found)))
        label = styles.LABELS[other.split(".")[1]]
        draw_lines(left, [(f"{model}, {label}: {value:g}", found[value][model], {"color": shade, "marker": "o"})
                          for value, shade in zip(sorted(found), shades) if model in found[value]])
        left.legend(frameon=False, fontsize=8)
        draw_slopes(right, found, style_of, other)
    for axes in (left, right):
        styles.tidy(axes)
    figure.tight_layout()
    fits.save(figure, out, "bars: 95 % over tasks, and over trainings where there are several")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("sweep", help="folder of a sweep over task.separation, and perhaps task.points or task.dim")
    parser.add_argument("--below", type=float, default=0.1, help="error of bayes up to which a separation counts (default: 0.1)")
    parser.add_argument("--out", help="figure to write (default: SWEEP/slope.png)")
    options = parser.parse_args()
    folder = fits.folder_of(options.sweep)
    others = fits.axes_of(folder, "task.separation", OTHERS)
    if len(others) > 1:
        raise FigureError(f"it takes one of the axes {' and '.join(others)} beside task.separation; sweep them one by one")
    other = others[0] if others else None
    errors = fits.columns_by(folder, "task.separation", *others)
    if "bayes" not in errors:
        print(f"slope.py: {folder} has no results of bayes; sweep experiments/configs/separation.ini", file=sys.stderr)
        return 2
    values = sorted({key[1] for key in errors["bayes"]}) if other else [None]
    found = {}
    for value in values:
        part = of_other(errors, value) if other else errors
        separations = sorted(delta for delta, rows in part["bayes"].items() if 0 < rows.mean() < options.below)
        where = f"{other} = {value:g}" if other else ""
        if len(separations) < 2:
            print(f"slope.py: bayes is below {options.below:g} at {len(separations)} separations {where}; a line needs two: give a larger "
                  "--below, or sweep larger separations", file=sys.stderr)
            return 3
        print("separations", *(f"{delta:g}" for delta in separations), *([f"({where})"] if other else []))
        found[value] = lines_of(part, separations, f" ({where})" if other else "")
        for name, line in found[value].items():
            print(f"{name:40} {line.slope:.3f} [{line.low:.3f}, {line.high:.3f}]")
    draw(found, other, pathlib.Path(options.out or folder / "slope.png"))
    return 0
