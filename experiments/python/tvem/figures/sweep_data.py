"""A collected sweep as figures show it: means with their bands, and places on an axis."""

import configparser

import h5py
import numpy as np
import xarray

from tvem.figures.errors import FigureError
from tvem.figures.styles import LABELS, is_of_model
from tvem.statistics import t_quantile

DIFFERENCE = "error_difference"


def mean_and_band(values, standard_errors):
    """Mean and half width of the 95 % interval: over seeds where values differ among several, else over tasks."""
    if "seed" not in values.dims:
        return values, 1.96 * standard_errors
    count = values.notnull().sum("seed")
    mean = values.mean("seed")
    quantile = xarray.apply_ufunc(np.vectorize(lambda n: t_quantile(int(n) - 1) if n > 1 else np.nan), count)
    over_seeds = quantile * values.std("seed", ddof=1) / np.sqrt(count)
    return mean, over_seeds.where(count > 1, 1.96 * standard_errors.mean("seed"))


def baseline_and_band(values, standard_errors):
    """Of estimators without a training, which are the same for every seed."""
    if "seed" in values.dims:
        values, standard_errors = values.mean("seed"), standard_errors.mean("seed")
    return values, 1.96 * standard_errors


class Sweep:
    """The table, and what the configuration says of it."""

    def __init__(self, path, selection):
        self.table = xarray.open_dataset(path, engine="h5netcdf")
        with h5py.File(path) as file:
            text = file["config"].attrs["text"]
            self.run_id = file.attrs["run_id"]
        self.config = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
        self.config.read_string(text)
        if "error_mean" not in self.table:
            raise FigureError(f"{path} has no results yet; let tvem sweep go on, then tvem collect")
        for axis, value in selection:
            if axis not in self.table.dims:
                raise FigureError(f"--select {axis}: the axes are {', '.join(self.axes())}")
            own = self.table[axis]
            matches = [v for v in own.values if str(v) == value or (isinstance(v, (int, float, np.number)) and _is(v, value))]
            if not matches:
                raise FigureError(f"--select {axis}={value}: the values are {', '.join(map(str, own.values))}")
            self.table = self.table.sel({axis: matches[0]})
        self.estimators = [str(name) for name in self.table.estimator.values if str(name) != "chance"]

    def axes(self):
        return [dim for dim in self.table.error_mean.dims if dim != "estimator"]

    def free_axes(self):
        return [axis for axis in self.axes() if axis != "seed"]

    def title(self):
        task, swept = self.config["task"], " ".join(self.config["sweep"])
        parts = [f"{symbol} = {task[key]}" for symbol, key in (("k", "components"), ("d", "dim"), ("n", "points"))
                 if f"task.{key}" not in swept]
        tasks = int(np.nanmax(self.table.tasks.values))
        low, high = self.trainings_a_point()
        if high > 0:
            parts.append((f"{low} to {high}" if low < high else f"{high}") + f" training{'s' if high > 1 else ''} a point")
        return f"{self.run_id}: " + ", ".join(parts + [f"{tasks} tasks"])

    def has_trainings(self):
        """Whether there are differences over tasks and trainings."""
        return DIFFERENCE + "_of_trainings_mean" in self.table

    def trainings_a_point(self):
        """Least and most trainings that a point of the model is the mean of; 0 without a model."""
        models = [name for name in self.estimators if is_of_model(name)]
        if not models:
            return 0, 0
        there = self.table.error_mean.sel(estimator=models[0]).notnull()
        counts = (there.sum("seed") if "seed" in there.dims else there.astype(int)).values
        counts = counts[counts > 0]
        return (int(counts.min()), int(counts.max())) if counts.size else (0, 0)

    def reference(self):
        """The method that differences are from: the Transformer, or else the first one."""
        return next((name for name in self.estimators if is_of_model(name)), self.estimators[0])

    def caption(self, has_differences=False):
        """What the bands are."""
        low, high = self.trainings_a_point()
        if has_differences:
            of_trainings = ", for these trainings" if high > 1 else ", for one training" if high else ""
            over = "tasks and trainings" if self.has_trainings() else "tasks" + of_trainings
            return f"bands: 95 % of the paired difference, over {over}"
        of_tasks = "95 % over the tasks, which all methods share"
        if high <= 1:
            return f"bands: {of_tasks}"
        return (f"bands: transformer 95 % over trainings (Student's t{'' if low > 1 else '; of one training: over tasks'}), others "
                + of_tasks)


