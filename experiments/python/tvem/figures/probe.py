"""The layers of Transformers beside the iterations of EM, Lloyd and gradient ascent: what tvem probe has found.

usage: plot_probe.py PROBE.h5 [PROBE.h5 ...] [--reading readout|linear] [--out FIGURE.png]

The files are those of tvem probe: of several trainings of one model, which differ in run.seed alone, or of several models. A column for
each model has the heat maps, layer x iteration: the share of points whose labels differ. Circles mark
the nearest iteration of each layer, with the range of the trainings' nearest ones as a bar. Below are the errors of layers and
iterations. Prints a table, and draws PNG and PDF. Needs xarray, h5netcdf and matplotlib (Debian: python3-xarray, python3-h5netcdf,
python3-matplotlib).
"""

import argparse
import configparser
import pathlib

import h5py
import matplotlib.ticker
import matplotlib.pyplot as plt
import numpy as np
import xarray

from tvem.figures import fits, styles
from tvem.figures.errors import FigureError


def model_of(path):
    """What model it is, in words, and all that trainings of one model share."""
    with h5py.File(path) as file:
        if file.attrs["file_type"] != "tvem probe":
            raise FigureError(f"{path} is a \"{file.attrs['file_type']}\" file; give files of tvem probe")
        config = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
        config.read_string(file["model"].attrs["config"])
        steps = int(file["model"].attrs["steps_done"])
    is_constructed = config["model"].get("initial") == "constructed"
    del config["run"]["seed"]
    shared = str({section: dict(config[section]) for section in config})
    if steps == 0:
        return "constructed" if is_constructed else "untrained", shared
    return f"trained, {steps} steps" + (", from constructed" if is_constructed else ""), shared


def read(paths):
    """{title: table}, with the dimension `training` where a model has several files."""
    found, titles = {}, {}
    for path in paths:
        title, shared = model_of(path)
        if shared not in titles:  # other models of the same kind have a number
            titles[shared] = title + (f" ({list(titles.values()).count(title) + 1})" if title in titles.values() else "")
        title = titles[shared]
        with xarray.open_dataset(path, group="probe", engine="h5netcdf") as table:
            found.setdefault(title, []).append(table.load())
    for title, tables in found.items():
        if len({(tuple(table.sizes.items()), tuple(table.algorithm.values)) for table in tables}) > 1:
            raise FigureError(f"the files of \"{title}\" have other layers, algorithms or iterations; give those of one model")
    order = {"constructed": 2, "untrained": 1}
    return {title: xarray.concat(found[title], "training") for title in sorted(found, key=lambda title: order.get(title, 0))}


def nearest(table, algorithm):
    """The nearest iteration of each layer: of the mean over trainings, and the least and the largest of single trainings."""
    differences = table.disagreement_mean.sel(algorithm=algorithm)
    single = differences.argmin("iteration")
    return differences.mean("training").argmin("iteration").values, single.min("training").values, single.max("training").values


def draw_map(axes, table, algorithm, largest):
    mean = table.disagreement_mean.sel(algorithm=algorithm).mean("training").values
    image = axes.imshow(mean, cmap="viridis_r", vmin=0, vmax=largest, aspect="auto", origin="lower")
    layers = np.arange(table.sizes["layer"])
    best, low, high = nearest(table, algorithm)
    axes.errorbar(best, layers, xerr=[np.maximum(best - low, 0), np.maximum(high - best, 0)], linestyle="", marker="o", markerfacecolor="none",
                  color="white", markeredgecolor="white", capsize=3)
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True))
    axes.set_yticks(layers)
    return image


def draw_errors(axes, table):
    """Of layers; of iterations, which stand above as many layers."""
    for reading, marker in (("readout", "o"), ("linear", "s")):
        errors = table.error_mean.sel(reading=reading).mean("training")
        axes.plot(errors.layer, errors, marker=marker, markersize=4.5, linestyle="-" if reading == "readout" else "--", color="#08306b",
                  label="layers, by the read-out" if reading == "readout" else "layers, by linear probes")
    style_of = styles.styles_of([str(name) for name in table.algorithm.values])
    for name, style in style_of.items():
        errors = table.algorithm_error_mean.sel(algorithm=name).mean("training")
        axes.plot(errors.iteration, errors, label=f"iterations of {name}", **{"markersize": 4, **style})
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True))
    axes.set_xlabel("layer, or iteration")
    styles.tidy(axes)


def print_table(title, table, reading):
    print(f"{title}, by {reading}: nearest iteration of each layer, with its range over trainings, and the share of points that differ")
    for algorithm in table.algorithm.values:
        best, low, high = nearest(table, algorithm)
        least = table.disagreement_mean.sel(algorithm=algorithm).mean("training").min("iteration").values
        cells = [f"{layer}: {best[layer]} ({low[layer]}..{high[layer]}) {least[layer]:.4f}" for layer in range(len(best))]
        print(f"  {algorithm:24}", "  ".join(cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("probe", nargs="+", help="files of tvem probe")
    parser.add_argument("--reading", choices=("readout", "linear"), default="linear", help="how labels are read from layers (default: linear)")
    parser.add_argument("--out", default="probe.png", help="figure to write (default: probe.png)")
    options = parser.parse_args()
    for path in options.probe:
        if not h5py.is_hdf5(path):
            raise FigureError(f"{path} is no HDF5 file; give files of tvem probe")
    models = read(options.probe)
    whole = list(models.values())
    models = {title: table.sel(reading=options.reading) for title, table in models.items()}
    algorithms = [str(name) for name in whole[0].algorithm.values]
    if any([str(name) for name in table.algorithm.values] != algorithms for table in whole):
        raise FigureError("the models were compared with different algorithms; give the same --algorithms to tvem probe")
    largest = min(0.5, max(float(table.disagreement_mean.mean("training").max()) for table in models.values()))
    figure, panels = plt.subplots(len(algorithms) + 1, len(models), figsize=(3.6 * len(models) + 2.6, 2.5 * (len(algorithms) + 1)),
                                  squeeze=False, layout="constrained")
    for column, (title, table) in enumerate(models.items()):
        print_table(title, table, options.reading)
        for row, algorithm in enumerate(algorithms):
            image = draw_map(panels[row][column], table, algorithm, largest)
            panels[row][column].set_title(f"{title}\n{algorithm}" if row == 0 else algorithm, fontsize=9)
            panels[row][column].set_ylabel("layer" if column == 0 else "")
        panels[len(algorithms) - 1][column].set_xlabel("iteration")
        draw_errors(panels[-1][column], whole[column])
    for axes in panels[-1]:
        axes.sharey(panels[-1][0])
    panels[-1][0].set_ylabel("misclustering error")
    panels[-1][-1].legend(frameon=False, fontsize=7.5, loc="center left", bbox_to_anchor=(1.01, 0.5))
    figure.colorbar(image, ax=panels[:-1, -1], label="share of points whose labels differ", shrink=0.6)
    fits.save(figure, pathlib.Path(options.out), "circles: the nearest iteration of each layer; bars: the least and the largest of single trainings")
    return 0
