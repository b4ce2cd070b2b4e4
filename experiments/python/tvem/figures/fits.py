"""Lines through logarithms of mean errors, with intervals over tasks and trainings; and what scripts share that read errors of single tasks.

A column of errors is an array, trainings x tasks. All columns of a fit have the same tasks.
"""

import configparser
import pathlib

import h5py
import numpy as np

from tvem.figures.errors import FigureError
from tvem.statistics import t_quantile


def interval(value, gradient, columns):
    """(value, low, high): the 95 % interval of a function of the columns' means, by its gradient (delta method).

    Variance is that over tasks, which the columns share, and in each column that over trainings, where there are several. The degrees of
    freedom of Student's t are Welch's and Satterthwaite's: few trainings make the interval wide.
    """
    n_tasks = columns[0].shape[1]
    influence = sum(slope * rows.mean(axis=0) for slope, rows in zip(gradient, columns))
    parts = [(influence.var(ddof=1) / n_tasks, n_tasks - 1)]
    for slope, rows in zip(gradient, columns):
        if len(rows) > 1:
            parts.append((slope ** 2 * rows.mean(axis=1).var(ddof=1) / len(rows), len(rows) - 1))
    variance = sum(part for part, _ in parts)
    if variance == 0:
        return value, value, value
    degrees = variance ** 2 / sum(part ** 2 / count for part, count in parts)
    half = t_quantile(max(1, int(degrees))) * np.sqrt(variance)
    return value, value - half, value + half


def line_weights(x):
    """The slope of a least-squares line through (x, y) is the sum of these times y."""
    centred = np.asarray(x, float) - np.mean(x)
    return centred / (centred ** 2).sum()


def slope_of_errors(x, columns):
    """Slope of -log error against x, with its interval."""
    weights, means = line_weights(x), np.array([rows.mean() for rows in columns])
    return interval(-(weights * np.log(means)).sum(), -weights / means, columns)


def exponent_of_excess(sizes, columns, limit):
    """The exponent a of error - that of the limit = c size^-a, with its interval. limit: the column of errors without end of sizes."""
    weights, excess = line_weights(np.log(sizes)), np.array([rows.mean() for rows in columns]) - limit.mean()
    gradient = np.append(-weights / excess, (weights / excess).sum())
    return interval(-(weights * np.log(excess)).sum(), gradient, [*columns, limit])


def difference(rows, others):
    """Mean of the first column less that of the second, with its interval."""
    return interval(rows.mean() - others.mean(), (1, -1), [rows, others])


def all_axes(folder):
    """The axes of a sweep's folder, but run.seed. Raises FigureError where there is no sweep."""
    config = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    if not config.read(folder / "sweep.ini", encoding="utf-8"):
        raise FigureError(f"{folder} has no sweep.ini; give the folder of a sweep")
    axes = [axis for axis in config["sweep"] if axis != "skip"] if config.has_section("sweep") else []
    return [axis for axis in axes if axis != "run.seed"]


def axes_of(folder, needed, allowed):
    """Those beside the one that is needed. Raises FigureError where that is missing, or there are others than those allowed."""
    axes = all_axes(folder)
    others = [axis for axis in axes if axis != needed]
    if (needed not in axes and needed != "run.seed") or any(axis not in allowed for axis in others):
        raise FigureError(f"it takes a sweep over {' and '.join(dict.fromkeys((needed, 'run.seed')))}"
                 f"{', perhaps ' + ' or '.join(allowed) if allowed else ''}, and the axes of {folder} are {', '.join(axes) or 'none'}")
    return others


def results(folder):
    """The configuration and the group /evaluation of each file of results in the folder of a sweep."""
    paths = [*folder.glob("*/run.h5"), *folder.glob("*/evaluation-*.h5"), *folder.glob("baselines-*/evaluation.h5")]
    for path in sorted(paths):
        with h5py.File(path) as file:
            if "evaluation/error" in file:
                config = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
                config.read_string(file["config"].attrs["text"])
                yield config, file["evaluation"]


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def value_of(config, axis):
    """Of an axis SECTION.KEY, or of evaluate.SECTION.KEY, as text."""
    section, name = axis.removeprefix("evaluate.").split(".")
    return config[section][name]


def columns_by(folder, *keys):
    """{estimator: {values of the keys SECTION.KEY: errors, trainings x tasks}} of all results of a sweep; one value is no tuple.

    Results on tasks with a range of values are left out.
    """
    found = {}
    for config, group in results(folder):
        texts = [value_of(config, key) for key in keys]
        if any(".." in text for text in texts):
            continue
        values = tuple(map(float, texts))
        for name, row in zip(group["estimator"].asstr()[()], group["error"][()]):
            found.setdefault(name, {}).setdefault(values if len(keys) > 1 else values[0], []).append(row)
    return {name: {value: np.array(rows) for value, rows in of_one.items()} for name, of_one in found.items()}


def folder_of(path):
    path = pathlib.Path(path)
    return path if path.is_dir() else path.parent


def save(figure, out, caption):
    """Writes PNG and PDF, and says so."""
    figure.text(0.01, -0.03, caption, fontsize=7.5, color="#444444", va="top")
    base = str(out.with_suffix("")) if out.suffix in (".png", ".pdf") else str(out)
    for suffix in (".png", ".pdf"):
        figure.savefig(base + suffix, dpi=150, bbox_inches="tight")
    print(f"figure: {base}.png and .pdf")
