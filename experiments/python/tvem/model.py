"""A trained model in numpy: the forward pass of tvem, without PyTorch.

    model = tvem.load_model("results/quickstart")
    labels = model.labels(points)
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable

import numpy as np

from tvem.checkpoints import Checkpoint, read_checkpoint

__all__ = ["Model", "load_model"]

Array = np.ndarray
EPSILON = 1e-5  # of layer norms

_erf = np.vectorize(math.erf, otypes=[float])


def _gelu(x: Array) -> Array:
    return x * 0.5 * (1 + _erf(x / math.sqrt(2)))


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


def _softmax(scores: Array) -> Array:
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"gelu": _gelu, "relu": _relu}
ATTENTIONS: dict[str, Callable[[Array], Array]] = {
    "softmax": _softmax,
    "unnormalised": lambda scores: np.exp(scores) / scores.shape[-1],
    "relu": lambda scores: _relu(scores) / scores.shape[-1],
    "linear": lambda scores: scores / scores.shape[-1],
}


def in_frame(points: Array, frame: str, standardize: bool) -> Array:
    """The points as they go in (input.frame, input.standardize), but for ties, which rounding alone would decide."""
    x = np.asarray(points, dtype=float)
    if frame != "none" or standardize:
        x = x - x.mean(0)
    if frame == "canonical":
        axes = np.linalg.eigh(x.T @ x)[1][:, ::-1]  # by falling eigenvalue
        x = x @ axes
        x = np.where((x**3).sum(0) < 0, -x, x)
    if standardize:
        scale = x.std(0)
        x = x / np.where(scale > 0, scale, 1)
    return x


class Model:
    """A trained Transformer. Called on the points of a task (n x d) it returns what the last linear map does.

    With model.readout = labels these are logits, n x (the largest k), of which the first k count. With parameters
    they have a row for each component, of which the first k count: the logit of its weight, its mean and the
    logarithm of its standard deviation, in the coordinates of input.frame and input.standardize.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        model, task, given = checkpoint.model, checkpoint.task, checkpoint.input
        self._parameters = checkpoint.parameters
        self._heads = int(model["heads"])
        self._norm = model["norm"]
        self._activation = ACTIVATIONS[model["activation"]]
        self._attention = ATTENTIONS[model.get("attention", "softmax")]
        n_layers = int(model["layers"])
        self._layers = ["layers.0"] * n_layers if model.getboolean("tied") else [f"layers.{i}" for i in range(n_layers)]
        self.has_parameters = model.get("readout", "labels") == "parameters"
        n_pooled = int(model.get("pooled_layers", "0")) if self.has_parameters else 0
        self._pooled = [f"pooled.{i}" for i in range(n_pooled)]
        self.dim = int(task["dim"].split("..")[-1])
        self._k_low, self.components = (int(task["components"].split("..")[i]) for i in (0, -1))
        self.guess_kind = given.get("init", "none")
        self._has_auxiliary = given.getboolean("auxiliary", False)
        self._frame, self._standardize = given.get("frame", "none"), given.getboolean("standardize", False)

    def __call__(self, points: Array, k: int | None = None, guess: Array | None = None) -> Array:
        if k is None and self._k_low < self.components:
            raise ValueError(f"the model serves {self._k_low} to {self.components} components: give k")
        if k is not None and not self._k_low <= k <= self.components:
            raise ValueError(f"k = {k}: the model serves {self._k_low} to {self.components} components")
        if np.ndim(points) != 2 or np.shape(points)[1] > self.dim:
            raise ValueError(f"points of the shape {np.shape(points)}: the model takes n x d, with d of at most {self.dim}")
        x = self._linear("embedding", self._features(np.asarray(points), guess))
        if "components.weight" in self._parameters:
            x = x + self._parameters["components.weight"][k - self._k_low]
        for name in self._layers:
            x = self._layer(name, x)
        if self._norm == "pre":
            x = self._normalised("norm", x)
        if self.has_parameters:
            x = self._pool(x)
            for name in self._pooled:
                x = self._layer(name, x)
        return self._linear("readout", x)

    def labels(self, points: Array, k: int | None = None, guess: Array | None = None) -> Array:
        """The cluster of each point, 0 .. k-1; of a model with model.readout = labels."""
        if self.has_parameters:
            raise ValueError("model.readout = parameters: the model has components, and no labels")
        return self(points, k, guess)[:, : k or self.components].argmax(1)

    def probabilities(self, points: Array, k: int | None = None, guess: Array | None = None) -> Array:
        """The probability of each cluster, n x k; of a model with model.readout = labels."""
        if self.has_parameters:
            raise ValueError("model.readout = parameters: the model has components, and no labels")
        return _softmax(self(points, k, guess)[:, : k or self.components])

    def _features(self, points: Array, guess: Array | None) -> Array:
        x = in_frame(points, self._frame, self._standardize)
        x = np.pad(x, ((0, 0), (0, self.dim - x.shape[1])))
        if self.guess_kind == "none":
            return x
        if guess is None:
            raise ValueError(f"input.init = {self.guess_kind}: the model takes a guess, one label for each point")
        share = np.eye(self.components)[guess]
        parts = [x, share]
        if self._has_auxiliary:
            counts = share.sum(0)
            means = share.T @ x / np.maximum(counts, 1)[:, None]
            parts += [means[guess], (counts / len(guess))[guess, None]]
        return np.concatenate(parts, 1)

    def _linear(self, name: str, x: Array) -> Array:
        return x @ self._parameters[name + ".weight"].T + self._parameters[name + ".bias"]

    def _normalised(self, name: str, x: Array) -> Array:
        if self._norm == "none":
            return x
        centred = x - x.mean(1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(1, keepdims=True) + EPSILON)
        return scaled * self._parameters[name + ".weight"] + self._parameters[name + ".bias"]

    def _attend(self, q: Array, k: Array, v: Array, attention: Callable[[Array], Array]) -> Array:
        q, k, v = (x.reshape(len(x), self._heads, -1).transpose(1, 0, 2) for x in (q, k, v))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        return (attention(scores) @ v).transpose(1, 0, 2).reshape(q.shape[1], -1)

    def _perceive(self, name: str, x: Array) -> Array:
        return self._linear(name + ".down", self._activation(self._linear(name + ".up", x)))

    def _mix(self, name: str, x: Array) -> Array:
        q, k, v = np.split(self._linear(name + ".qkv", x), 3, axis=1)
        return self._linear(name + ".out", self._attend(q, k, v, self._attention))

    def _layer(self, name: str, x: Array) -> Array:
        if self._norm == "post":
            x = self._normalised(name + ".norm1", x + self._mix(name, x))
            return self._normalised(name + ".norm2", x + self._perceive(name, x))
        x = x + self._mix(name, self._normalised(name + ".norm1", x))
        return x + self._perceive(name, self._normalised(name + ".norm2", x))

    def _pool(self, x: Array) -> Array:
        seeds = self._parameters["pooling.seeds.weight"]
        k, v = np.split(self._linear("pooling.kv", x), 2, axis=1)
        y = seeds + self._linear("pooling.out", self._attend(seeds, k, v, _softmax))
        return y + self._perceive("pooling", y)


def load_model(path: str | os.PathLike[str]) -> Model:
    """The model of a checkpoint, or of the folder of a run."""
    return Model(read_checkpoint(path))
