"""Which method a Transformer's labels agree with, on each family of tasks.

usage: agreement.py SWEEP [--out FIGURE.png]

SWEEP is the folder of a sweep over run.seed with eval.reference = transformer (experiments/configs/agreement.ini). Left: the share of
points that a method labels otherwise than the Transformer, after the best permutation of labels. Right: the Transformer's error less
the method's, paired. Means over tasks and trainings, with 95 % intervals over both in the table; the method that differs least is
framed. Prints a table, and draws PNG and PDF. Needs h5py and matplotlib (Debian: python3-h5py, python3-matplotlib).
"""

import argparse
import pathlib

import matplotlib.pyplot as plt
import numpy as np

from tvem.figures import fits
from tvem.figures.errors import FigureError

REFERENCE = "transformer"


def columns_of_families(folder):
    """{(family, method): (disagreement, the Transformer's error less the method's)}, each trainings x tasks."""
    found = {}
    for config, group in fits.results(folder):
        names = list(group["estimator"].asstr()[()])
        if config["eval"].get("reference", "none") != REFERENCE or REFERENCE not in names:
            raise FigureError(f"the evaluations of {folder} have eval.reference = {config['eval'].get('reference', 'none')}; it takes "
                     f"those with {REFERENCE}, which is then among eval.estimators")
        family, errors = group["family"][()], group["error"][()]
        families = [str(name) for name in group["family"].attrs["flag_meanings"].split()]
        own = errors[names.index(REFERENCE)]
        for place, name in enumerate(names):
            if name in (REFERENCE, "chance"):
                continue
            for number, label in enumerate(families):
                here = family == number
                rows = found.setdefault((label, name), ([], []))
                rows[0].append(group["disagreement"][place][here])
                rows[1].append(own[here] - errors[place][here])
    return {key: tuple(np.array(rows) for rows in both) for key, both in found.items()}


def mean_with_interval(rows):
    return fits.interval(rows.mean(), (1,), [rows])


def draw_matrix(axes, families, methods, values, framed, form, **colours):
    """Values of methods x families as colours and numbers. framed: the row of each column that gets a frame."""
    axes.imshow(values, aspect="auto", alpha=0.75, **colours)
    axes.set_xticks(range(len(families)), [family.replace("_", "\n") for family in families])
    axes.set_yticks(range(len(methods)), methods)
    for row, of_method in enumerate(values):
        for column, value in enumerate(of_method):
            axes.text(column, row, form.format(value), ha="center", va="center", fontsize=8)
    for column, row in enumerate(framed):
        axes.add_patch(plt.Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, linewidth=2, edgecolor="black"))


def print_table(title, families, methods, table):
    print(title)
    for method, row in zip(methods, table):
        cells = [f"{family}: {mean:+.4f} [{low:+.4f}, {high:+.4f}]" for family, (mean, low, high) in zip(families, row)]
        print(f"  {method:36}", *cells)


def draw(families, methods, tables, out):
    figure, (left, right) = plt.subplots(1, 2, figsize=(4.2 + 2.3 * len(families), 1.6 + 0.42 * len(methods)), sharey=True)
    disagreement, difference = (table[:, :, 0] for table in tables)
    framed, largest = disagreement.argmin(axis=0), np.abs(difference).max()
    draw_matrix(left, families, methods, disagreement, framed, "{:.4f}", cmap="YlGnBu_r")
    draw_matrix(right, families, methods, difference, framed, "{:+.4f}", cmap="RdBu_r", vmin=-largest, vmax=largest)
    left.set_title("share of points labelled otherwise", fontsize=9.5)
    right.set_title("the Transformer's error \N{MINUS SIGN} the method's", fontsize=9.5)
    figure.tight_layout()
    fits.save(figure, out, "framed: the method that differs least from the Transformer on the family")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("sweep", help="folder of a sweep over run.seed with eval.reference = transformer")
    parser.add_argument("--out", help="figure to write (default: SWEEP/agreement.png)")
    options = parser.parse_args()
    folder = fits.folder_of(options.sweep)
    fits.axes_of(folder, "run.seed", ())
    columns = columns_of_families(folder)
    if not columns:
        raise FigureError(f"{folder} has no results yet; let tvem sweep go on")
    families = list(dict.fromkeys(family for family, _ in columns))
    methods = list(dict.fromkeys(method for _, method in columns))
    tables = []
    for part, title in enumerate(("share of points labelled otherwise than by the Transformer", "error of the Transformer less the method's")):
        tables.append(np.array([[mean_with_interval(columns[family, method][part]) for family in families] for method in methods]))
        print_table(title, families, methods, tables[-1])
    draw(families, methods, tables, pathlib.Path(options.out or folder / "agreement.png"))
    return 0
