"""Draws a sweep that tvem collect has made one file of: errors over an axis, with 95 % bands.

usage: plot_sweep.py SWEEP [--out FIGURE.png] [--x AXIS] [--select AXIS=VALUE ...] [--exact] [--gap] [--initial]
                     [--difference | --trace [--layers-a-step N] | --time]

SWEEP is the folder of a sweep, or its sweep.h5. Without options the first axis is the abscissa, a second one makes a panel for
each of its values, and a third one a row of panels. Bands of the Transformer are over seeds (Student's t), where there are several; of all others over tasks.
With --difference the errors have no bands, and a second panel has the paired differences from the first method, with intervals.
Writes PNG and PDF. Needs xarray, h5netcdf and matplotlib (Debian: python3-xarray, python3-h5netcdf, python3-matplotlib).
"""

import argparse
import pathlib
import sys

import matplotlib.pyplot as plt
import numpy as np
import xarray

from tvem.figures.errors import FigureError
from tvem.figures.styles import BAYES, ERROR, LABELS, OTHERS, POSTERIOR, set_error_scale, styles_of, tidy
from tvem.figures.sweep_data import DIFFERENCE, Abscissa, Sweep, difference, estimates, label_of, mean_and_band


def draw_line(axes, x, mean, band, label, style):
    style = {"linewidth": 1.4, "markersize": 4.5, **style}
    axes.plot(x, mean, label=label, **style)
    axes.fill_between(x, mean - band, mean + band, color=style["color"], alpha=0.15, linewidth=0)


def draw_points(axes, x, mean, band, label, style):
    style = {"markersize": 6, **style, "linestyle": ""}
    if not style["marker"]:
        style["marker"] = "_"
        style["markersize"] = 14
    axes.errorbar(x, mean, yerr=band, label=label, capsize=2, **style)


def draw_over(axes, abscissa, mean, band, label, style, offset=0.0):
    """One method over the abscissa: a line, and points that stand apart; points alone over categories."""
    if abscissa.is_category:
        draw_points(axes, abscissa.positions + offset, mean, band, label, style)
        return
    order = [i for i in abscissa.order if not np.isnan(mean[i])]
    joined = [i for i in order if abscissa.positions[i] not in abscissa.special]
    draw_line(axes, abscissa.positions[joined], mean[joined], band[joined], label, style)
    for i in set(order) - set(joined):
        draw_points(axes, [abscissa.positions[i]], [mean[i]], [band[i]], None, style)


def offset_of(sweep, place):
    return 0.11 * (place - (len(sweep.estimators) - 1) / 2)


def draw_differences(axes, sweep, table, x_axis):
    """Paired differences from the reference, which is the line at 0."""
    abscissa, styles, reference = Abscissa(sweep, table, x_axis), styles_of(sweep.estimators), sweep.reference()
    axes.axhline(0, color=styles[reference]["color"], linewidth=1.8)
    for place, estimator in enumerate(sweep.estimators):
        mean, half = (part.values for part in difference(sweep, table, estimator))
        if estimator != reference and not np.isnan(mean).all():
            draw_over(axes, abscissa, mean, half, estimator, styles[estimator], offset_of(sweep, place))
    abscissa.draw_ticks(axes)
    axes.set_xlabel(label_of(abscissa, x_axis))


def draw_lines(axes, sweep, table, x_axis, options):
    abscissa = Abscissa(sweep, table, x_axis)
    if options.trace:
        abscissa.is_log = False  # iterations begin at 0
    styles = styles_of(sweep.estimators)
    for place, estimator in enumerate(sweep.estimators):
        mean, band = (part.values for part in estimates(table, estimator))
        if np.isnan(mean).all():
            continue
        if options.trace and table.trace_error_mean.sel(estimator=estimator).notnull().any():
            axes.axhline(float(np.nanmean(mean)), label=f"{estimator}, at its end", linewidth=1,
                         color=styles[estimator]["color"], linestyle=styles[estimator]["linestyle"])
            continue
        if options.difference:
            band = 0 * band
        draw_over(axes, abscissa, mean, band, estimator, styles[estimator], offset_of(sweep, place))
    if options.gap:
        error = table.training_error_mean
        mean, band = (part.values for part in mean_and_band(error, xarray.zeros_like(error)))
        order = [i for i in abscissa.order if abscissa.positions[i] not in abscissa.special]
        band = 0 * band if options.difference else band
        draw_line(axes, abscissa.positions[order], mean[order], band[order], "transformer, on its training tasks",
                  {"color": "#6baed6", "linestyle": "-", "marker": "o", "markerfacecolor": "white"})
    if options.exact:
        draw_exact(axes, table, x_axis)
    if options.initial:
        draw_initial(axes, abscissa)
    if options.trace:
        draw_traces(axes, sweep, table, styles, options)
    abscissa.draw_ticks(axes)
    if options.trace:
        ticks = range(int(max(abscissa.positions.max(), layers_of_steps(table, options).max())) + 1)
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_xlabel(trace_label(options) if options.trace else label_of(abscissa, x_axis))


