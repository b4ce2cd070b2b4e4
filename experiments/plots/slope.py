#!/usr/bin/env python3
"""The exponent of the error: the slope of -log error against Delta^2 / 8, fitted for each method.

usage: slope.py SWEEP [--below 0.1] [--out FIGURE.png]

SWEEP is the folder of a sweep over task.separation (experiments/configs/separation.ini). The line is fitted by least squares to
the separations at which bayes has an error below --below. The minimax rate has slope 1. Intervals are 95 % of 1000 bootstrap
samples of tasks, which are the same for all methods, and of trainings where there are several. Prints a table, and draws PNG and PDF. Needs h5py and
matplotlib (Debian: python3-h5py, python3-matplotlib).
"""

import argparse
import configparser
import pathlib
import sys

try:
    import h5py
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np
except ImportError as error:
    sys.exit(f"slope.py: {error}; Debian and Ubuntu: apt install python3-h5py python3-matplotlib")

import plot_sweep

SAMPLES = 1000


def check_axes(folder):
    """Ends with a sentence where the sweep has other axes, whose cells are no trainings of one prior."""
    config = configparser.ConfigParser(strict=False, delimiters=("=",))
    if not config.read(folder / "sweep.ini", encoding="utf-8"):
        sys.exit(f"slope.py: {folder} has no sweep.ini; give the folder of a sweep over task.separation")
    axes = [axis for axis in config["sweep"] if axis != "skip"] if config.has_section("sweep") else []
    others = [axis for axis in axes if axis not in ("task.separation", "run.seed")]
    if "task.separation" not in axes or others:
        sys.exit(f"slope.py: it takes a sweep over task.separation and run.seed alone, and the axes of {folder} are "
                 f"{', '.join(axes) or 'none'}")


def read_errors(folder):
    """{method: {separation: errors, trainings x tasks}} of all results in the folder of a sweep."""
    errors = {}
    for path in sorted([*folder.glob("*/run.h5"), *folder.glob("baselines-*/evaluation.h5")]):
        with h5py.File(path) as file:
            if "evaluation/error" not in file:
                continue
            config = configparser.ConfigParser(strict=False, delimiters=("=",))
            config.read_string(file["config"].attrs["text"])
            separation = float(config["task"]["separation"])
            for name, row in zip(file["evaluation/estimator"].asstr()[()], file["evaluation/error"][()]):
                errors.setdefault(name, {}).setdefault(separation, []).append(row)
    return {name: {delta: np.array(rows) for delta, rows in of_method.items()} for name, of_method in errors.items()}


def fitted(exponents, errors):
    """Slope and intercept of -log error against the exponents."""
    return np.polyfit(exponents, -np.log(errors), 1)


def bootstrap_slopes(exponents, columns, random):
    """Slopes of samples of trainings and tasks. columns: errors at each separation, trainings x tasks."""
    n_tasks = columns[0].shape[1]
    slopes = []  # of samples without a mean of 0, which has no logarithm
    for _ in range(SAMPLES):
        tasks = random.integers(n_tasks, size=n_tasks)
        means = np.array([rows[random.integers(len(rows), size=len(rows))].mean(axis=0)[tasks].mean() for rows in columns])
        if (means > 0).all():
            slopes.append(fitted(exponents, means)[0])
    return np.quantile(slopes, [0.025, 0.975]) if len(slopes) > SAMPLES / 2 else (np.nan, np.nan)


def slopes_of(errors, separations):
    """{method: (exponents, mean errors, slope, intercept, low, high)} of the methods that are there at all separations."""
    exponents = np.array(separations) ** 2 / 8
    found = {}
    for name, of_method in errors.items():
        columns = [of_method[delta] for delta in separations if delta in of_method]
        means = np.array([rows.mean() for rows in columns])
        if len(columns) < len(separations) or not (means > 0).all():
            print(f"{name}: left out, since it has no error at some separation")
            continue
        slope, intercept = fitted(exponents, means)
        found[name] = (exponents, means, slope, intercept, *bootstrap_slopes(exponents, columns, np.random.default_rng(0)))
    return found


def draw(found, out):
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.4))
    styles = plot_sweep.styles_of(found)
    for place, (name, (exponents, means, slope, intercept, low, high)) in enumerate(found.items()):
        style = {"markersize": 5, **styles[name]}
        left.plot(exponents, means, **{**style, "linestyle": ""})
        left.plot(exponents, np.exp(-slope * exponents - intercept), label=name, **{**style, "marker": ""})
        right.errorbar([slope], [-place], xerr=[[max(slope - low, 0)], [max(high - slope, 0)]], capsize=3, color=style["color"],
                       marker=style["marker"] or "|", markersize=7)
    plot_sweep.set_error_scale([left])
    left.set_xlabel(r"$\Delta^2 / 8$")
    left.set_ylabel("misclustering error, and the fitted line")
    right.axvline(1, color="#999999", linestyle=(0, (8, 3)), linewidth=1.2)
    right.set_yticks([-place for place in range(len(found))], list(found))
    right.set_xlabel("slope; minimax rate: 1")
    for axes in (left, right):
        plot_sweep.tidy(axes)
    figure.text(0.01, -0.03, "bars: 95 % over tasks, and over trainings where there are several, by a bootstrap", fontsize=7.5, color="#444444", va="top")
    figure.tight_layout()
    base = str(out.with_suffix("")) if out.suffix in (".png", ".pdf") else str(out)
    for suffix in (".png", ".pdf"):
        figure.savefig(base + suffix, dpi=150, bbox_inches="tight")
    print(f"figure: {base}.png and .pdf")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("sweep", help="folder of a sweep over task.separation")
    parser.add_argument("--below", type=float, default=0.1, help="error of bayes up to which a separation counts (default: 0.1)")
    parser.add_argument("--out", help="figure to write (default: SWEEP/slope.png)")
    options = parser.parse_args()
    folder = pathlib.Path(options.sweep)
    folder = folder if folder.is_dir() else folder.parent
    check_axes(folder)
    errors = read_errors(folder)
    if "bayes" not in errors:
        print(f"slope.py: {folder} has no results of bayes; sweep experiments/configs/separation.ini", file=sys.stderr)
        return 2
    separations = sorted(delta for delta, rows in errors["bayes"].items() if 0 < rows.mean() < options.below)
    if len(separations) < 2:
        print(f"slope.py: bayes is below {options.below:g} at {len(separations)} separations; a line needs two: give a larger --below, or "
              "sweep larger separations", file=sys.stderr)
        return 3
    found = slopes_of(errors, separations)
    print("separations", *(f"{delta:g}" for delta in separations))
    for name, (_, _, slope, _, low, high) in found.items():
        print(f"{name:40} {slope:.3f} [{low:.3f}, {high:.3f}]")
    draw(found, pathlib.Path(options.out or folder / "slope.png"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
