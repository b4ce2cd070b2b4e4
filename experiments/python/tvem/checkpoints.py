"""What a checkpoint of tvem holds, for the models of tvem.model and tvem.torch."""

from __future__ import annotations

import configparser
import os
from dataclasses import dataclass

import h5py
import numpy as np

__all__ = ["Checkpoint", "read_checkpoint"]

# Parameters that are tables, a row for each component, and no matrices of linear maps.
TABLES = ("components.weight", "pooling.seeds.weight")


@dataclass
class Checkpoint:
    """Settings and parameters of a trained model.

    Weights of linear maps are outputs x inputs, as PyTorch has them. Names are those of the module in
    tvem.torch: layers.0.qkv.weight.
    """

    model: configparser.SectionProxy
    task: configparser.SectionProxy
    input: configparser.SectionProxy
    parameters: dict[str, np.ndarray]


def _parameter(file: h5py.File, name: str, dataset: h5py.Dataset) -> np.ndarray:
    value = dataset[()]
    average = file["optimizer"].get("average")  # with train.average this is the trained model
    if average is not None:
        offset = dataset.attrs["offset"]
        value = average[offset : offset + value.size].reshape(value.shape)
    if not name.endswith(".weight"):
        return value[0]
    return value if name in TABLES else value.T


def read_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """The checkpoint in a file, or in the folder of a run."""
    if os.path.isdir(path):
        path = os.path.join(path, "checkpoint.h5")
    config = configparser.ConfigParser(interpolation=None)
    with h5py.File(path) as file:
        config.read_string(file["config"].attrs["text"])
        parameters = {}
        for name, dataset in file["parameters"].items():
            torch_name = name.replace(".scale", ".weight").replace(".shift", ".bias")
            parameters[torch_name] = _parameter(file, name, dataset)
    return Checkpoint(config["model"], config["task"], config["input"], parameters)
