"""Draws a run: the Transformer's error on validation tasks while it trains, and the levels of all estimators.

usage: plot_run.py RUN_FOLDER [--out FIGURE.png]

Writes the figure as PNG and PDF. Needs h5py and matplotlib (Debian: python3-h5py, python3-matplotlib).
"""

import argparse
import pathlib
import sys

import h5py
import matplotlib.pyplot as plt
import numpy as np



# Line styles differ, so that the figure also reads in greyscale.
STYLES = ["-", "--", "-.", ":", (0, (7, 2)), (0, (3, 1, 1, 1, 1, 1))]
COLOURS = ["#b2182b", "#ef8a62", "#5e3c99", "#7a7a7a", "#1b7837", "#8c510a", "#01665e", "#c51b7d"]


def read_run(path):
    """The parts of run.h5 that the figure shows."""
    with h5py.File(path) as file:
        run = {"run_id": file.attrs["run_id"],
               "steps": file["learning_curve/step"][()],
               "error": file["learning_curve/error_mean"][()],
               "standard_error": file["learning_curve/error_standard_error"][()],
               "training_step": file["training/step"][()],
               "training_error": file["training/error_mean"][()],
               "levels": {}}
        if "evaluation" in file:
            names = [name.decode() for name in file["evaluation/estimator"][()]]
            for name, row in zip(names, file["evaluation/error"][()]):
                run["levels"][name] = (row.mean(), row.std(ddof=1) / np.sqrt(len(row)))
            run["n_tasks"] = file["evaluation/error"].shape[1]
            run["points"] = file["evaluation/points"][()]
            run["components"] = file["evaluation/components"][()]
            run["dim"] = file["evaluation/dim"][()]
    return run


def span(values):
    low, high = int(np.min(values)), int(np.max(values))
    return str(low) if low == high else f"{low} to {high}"


def running_mean(values, width):
    """Mean of the last `width` values at every position from `width` - 1 on."""
    sums = np.cumsum(np.insert(values, 0, 0.0))
    return (sums[width:] - sums[:-width]) / width


def spread(positions, gap):
    """Moves sorted positions apart until neighbours are at least `gap` from one another."""
    moved = list(positions)
    for _ in range(200):
        for i in range(1, len(moved)):
            missing = gap - (moved[i] - moved[i - 1])
            if missing > 0:
                moved[i - 1] -= missing / 2
                moved[i] += missing / 2
    return moved


def draw(run, axes):
    levels = {name: value for name, value in run["levels"].items() if name != "transformer"}
    last_step = max(run["training_step"][-1] + 1 if len(run["training_step"]) else 1, 1)
    width = max(1, len(run["training_error"]) // 40)
    if len(run["training_error"]) > width:
        axes.plot(run["training_step"][width - 1:] + 1, running_mean(run["training_error"], width),
                  color="#9ecae1", linewidth=1,
                  label=f"Transformer on its training tasks, mean of {width} steps")
    if len(run["steps"]):
        band = 1.96 * run["standard_error"]
        axes.fill_between(run["steps"], run["error"] - band, run["error"] + band, color="#08519c",
                          alpha=0.18, linewidth=0)
        axes.plot(run["steps"], run["error"], color="#08519c", linewidth=1.8, marker="o", markersize=3,
                  label="Transformer on validation tasks, 95 % band")

    labels = []
    for i, (name, (mean, _)) in enumerate(sorted(levels.items(), key=lambda item: item[1][0])):
        colour = COLOURS[i % len(COLOURS)]
        axes.axhline(mean, color=colour, linestyle=STYLES[i % len(STYLES)], linewidth=1.2)
        labels.append((mean, f"{name}  {mean:.4f}", colour))
    if "transformer" in run["levels"]:
        mean, error = run["levels"]["transformer"]
        axes.errorbar([last_step], [mean], [1.96 * error], color="#08519c", marker="D", markersize=5,
                      capsize=3)
        labels.append((mean, f"transformer  {mean:.4f}", "#08519c"))
    values = [value for value in [mean for mean, _, _ in labels] + list(run["error"]) if value > 0]
    if values:  # an error of 0 has no place on a logarithmic axis
        axes.set_yscale("log")
        axes.set_ylim(0.8 * min(values), 1.25 * max(values))
    else:
        axes.set_ylim(0, 1)
    axes.set_xlim(0, last_step * 1.01)
    label_levels(axes, sorted(labels))


def label_levels(axes, labels):
    """Names beside the right edge, each at its level, moved apart where they would overlap."""
    lowest = axes.get_ylim()[0]
    labels = [(max(mean, lowest), text, colour) for mean, text, colour in labels]
    to_axes = axes.transData + axes.transAxes.inverted()
    heights = spread([to_axes.transform((1, mean))[1] for mean, _, _ in labels], 0.045)
    for (mean, text, colour), height in zip(labels, heights):
        axes.annotate(text, xy=(1, mean), xycoords=axes.get_yaxis_transform(), xytext=(1.03, height),
                      textcoords="axes fraction", color=colour, va="center", fontsize=8.5,
                      arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6, "relpos": (0, 0.5)})


def figure_of(run):
    figure, axes = plt.subplots(figsize=(8.4, 4.6))
    draw(run, axes)
    axes.set_xlabel("training step (optimiser updates)")
    is_log = axes.get_yscale() == "log"
    axes.set_ylabel("misclustering error (share of points" + (", log scale)" if is_log else ")"))
    ticks = [t for t in (0.02, 0.05, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7)
             if axes.get_ylim()[0] <= t <= axes.get_ylim()[1]]
    if is_log:
        axes.set_yticks(ticks)
        axes.set_yticklabels([f"{t:g}" for t in ticks])
        axes.minorticks_off()
    title = run["run_id"]
    if run["levels"]:
        title += (f":  k = {span(run['components'])}, d = {span(run['dim'])}, "
                  f"n = {span(run['points'])}; levels from {run['n_tasks']} tasks")
    axes.set_title(title, fontsize=10, loc="left")
    axes.legend(frameon=False, fontsize=8.5, loc="upper right", bbox_to_anchor=(1.0, 0.88))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", help="folder of a run, or its run.h5")
    parser.add_argument("--out", help="figure to write (default: RUN_FOLDER/run.png)")
    arguments = parser.parse_args()
    path = pathlib.Path(arguments.run)
    if path.is_dir():
        path = path / "run.h5"
    if not path.is_file():
        print(f"plot_run.py: there is no run at {path}; give the folder that tvem run --out wrote",
              file=sys.stderr)
        return 2
    out = pathlib.Path(arguments.out or path.parent / "run.png")
    figure = figure_of(read_run(path))
    for suffix in (".png", ".pdf"):
        figure.savefig(out.with_suffix(suffix), dpi=150)
    print(f"figure: {out.with_suffix('.png')} and .pdf")
    return 0
