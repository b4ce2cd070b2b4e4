#!/usr/bin/env python3
"""The tables of all methods on five families, as Markdown: errors, then times.

usage: families_table.py SWEEP

SWEEP is the folder of the sweep experiments/configs/families.ini, of which tvem collect has made one file. A row's ± is the
largest half width of its 95 % intervals, which are over the tasks. Needs xarray and h5netcdf.
"""

import pathlib
import sys

try:
    import numpy as np
    import xarray
except ImportError as error:
    sys.exit(f"families_table.py: {error}; Debian and Ubuntu: apt install python3-xarray python3-h5netcdf")


def text(value, form):
    return "-" if np.isnan(value) else format(value, form).replace("0.", ".", 1)


def print_table(columns, rows):
    print("| method | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for method, cells in rows:
        print(f"| `{method}` | " + " | ".join(cells) + " |")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.split("\n\n")[1])
    path = pathlib.Path(sys.argv[1])
    table = xarray.open_dataset(path / "sweep.h5" if path.is_dir() else path, engine="h5netcdf")
    if "family" not in table.coords:
        sys.exit(f"families_table.py: {path} has no axis task.family; sweep experiments/configs/families.ini")
    axis = table["family"].dims[0]
    families = [str(name) for name in table["family"].values]
    methods = [str(name) for name in table.estimator.values]
    errors, times = [], []
    for method in methods:
        one = table.sel(estimator=method).transpose(axis, ...)
        half_width = 1.96 * np.nanmax(one.error_standard_error.values)
        errors.append((method, [text(mean, ".4f") for mean in one.error_mean.values] + [text(half_width, ".4f")]))
        times.append((method, ["-" if np.isnan(seconds) else f"{1e3 * seconds:.3g}" for seconds in one.seconds_mean.values]))
    print_table([*families, "±"], errors)
    print()
    print_table([f"{family} (ms)" for family in families], times)


main()