def layers_of_steps(table, options):
    """The layers at which 0, 1, ... steps of EM and Lloyd stand."""
    steps = table.iteration.values
    return options.layers_a_step * (steps + 1) if options.layers_a_step else steps


def trace_label(options):
    if options.layers_a_step:
        return f"layers of the Transformer;\n{options.layers_a_step} (t + 1) for t steps"
    return "layers of the Transformer; steps of EM and Lloyd"


def draw_exact(axes, table, x_axis):
    others = [dim for dim in table.bayes_error_exact.dims if dim != x_axis]
    x = table[x_axis].values
    axes.plot(x, table.bayes_error_exact.mean(others), color="#555555", linewidth=1.2, linestyle="-",
              label="exact Bayes error, labels as named")
    axes.plot(x, table.minimax_rate.mean(others), color="#999999", linewidth=1.2, linestyle=(0, (8, 3)),
              label=r"minimax rate $\exp(-\Delta^2/8)$, a slope")


def draw_initial(axes, abscissa):
    """The error of the guess itself, and the limit of the theory."""
    shares = np.array([p for p in abscissa.positions if p not in abscissa.special and p <= 0.5])
    axes.plot(shares, shares, color="#999999", linewidth=1.2, label="the guess itself")
    axes.axvline(0.5, color="#999999", linewidth=1.2, linestyle=(0, (8, 3)),
                 label="the theory's limit, for separated means")


def draw_traces(axes, sweep, table, styles, options):
    for estimator in sweep.estimators:
        one = table.sel(estimator=estimator)
        dims = [dim for dim in one.trace_error_mean.dims if dim != "iteration"]
        mean, band = one.trace_error_mean.mean(dims).values, 1.96 * one.trace_error_standard_error.mean(dims).values
        if np.isnan(mean).all():
            continue
        draw_line(axes, layers_of_steps(table, options), mean, band, f"{estimator}, after so many steps", styles[estimator])


def by_restarts(everywhere, estimators):
    """Of each kind of EM, by its name without restarts: (ms on a task, error, restarts), fewest restarts first."""
    kinds = {}
    for estimator in estimators:
        method, *given = estimator.split(":")
        one = everywhere.sel(estimator=estimator)
        if method != "em" or not np.isfinite(float(one.error_mean)):
            continue
        restarts = next((int(option.partition("=")[2]) for option in given if option.startswith("restarts=")), 1)
        kind = ":".join([method] + [option for option in given if not option.startswith("restarts=")])
        kinds.setdefault(kind, []).append((1e3 * float(one.seconds_mean), float(one.error_mean), restarts))
    return {kind: sorted(points, key=lambda point: point[2]) for kind, points in kinds.items()}


def draw_time(figure, sweep):
    """Left: the Transformer's error while it trains; right: the error of everything against its time on a task."""
    left, right = figure.subplots(1, 2, sharey=True)
    table = sweep.table
    sizes = sweep.free_axes()[0]
    labels = [", ".join(f"{name} {table[name].values[i]}" for name in table.coords if table[name].dims == (sizes,))
              for i in range(table.sizes[sizes])]
    shades = [plt.get_cmap("Blues")(shade) for shade in np.linspace(0.45, 1, len(labels))]
    for i, label in enumerate(labels):
        one = table.isel({sizes: i})
        mean, band = mean_and_band(one.learning_curve_error_mean, one.learning_curve_error_standard_error)
        seconds = one.learning_curve_seconds.mean([d for d in one.learning_curve_seconds.dims if d != "step"])
        valid = mean.notnull() & (seconds > 0)
        style = {"color": shades[i], "linestyle": "-", "marker": "osD^v"[i % 5], "markersize": 3}
        draw_line(left, seconds[valid], mean[valid], band[valid], f"transformer: {label}", style)
        final, width = estimates(one, "transformer")
        on_task = 1e3 * float(one.sel(estimator="transformer").seconds_mean.mean())
        right.errorbar([on_task], [float(final)], yerr=[float(width)], capsize=2, color=shades[i], marker="osD^v"[i % 5],
                       linestyle="", label=f"transformer: {label}")
    # Without a model's part in them, they are the same in every cell.
    everywhere = table[["error_mean", "seconds_mean"]].mean(sweep.axes())
    for (name, points), style in zip(by_restarts(everywhere, sweep.estimators).items(), OTHERS):
        right.plot([time for time, _, _ in points], [error for _, error, _ in points],
                   label=f"{name}, 1 to many restarts", markersize=4.5, linewidth=1.4, **style)
        for time, error, restarts in points:
            right.annotate(f"{restarts}", (time, error), textcoords="offset points", xytext=(3, 5), fontsize=8,
                           color=style["color"])
        for (_, error, restarts), linestyle in ((points[0], "--"), (points[-1], "-.")):
            left.axhline(error, color=style["color"], linestyle=linestyle, linewidth=1.1,
                         label=f"{name}, {restarts} restart{'s' if restarts > 1 else ''}")
    for axes in (left, right):
        for name, style in (("posterior", POSTERIOR), ("bayes", BAYES)):
            if name in sweep.estimators:
                axes.axhline(float(everywhere.sel(estimator=name).error_mean), label=name, **{**style, "marker": ""})
        axes.set_xscale("log")
        axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncol=2)
        tidy(axes)
    left.set_xlabel("time of the training (s)")
    right.set_xlabel("time on a task (ms)")
    left.set_ylabel(ERROR + (", log scale" if set_error_scale((left, right)) else ""))


