"""Results of tvem as xarray datasets (io/SCHEMA.md says what they hold)."""

from __future__ import annotations

import configparser
import os

import h5py
import xarray

__all__ = ["configuration", "open_evaluation", "open_run", "open_sweep"]


def _file(path: str | os.PathLike[str], name: str, advice: str) -> str:
    """The file itself, or the one of this name in a folder."""
    if os.path.isdir(path):
        path = os.path.join(path, name)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"there is no {path}; {advice}")
    return os.fspath(path)


def _described(table: xarray.Dataset, path: str) -> xarray.Dataset:
    """The table with what the file says of itself as attributes."""
    with h5py.File(path) as file:
        own = {name: value for name, value in file.attrs.items() if name != "content_sha256"}
        own["configuration"] = file["config"].attrs["text"]
    return table.assign_attrs({**table.attrs, **own})


def _opened(path: str, group: str | None) -> xarray.Dataset:
    return _described(xarray.load_dataset(path, group=group, engine="h5netcdf"), path)


def open_evaluation(path: str | os.PathLike[str]) -> xarray.Dataset:
    """The evaluation in a file of `tvem evaluate` or of a run: error[estimator, task] and its siblings."""
    path = _file(path, "run.h5", "tvem run and tvem evaluate write one")
    with h5py.File(path) as file:
        if "evaluation" not in file:
            raise ValueError(f"{path} has no evaluation yet; let the run go on")
    return _opened(path, "evaluation")


def open_run(path: str | os.PathLike[str]) -> dict[str, xarray.Dataset]:
    """The parts of a run, of its folder or its run.h5: training, learning_curve and, once it is there, evaluation."""
    path = _file(path, "run.h5", "tvem run writes one")
    with h5py.File(path) as file:
        groups = [name for name in ("training", "learning_curve", "evaluation") if name in file]
    return {group: _opened(path, group) for group in groups}


def open_sweep(path: str | os.PathLike[str]) -> xarray.Dataset:
    """A collected sweep, of its folder or its sweep.h5: error_mean[axes, estimator] and its siblings."""
    return _opened(_file(path, "sweep.h5", "tvem collect makes one from the folder of a sweep"), None)


def configuration(table: xarray.Dataset) -> configparser.ConfigParser:
    """The configuration that a dataset was made with: configuration(table)["task"]["points"]."""
    config = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    config.read_string(table.attrs["configuration"])
    return config
