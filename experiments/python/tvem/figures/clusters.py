"""Draws what tvem cluster made of points: a panel for each estimator, with the ellipses of two standard deviations
where the method has covariances. Points of more than two coordinates are shown along their two principal axes.

usage: plot_clusters.py FILE.h5 [--out FIGURE.png]

Writes the figure as PNG and PDF. Needs h5py and matplotlib (Debian: python3-h5py, python3-matplotlib).
"""

import argparse
import pathlib

import h5py
import matplotlib.pyplot as plt
import numpy as np

from tvem.figures.errors import FigureError

# Markers differ, so that the figure also reads in greyscale.
MARKERS = ["o", "^", "s", "x", "D", "v", "+", "*"]
COLOURS = ["#b2182b", "#2166ac", "#1b7837", "#5e3c99", "#8c510a", "#7a7a7a", "#ef8a62", "#01665e"]


def ellipse(mean, covariance):
    """The curve of two standard deviations; a line where there is no spread in one direction."""
    angle = np.linspace(0, 2 * np.pi, 100)
    values, directions = np.linalg.eigh(covariance)
    half_axes = 2 * np.sqrt(np.maximum(values, 0)) * directions
    return mean + np.stack([np.cos(angle), np.sin(angle)], axis=1) @ half_axes.T


def plain(text):
    """Without the signs that matplotlib takes for formulas."""
    return text.replace("$", r"\$")


def read(path):
    """The datasets of /clustering by name."""
    try:
        with h5py.File(path) as file:
            return {name: item[()] for name, item in file["clustering"].items()}
    except (OSError, KeyError):
        raise FigureError(f"{path} is no file that tvem cluster wrote")


def first_appearance(labels):
    """The same partition, named in the order of the points: panels then agree in their colours."""
    names = {}
    return np.array([names.setdefault(label, len(names)) for label in labels]), list(names)


def principal_axes(points):
    """(centre, the two directions of the largest variance, the shares of variance along them).

    The coordinate of the largest weight is positive in a direction, so that the figure does not depend on rounding.
    """
    centre = points.mean(axis=0)
    values, directions = np.linalg.eigh(np.cov(points.T))
    axes = directions[:, :-3:-1]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    return centre, axes, values[:-3:-1] / values.sum()


def in_the_plane(record):
    """Points, means and covariances of two coordinates, and the names of these."""
    points, means, covariances = (record[name] for name in ("points", "means", "covariances"))
    names = [plain(name.decode()) for name in record["coordinate"]]
    if points.shape[1] < 2:
        raise FigureError("the points have one coordinate; the figure is for two and more")
    if points.shape[1] == 2:
        return points, means, covariances, names
    centre, axes, shares = principal_axes(points)
    words = [f"principal axis {i + 1} ({share:.0%} of the variance)" for i, share in enumerate(shares)]
    return (points - centre) @ axes, (means - centre) @ axes, axes.T @ covariances @ axes, words


def draw_panel(axes, points, labels, means, covariances):
    named, order = first_appearance(labels)
    for name, component in enumerate(order):
        colour, marker = COLOURS[name % len(COLOURS)], MARKERS[name % len(MARKERS)]
        axes.scatter(*points[named == name].T, s=14, marker=marker, linewidths=0.8, alpha=0.8,
                     color=colour, label=f"{np.sum(named == name)} points")
        if not np.isnan(means[component]).any():
            axes.plot(*ellipse(means[component], covariances[component]).T, color=colour, lw=1.2)
            axes.plot(*means[component], marker="+", ms=10, mew=2, color="black")
    axes.legend(fontsize=8, loc="best")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, help="the figure [FILE.png]")
    arguments = parser.parse_args()
    out = arguments.out or arguments.file.with_suffix(".png")
    record = read(arguments.file)
    points, means, covariances, coordinates = in_the_plane(record)
    labels, log_likelihood, error = (record[name] for name in ("labels", "log_likelihood", "error"))
    estimators = [name.decode() for name in record["estimator"]]
    columns = min(3, len(estimators))
    rows = -(-len(estimators) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(4 * columns, 3.6 * rows), squeeze=False,
                                  sharex=True, sharey=True)
    for panel in panels.flat[len(estimators):]:
        panel.set_visible(False)
    # Shared limits: an ellipse far wider than the points must not squeeze them.
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high > low, 0.15 * (high - low), np.maximum(1, 0.1 * np.abs(high)))
    panels[0, 0].set_xlim(low[0] - margin[0], high[0] + margin[0])
    panels[0, 0].set_ylim(low[1] - margin[1], high[1] + margin[1])
    for e, (name, axes) in enumerate(zip(estimators, panels.flat)):
        draw_panel(axes, points, labels[e], means[e], covariances[e])
        notes = [f"{what} {value:.3f}" for what, value in (("log-lik.", log_likelihood[e]), ("error", error[e]))
                 if not np.isnan(value)]
        axes.set_title(name + ("\n" + ", ".join(notes) if notes else ""), fontsize=9)
        axes.set_xlabel(coordinates[0])
        axes.set_ylabel(coordinates[1])
    figure.tight_layout()
    for path in (out.with_suffix(".png"), out.with_suffix(".pdf")):
        figure.savefig(path, dpi=150)
        print(path)
    return 0