def other_axes(sweep, x_axis, most):
    """The axes that make panels; ends with a sentence for more than the figure has room for."""
    others = [axis for axis in sweep.free_axes() if axis != x_axis]
    if len(others) > most:
        raise FigureError(f"there are the axes {', '.join(sweep.free_axes())}; choose values of some: "
                 f"--select {others[most]}={sweep.table[others[most]].values[0]}")
    return others


def parts_of(sweep, table, axis):
    """Title and table of each value of an axis that makes panels; of all without one."""
    if axis is None:
        return [("", table)]
    return [(f"{LABELS.get(axis, axis)}: {value}", table.isel({axis: i})) for i, value in enumerate(table[axis].values)]


def draw_panels(figure, sweep, x_axis, options):
    """A panel for each value of a second axis, a row of panels for each value of a third one."""
    second, third = [*other_axes(sweep, x_axis, 2), None, None][:2]
    rows = [[(", ".join(filter(None, (title, of_row))), table) for title, table in parts_of(sweep, part, second)]
            for of_row, part in parts_of(sweep, sweep.table, third)]
    panels = figure.subplots(len(rows), len(rows[0]), sharey=True, squeeze=False)
    for axes, (title, table) in zip(panels.flat, (part for row in rows for part in row)):
        draw_lines(axes, sweep, table, x_axis, options)
        axes.set_title(title, fontsize=9)
        tidy(axes)
    is_log = set_error_scale(list(panels.flat))
    for row in panels:
        row[0].set_ylabel(ERROR + (", log scale" if is_log else ""))
    panels[-1][-1].legend(frameon=False, fontsize=8.5, loc="center left", bbox_to_anchor=(1.01, 0.5))
    figure.subplots_adjust(hspace=0.45)


def draw_with_differences(figure, sweep, x_axis, options):
    """Errors, and beside them the differences from the reference; below them for the values of a second axis."""
    parts = parts_of(sweep, sweep.table, next(iter(other_axes(sweep, x_axis, 1)), None))
    if len(parts) == 1:
        rows = [[axes] for axes in figure.subplots(1, 2)]
    else:
        rows = figure.subplots(2, len(parts), sharey="row", squeeze=False)
    for place, (title, table) in enumerate(parts):
        draw_lines(rows[0][place], sweep, table, x_axis, options)
        draw_differences(rows[1][place], sweep, table, x_axis)
        rows[0][place].set_title(title, fontsize=9)
        for axes in (rows[0][place], rows[1][place]):
            tidy(axes)
    rows[0][0].set_ylabel(ERROR + (", log scale" if set_error_scale(rows[0]) else ""))
    rows[1][0].set_ylabel(f"error \N{MINUS SIGN} that of {sweep.reference()}, paired")
    handles, labels = rows[0][0].get_legend_handles_labels()
    rows[1][-1].legend(handles, labels, frameon=False, fontsize=8.5, loc="center left", bbox_to_anchor=(1.01, 0.5))
    figure.subplots_adjust(wspace=0.3 if len(parts) == 1 else 0.1, hspace=0.35)


