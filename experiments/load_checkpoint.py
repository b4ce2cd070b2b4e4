#!/usr/bin/python3
"""Loads a tvem checkpoint into PyTorch (Debian: python3-h5py, python3-torch).

    from load_checkpoint import load
    model = load("out/checkpoint.h5")
    labels = model(points)[:, :3].argmax(1)      # points: (n, d) tensor; of k = 3 components
    labels = model(points, k=3)[:, :3].argmax(1) # of a model trained on several k
"""

import configparser

import h5py
import torch
from torch import nn


class Layer(nn.Module):
    """One encoder layer: attention and a perceptron, each with a residual connection."""

    def __init__(self, width, heads, mlp_ratio, norm, activation):
        super().__init__()
        self.is_post = norm == "post"
        self.norm1, self.norm2 = (nn.Identity() if norm == "none" else nn.LayerNorm(width) for _ in "12")
        self.attention = nn.MultiheadAttention(width, heads)
        self.up, self.down = nn.Linear(width, mlp_ratio * width), nn.Linear(mlp_ratio * width, width)
        self.activation = {"gelu": nn.GELU(), "relu": nn.ReLU()}[activation]

    def attend(self, x):
        return self.attention(x, x, x, need_weights=False)[0]

    def perceive(self, x):
        return self.down(self.activation(self.up(x)))

    def forward(self, x):
        if self.is_post:
            x = self.norm1(x + self.attend(x))
            return self.norm2(x + self.perceive(x))
        x = x + self.attend(self.norm1(x))
        return x + self.perceive(self.norm2(x))


def in_frame(points, frame):
    """The points in the frame of input.frame, but for ties, which rounding alone would decide."""
    if frame == "none":
        return points
    x = points.double()
    x = x - x.mean(0)
    if frame == "canonical":
        axes = torch.linalg.eigh(x.T @ x).eigenvectors.flip(1)  # by falling eigenvalue
        x = x @ axes
        x = torch.where((x ** 3).sum(0) < 0, -x, x)
    return x.to(points.dtype)


class Transformer(nn.Module):
    """The model of one task: points (n, d) to logits (n, labels), of which the first k count."""

    def __init__(self, model, task, frame):
        super().__init__()
        self.frame = frame
        k_low, k_high = (int(task["components"].split("..")[i]) for i in (0, -1))
        width, layers, tied = int(model["width"]), int(model["layers"]), model.getboolean("tied")
        self.k_low, self.passes = k_low, layers if tied else 1
        self.embedding = nn.Linear(int(task["dim"].split("..")[-1]), width)
        self.components = nn.Embedding(k_high - k_low + 1, width) if k_high > k_low else None
        options = int(model["heads"]), int(model["mlp_ratio"]), model["norm"], model["activation"]
        self.layers = nn.Sequential(*(Layer(width, *options) for _ in range(1 if tied else layers)))
        self.norm = nn.LayerNorm(width) if model["norm"] == "pre" else nn.Identity()
        self.readout = nn.Linear(width, k_high)

    def forward(self, points, k=None):
        points = in_frame(points, self.frame)
        missing = self.embedding.in_features - points.shape[1]  # a task of fewer dimensions: zeros
        x = self.embedding(nn.functional.pad(points, (0, missing)))
        if self.components is not None:
            x = x + self.components.weight[k - self.k_low]
        for _ in range(self.passes):
            x = self.layers(x)
        return self.readout(self.norm(x))


SUPPORTED = {"model.attention": "softmax", "model.readout": "labels", "input.init": "none", "input.standardize": "false"}


def check_supported(config):
    """The model above is of the plain kind; tvem itself runs the others."""
    for key, value in SUPPORTED.items():
        section, name = key.split(".")
        if config[section].get(name, value) != value:
            raise NotImplementedError(f"{key} = {config[section][name]}: this loader knows {value} alone")


RENAMED = {"qkv.": "attention.in_proj_", ".out.": ".attention.out_proj.", ".scale": ".weight", ".shift": ".bias"}


def load(path):
    """The model of a checkpoint. Its weights are inputs x outputs, PyTorch's the other way round."""
    config, state = configparser.ConfigParser(interpolation=None), {}
    with h5py.File(path) as file:
        config.read_string(file["config"].attrs["text"])
        check_supported(config)
        average = file["optimizer"].get("average")  # with train.average this is the trained model
        for name, dataset in file["parameters"].items():
            value = torch.tensor(dataset[()])
            if average is not None:
                offset = dataset.attrs["offset"]
                value = torch.tensor(average[offset:offset + value.numel()]).reshape(value.shape)
            if not name.endswith(".weight"):
                value = value[0]
            elif name != "components.weight":
                value = value.T
            for ours, theirs in RENAMED.items():
                name = name.replace(ours, theirs)
            state[name] = value
    model = Transformer(config["model"], config["task"], config["input"].get("frame", "none"))
    model.load_state_dict(state)
    return model
