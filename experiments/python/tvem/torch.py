"""A trained model as a PyTorch module (Debian: python3-torch).

    from tvem.torch import load
    model = load("results/quickstart")
    labels = model(points)[:, :3].argmax(1)      # points: (n, d) tensor; of k = 3 components
    labels = model(points, k=3)[:, :3].argmax(1) # of a model trained on several k
    labels = model(points, guess=guess).argmax(1) # of a model with input.init; guess: (n,) labels
    outputs = model(points)                      # of model.readout = parameters: a row a component
"""

import math

import torch
from torch import nn

from tvem.checkpoints import Checkpoint, read_checkpoint

__all__ = ["Transformer", "load"]


def attention_weights(scores, kind):
    """Weights of the points (last dimension) from their scores (model.attention)."""
    if kind == "softmax":
        return scores.softmax(-1)
    value = {"unnormalised": torch.exp, "relu": torch.relu, "linear": lambda x: x}[kind]
    return value(scores) / scores.shape[-1]


def attend(q, k, v, heads, kind):
    """Multi-head attention of rows q to rows k with the values v; all have the width's columns."""
    q, k, v = (x.unflatten(1, (heads, -1)) for x in (q, k, v))
    scores = torch.einsum("ihc,jhc->hij", q, k) / math.sqrt(q.shape[-1])
    return torch.einsum("hij,jhc->ihc", attention_weights(scores, kind), v).flatten(1)


class Perceptron(nn.Module):
    """What a layer and the pooling share: an output of the attention, and a perceptron."""

    def __init__(self, model):
        super().__init__()
        self.width, self.heads = int(model["width"]), int(model["heads"])
        hidden = int(model["mlp_ratio"]) * self.width
        self.out = nn.Linear(self.width, self.width)
        self.up, self.down = nn.Linear(self.width, hidden), nn.Linear(hidden, self.width)
        self.activation = {"gelu": nn.GELU(), "relu": nn.ReLU()}[model["activation"]]

    def perceive(self, x):
        return self.down(self.activation(self.up(x)))


class Layer(Perceptron):
    """One encoder layer: attention and a perceptron, each with a residual connection."""

    def __init__(self, model):
        super().__init__(model)
        self.is_post, self.kind = model["norm"] == "post", model.get("attention", "softmax")
        self.norm1, self.norm2 = (nn.Identity() if model["norm"] == "none" else nn.LayerNorm(self.width) for _ in "12")
        self.qkv = nn.Linear(self.width, 3 * self.width)

    def mix(self, x):
        return self.out(attend(*self.qkv(x).chunk(3, 1), self.heads, self.kind))

    def forward(self, x):
        if self.is_post:
            x = self.norm1(x + self.mix(x))
            return self.norm2(x + self.perceive(x))
        x = x + self.mix(self.norm1(x))
        return x + self.perceive(self.norm2(x))


class Pooling(Perceptron):
    """A row for each component: its seed attends to all points (model.readout = parameters)."""

    def __init__(self, model, components):
        super().__init__(model)
        self.seeds = nn.Embedding(components, self.width)
        self.kv = nn.Linear(self.width, 2 * self.width)

    def forward(self, x):
        seeds = self.seeds.weight
        y = seeds + self.out(attend(seeds, *self.kv(x).chunk(2, 1), self.heads, "softmax"))
        return y + self.perceive(y)


def in_frame(points, settings):
    """The points as they go in (input.frame, input.standardize), but for ties, which rounding alone would decide."""
    frame, standardize = settings.get("frame", "none"), settings.getboolean("standardize", False)
    x = points.double()
    if frame != "none" or standardize:
        x = x - x.mean(0)
    if frame == "canonical":
        axes = torch.linalg.eigh(x.T @ x).eigenvectors.flip(1)  # by falling eigenvalue
        x = x @ axes
        x = torch.where((x ** 3).sum(0) < 0, -x, x)
    if standardize:
        scale = x.std(0, unbiased=False)
        x = x / torch.where(scale > 0, scale, 1.0)
    return x.to(points.dtype)


class Transformer(nn.Module):
    """The model of one task: points (n, d), and a guess (n labels) where input.init is not none.

    It returns logits (n, labels), of which the first k count. With model.readout = parameters it returns a row
    for each component, of which the first k count: the logit of its weight, its mean and the logarithm of its
    standard deviation, in the coordinates of input.frame and input.standardize.
    """

    def __init__(self, checkpoint: Checkpoint):
        super().__init__()
        model, task, settings = checkpoint.model, checkpoint.task, checkpoint.input
        self.settings = settings
        k_low, k_high = (int(task["components"].split("..")[i]) for i in (0, -1))
        width, layers, tied = int(model["width"]), int(model["layers"]), model.getboolean("tied")
        self.k_low, self.k_high, self.passes = k_low, k_high, layers if tied else 1
        self.dim = int(task["dim"].split("..")[-1])
        self.has_guess = settings.get("init", "none") != "none"
        self.has_auxiliary = settings.getboolean("auxiliary", False)
        features = self.dim + self.has_guess * k_high + self.has_auxiliary * (self.dim + 1)
        self.embedding = nn.Linear(features, width)
        self.components = nn.Embedding(k_high - k_low + 1, width) if k_high > k_low else None
        self.layers = nn.Sequential(*(Layer(model) for _ in range(1 if tied else layers)))
        self.norm = nn.LayerNorm(width) if model["norm"] == "pre" else nn.Identity()
        has_parameters = model.get("readout", "labels") == "parameters"
        self.pooling = Pooling(model, k_high) if has_parameters else None
        n_pooled = int(model.get("pooled_layers", "0")) if has_parameters else 0
        self.pooled = nn.Sequential(*(Layer(model) for _ in range(n_pooled)))
        self.readout = nn.Linear(width, 2 + self.dim if has_parameters else k_high)

    def features(self, points, guess):
        """The rows that go in: coordinates, with zeros in missing dimensions; the guess; what it says of components."""
        x = in_frame(points, self.settings)
        padded = nn.functional.pad(x, (0, self.dim - x.shape[1]))
        if not self.has_guess:
            return padded
        if guess is None:
            raise ValueError(f"input.init = {self.settings['init']}: the model takes a guess, one label for each point")
        one_hot = nn.functional.one_hot(guess, self.k_high).to(x.dtype)
        parts = [padded, one_hot]
        if self.has_auxiliary:
            counts = one_hot.sum(0)
            means = (one_hot.T.double() @ padded.double() / counts.clamp(min=1)[:, None]).to(x.dtype)
            parts += [means[guess], (counts / len(guess))[guess, None]]
        return torch.cat(parts, 1)

    def forward(self, points, k=None, guess=None):
        x = self.embedding(self.features(points, guess))
        if self.components is not None:
            x = x + self.components.weight[k - self.k_low]
        for _ in range(self.passes):
            x = self.layers(x)
        x = self.norm(x)
        return self.readout(x if self.pooling is None else self.pooled(self.pooling(x)))


def load(path):
    """The model of a checkpoint, or of the folder of a run."""
    checkpoint = read_checkpoint(path)
    model = Transformer(checkpoint)
    model.load_state_dict({name: torch.tensor(value) for name, value in checkpoint.parameters.items()})
    return model