def figure_of(sweep, options):
    x_axis = options.x or sweep.free_axes()[0]
    is_wide = sweep.table[x_axis].values.dtype.kind not in "iuf"
    n_panels, n_rows = [*(sweep.table.sizes[axis] for axis in sweep.free_axes() if axis != x_axis), 1, 1][:2]
    width = min(3.4 * n_panels, 14) + (6.2 if is_wide else 4.4)
    if options.difference:
        figure = plt.figure(figsize=(16 if is_wide else 11, 4.4) if n_panels == 1 else (width, 8))
        draw_with_differences(figure, sweep, x_axis, options)
    elif options.time:
        figure = plt.figure(figsize=(10.5, 4.4))
        draw_time(figure, sweep)
    else:
        figure = plt.figure(figsize=(width, 4.4 * n_rows))
        draw_panels(figure, sweep, x_axis, options)
    figure.suptitle(sweep.title(), fontsize=10, x=0.01, ha="left")
    figure.text(0.01, -0.23 if options.time else -0.03, sweep.caption(options.difference), fontsize=7.5, color="#444444", ha="left", va="top")
    return figure


def check_options(sweep, options):
    """Ends with a sentence where the sweep has not what an option shows."""
    x_axis, axes = options.x or sweep.free_axes()[0], sweep.free_axes()
    if x_axis not in axes:
        raise FigureError(f"--x {x_axis}: the axes are {', '.join(axes)}")
    for name, option, advice in (("learning_curve_error_mean", "time", "set train.evaluate_every"),
                                 ("trace_error_mean", "trace", "set eval.trace"),
                                 ("training_error_mean", "gap", "it has no training"),
                                 (DIFFERENCE + "_mean", "difference", "its trainings have no results yet")):
        if getattr(options, option) and name not in sweep.table:
            raise FigureError(f"--{option}: the sweep has no {name}; {advice}")
    if options.layers_a_step is not None and (options.layers_a_step < 1 or not options.trace):
        raise FigureError("--layers-a-step takes at least 1, and goes with --trace")
    is_number = sweep.table[x_axis].values.dtype.kind in "iuf"
    if options.trace and sweep.table[x_axis].attrs["long_name"] != "the key model.layers":
        raise FigureError(f"--trace compares layers with iterations: the abscissa is layers, not {x_axis}")
    is_of_guess = "corruption" in (x_axis, *sweep.table[x_axis].coords) and sweep.table[x_axis].values.dtype.kind in "iuf"
    if options.initial and not is_of_guess:
        raise FigureError(f"--initial shows the error of a corrupted guess: the abscissa is corruption, not {x_axis}")
    if (options.gap or options.exact) and not is_number:
        raise FigureError(f"--gap and --exact draw lines over numbers, which the values of {x_axis} are not")
    if options.time and len(axes) > 1:
        raise FigureError(f"--time takes one axis of sizes; choose values of others: --select {axes[1]}="
                 f"{sweep.table[axes[1]].values[0]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("sweep", help="folder of a sweep with its sweep.h5, or that file")
    parser.add_argument("--out", help="figure to write (default: SWEEP/sweep.png)")
    parser.add_argument("--x", help="axis of the abscissa (default: the first one)")
    parser.add_argument("--select", action="append", default=[], metavar="AXIS=VALUE", help="one value of an axis")
    parser.add_argument("--exact", action="store_true", help="with the exact Bayes error and the minimax rate")
    parser.add_argument("--gap", action="store_true", help="with the error on the training tasks")
    parser.add_argument("--initial", action="store_true", help="with the error of the guess, over the axis input.corruption")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--difference", action="store_true", help="with paired differences from the Transformer beside the errors")
    kinds.add_argument("--trace", action="store_true", help="with the errors after each iteration, over the axis of layers")
    parser.add_argument("--layers-a-step", type=int, metavar="N", help="with --trace: t steps stand at N (t + 1) layers, the first "
                        "N of which find the nearest means of the guess")
    kinds.add_argument("--time", action="store_true", help="errors against time of training and time on a task")
    options = parser.parse_args()
    path = pathlib.Path(options.sweep)
    if path.is_dir():
        path = path / "sweep.h5"
    if not path.is_file():
        print(f"plot_sweep.py: there is no {path}; tvem collect makes it from the folder of a sweep", file=sys.stderr)
        return 2
    if any("=" not in item for item in options.select):
        parser.error("--select takes AXIS=VALUE")
    sweep = Sweep(path, [item.split("=", 1) for item in options.select])
    if not sweep.free_axes() and not options.x:
        raise FigureError("the sweep has no axis but the seed; tvem report shows it as a table")
    check_options(sweep, options)
    out = pathlib.Path(options.out or path.parent / "sweep.png")
    figure = figure_of(sweep, options)
    base = str(out.with_suffix("")) if out.suffix in (".png", ".pdf") else str(out)
    for suffix in (".png", ".pdf"):
        figure.savefig(base + suffix, dpi=150, bbox_inches="tight")
    print(f"figure: {base}.png and .pdf")
    return 0
