#!/usr/bin/python3
"""Golden values of the Transformer and its loss, from PyTorch in double precision.

The model is torch.nn.TransformerEncoderLayer; the loss is the minimum of F.cross_entropy over all
permutations (itertools). Run it only to make the values anew (Debian: python3-torch); the tests need
its output alone:

    /usr/bin/python3 make_nn_golden.py        writes nn_*.txt beside this script

Format: lines "NAME COUNT VALUE ..."; parameters and their gradients "parameter NAME ROWS COLS VALUE ..."
in tvem's layout (weights are inputs x outputs). Parameters and points are multiples of 2^-6, so they are
the same numbers in single precision.
"""

import itertools
import os

import torch
import torch.nn.functional as F
from torch import nn

torch.set_default_dtype(torch.float64)

# name: width, heads, mlp_ratio, layers, norm, activation, tied, dim, (k low, k high), tasks as (n, k, d)
CONFIGURATIONS = {
    "pre_gelu": (8, 2, 2, 2, "pre", "gelu", False, 2, (3, 3), [(7, 3, 2), (5, 3, 2)]),
    "post_relu": (8, 4, 3, 2, "post", "relu", False, 2, (3, 3), [(6, 3, 2), (6, 3, 2)]),
    "none_gelu_tied": (6, 1, 2, 3, "none", "gelu", True, 3, (2, 2), [(9, 2, 3)]),
    "pre_relu_ragged": (12, 3, 1, 1, "pre", "relu", False, 3, (2, 4), [(4, 3, 2), (9, 4, 3), (6, 2, 1)]),
    "post_gelu_tied_ragged": (8, 2, 2, 2, "post", "gelu", True, 2, (2, 5), [(11, 5, 2), (1, 2, 1), (8, 4, 2)]),
    "none_relu_wide": (20, 5, 1, 1, "none", "relu", False, 2, (3, 3), [(53, 3, 2), (24, 3, 2)]),
}


class Model(nn.Module):
    """embedding (+ a vector for k) -> encoder layers -> norm (pre only) -> read-out."""

    def __init__(self, width, heads, mlp_ratio, layers, norm, activation, tied, dim, k_range):
        super().__init__()
        self.embedding = nn.Linear(dim, width)
        self.k_low = k_range[0]
        self.components = None if k_range[0] == k_range[1] else nn.Embedding(k_range[1] - k_range[0] + 1, width)
        self.n_passes = layers if tied else 1
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, heads, mlp_ratio * width, dropout=0.0, activation=activation,
                                       layer_norm_eps=1e-5, batch_first=True, norm_first=norm == "pre")
            for _ in range(1 if tied else layers))
        if norm == "none":
            for layer in self.layers:
                layer.norm1 = layer.norm2 = nn.Identity()
        self.norm = nn.LayerNorm(width, eps=1e-5) if norm == "pre" else nn.Identity()
        self.readout = nn.Linear(width, k_range[1])

    def forward(self, points, k):
        x = self.embedding(points)
        if self.components is not None:
            x = x + self.components.weight[k - self.k_low]
        x = x[None]
        for _ in range(self.n_passes):
            for layer in self.layers:
                x = layer(x)
        return self.readout(self.norm(x[0]))


def named_tensors(model):
    """(name, tensor, transposed or not) in the order of tvem's flat parameter vector."""
    def linear(name, weight, bias):
        return [(name + ".weight", weight, True), (name + ".bias", bias, False)]

    def norm(name, module):
        if isinstance(module, nn.Identity):
            return []
        return [(name + ".scale", module.weight, False), (name + ".shift", module.bias, False)]

    tensors = linear("embedding", model.embedding.weight, model.embedding.bias)
    if model.components is not None:
        tensors.append(("components.weight", model.components.weight, False))
    for index, layer in enumerate(model.layers):
        prefix = f"layers.{index}."
        attention = layer.self_attn
        tensors += norm(prefix + "norm1", layer.norm1) + norm(prefix + "norm2", layer.norm2)
        tensors += linear(prefix + "qkv", attention.in_proj_weight, attention.in_proj_bias)
        tensors += linear(prefix + "out", attention.out_proj.weight, attention.out_proj.bias)
        tensors += linear(prefix + "up", layer.linear1.weight, layer.linear1.bias)
        tensors += linear(prefix + "down", layer.linear2.weight, layer.linear2.bias)
    return tensors + norm("norm", model.norm) + linear("readout", model.readout.weight, model.readout.bias)


def matrix(tensor, transposed):
    tensor = tensor.detach()
    return tensor.T if transposed else tensor.reshape(-1, tensor.shape[-1])


def multiples(values):
    """Rounded to multiples of 2^-6."""
    return torch.round(values * 64) / 64


def randomise(model):
    for name, tensor, _ in named_tensors(model):
        fan_in = tensor.shape[1] if tensor.dim() == 2 else 1
        spread = 1.0 / fan_in ** 0.5 if name.endswith(".weight") else 0.3
        centre = 1.0 if name.endswith(".scale") else 0.0
        tensor.data = multiples(centre + spread * torch.randn(tensor.shape))


def task_loss(logits, labels, k):
    """Minimum over permutations of the mean cross-entropy in nats; logits past k take no part."""
    losses = [F.cross_entropy(logits[:, :k], torch.tensor(permutation)[labels])
              for permutation in itertools.permutations(range(k))]
    return torch.stack(losses).min()


def sample_task(n, k, d, dim):
    labels = torch.randint(k, (n,))
    points = torch.zeros(n, dim)
    points[:, :d] = multiples((2 * torch.randn(k, d))[labels] + torch.randn(n, d))
    return points, labels


def write(path, configuration):
    width, heads, mlp_ratio, layers, norm, activation, tied, dim, k_range, tasks = configuration
    model = Model(*configuration[:-1])
    model.train()  # dropout is 0; evaluation mode would take a fused path of its own
    randomise(model)
    samples = [sample_task(n, k, d, dim) for n, k, d in tasks]
    logits = [model(points, k) for (points, _), (_, k, _) in zip(samples, tasks)]
    losses = [task_loss(l, labels, k) for l, (_, labels), (_, k, _) in zip(logits, samples, tasks)]
    torch.stack(losses).sum().backward()

    with open(path, "w", encoding="ascii") as file:
        def line(name, values):
            values = [v if isinstance(v, str) else f"{v:.16g}" for v in values]
            print(name, len(values), *values, file=file)

        line("settings", [str(v) for v in (width, heads, mlp_ratio, layers, norm, activation, int(tied))])
        line("domain", [dim, *k_range])
        line("points_per_task", [n for n, _, _ in tasks])
        line("components", [k for _, k, _ in tasks])
        line("labels", torch.cat([labels for _, labels in samples]).tolist())
        line("points", torch.cat([points for points, _ in samples]).flatten().tolist())
        line("logits", torch.cat(logits).flatten().tolist())
        line("losses", [loss.item() for loss in losses])
        for kind in ("parameter", "gradient"):
            for name, tensor, transposed in named_tensors(model):
                values = matrix(tensor if kind == "parameter" else tensor.grad, transposed)
                print(kind, name, *values.shape, *[f"{v:.16g}" for v in values.flatten().tolist()], file=file)


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    for index, (name, configuration) in enumerate(CONFIGURATIONS.items()):
        torch.manual_seed(20250600 + index)
        write(os.path.join(folder, f"nn_{name}.txt"), configuration)


if __name__ == "__main__":
    main()