def _is(number, text):
    try:
        return float(number) == float(text)
    except (ValueError, TypeError):
        return False


class Abscissa:
    """Positions of an axis's values: numbers, or categories one after another."""

    def __init__(self, sweep, table, axis):
        self.values = table[axis].values
        self.is_category = self.values.dtype.kind not in "iuf"
        self.special = {}
        self.order = range(len(self.values))
        if self.is_category:
            self.positions = np.arange(len(self.values), dtype=float)
            self.labels = category_labels(sweep, table, axis)
            self.is_log = False
            return
        numbers = self.values.astype(float)
        apart = np.zeros(len(numbers), bool)
        if axis == "pool":
            apart, word = numbers == 0, "fresh"
        elif "init" in table.coords and table["init"].dims == (axis,):
            apart, word = np.array([str(v) == "none" for v in table["init"].values]), "no guess"
        plain = numbers[~apart]
        if len(plain) == 0:  # nothing to stand apart from
            apart, plain = np.zeros(len(numbers), bool), numbers
        self.is_log = len(plain) > 1 and plain.min() > 0 and plain.max() / plain.min() >= 8
        self.positions = numbers.copy()
        for i in np.flatnonzero(apart):
            self.positions[i] = 4 * plain.max() if self.is_log else plain.max() + 0.25 * (np.ptp(plain) or plain.max() or 1)
            self.special[self.positions[i]] = word
        self.order = np.argsort(self.positions)

    def draw_ticks(self, axes):
        if self.is_category:
            axes.set_xticks(self.positions)
            axes.set_xticklabels(self.labels)
            return
        if self.is_log:
            axes.set_xscale("log")
        if len(self.positions) <= 12:
            axes.set_xticks(self.positions)
            axes.set_xticklabels([self.special.get(p, f"{p:g}") for p in self.positions])
            axes.minorticks_off()


def category_labels(sweep, table, axis):
    """The values of keys that change together, a line each; of an evaluation what differs from the training, in words."""
    names = [name for name in table.coords if table[name].dims == (axis,) and not name.startswith("combination_")]
    keys = {name: table[name].attrs["long_name"].removeprefix("the key ") for name in names}
    are_of_evaluation = all(key.startswith("evaluate.") for key in keys.values())
    labels = []
    for i in range(table.sizes[axis]):
        parts = []
        for name, key in keys.items():
            value, (section, last) = str(table[name].values[i]), key.removeprefix("evaluate.").rsplit(".", 1)
            own = sweep.config[section][last]
            if last == "family":
                parts += [] if are_of_evaluation and value == own else [value.replace("_", "\n")]
            elif not are_of_evaluation or not (value == own or _is(own, value)):
                parts.append(f"{last}\n{value}")
        labels.append("\n".join(parts) if parts else "as\ntrained")
    return labels


def estimates(table, estimator):
    one = table.sel(estimator=estimator)
    band_of = mean_and_band if is_of_model(estimator) else baseline_and_band
    return band_of(one.error_mean, one.error_standard_error)


def difference(sweep, table, estimator):
    """Paired difference from the reference, and the half width of its 95 % interval."""
    one = table.sel(estimator=estimator)
    if sweep.has_trainings():
        low, high = one[DIFFERENCE + "_of_trainings_low"], one[DIFFERENCE + "_of_trainings_high"]
        return (low + high) / 2, (high - low) / 2
    return baseline_and_band(one[DIFFERENCE + "_mean"], one[DIFFERENCE + "_standard_error"])


def label_of(abscissa, x_axis):
    if abscissa.is_category and x_axis.startswith(("combination", "family", "evaluate_family")):
        return ""
    return LABELS.get(x_axis, x_axis.replace("_", " "))
