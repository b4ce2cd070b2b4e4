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

# The same, and kind of attention, read-out, loss.
VARIANTS = {
    "attention_unnormalised": (8, 2, 2, 2, "pre", "gelu", False, 3, (2, 4), [(4, 3, 2), (9, 4, 3)], "unnormalised",
                               "labels", "permutation_cross_entropy"),
    "attention_relu": (12, 3, 2, 2, "post", "relu", False, 2, (3, 3), [(7, 3, 2), (30, 3, 2)], "relu", "labels",
                       "permutation_cross_entropy"),
    "attention_linear": (8, 4, 1, 2, "none", "gelu", True, 2, (3, 3), [(7, 3, 2), (12, 3, 2)], "linear", "labels",
                         "permutation_cross_entropy"),
    "parameters_likelihood": (8, 2, 2, 2, "pre", "gelu", False, 3, (2, 4), [(9, 3, 2), (14, 4, 3), (5, 2, 1)], "softmax",
                              "parameters", "negative_log_likelihood"),
    "parameters_permutation": (12, 3, 1, 1, "none", "relu", False, 2, (3, 3), [(9, 3, 2), (20, 3, 2)], "softmax",
                               "parameters", "permutation_parameters"),
}

# With so many layers between the pooled components.
POOLED_LAYERS = {
    "pooled_layers": (2, (8, 2, 2, 1, "pre", "gelu", False, 2, (2, 4), [(9, 3, 2), (14, 4, 2)], "softmax", "parameters",
                          "negative_log_likelihood")),
}


class EncoderLayer(nn.TransformerEncoderLayer):
    """The layer with other weights of the points than the softmax of their scores."""

    kind = "softmax"

    def _sa_block(self, x, *unused, **also_unused):
        if self.kind == "softmax":
            return super()._sa_block(x, None, None)
        attention = self.self_attn
        n, width = x.shape[1:]
        qkv = F.linear(x[0], attention.in_proj_weight, attention.in_proj_bias)
        q, k, v = (part.reshape(n, attention.num_heads, -1).transpose(0, 1) for part in qkv.split(width, dim=1))
        scores = q @ k.transpose(1, 2) / attention.head_dim ** 0.5
        weights = {"unnormalised": torch.exp, "relu": torch.relu, "linear": lambda s: s}[self.kind](scores) / n
        return attention.out_proj((weights @ v).transpose(0, 1).reshape(1, n, width))


class Pooling(nn.Module):
    """A learned seed for each component attends to the points; then a perceptron."""

    def __init__(self, width, heads, mlp_ratio, activation, components):
        super().__init__()
        self.heads = heads
        self.seeds = nn.Parameter(torch.zeros(components, width))
        self.kv, self.out = nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, mlp_ratio * width), nn.Linear(mlp_ratio * width, width)
        self.activation = {"gelu": F.gelu, "relu": F.relu}[activation]

    def forward(self, x):
        k, v = (part.reshape(len(x), self.heads, -1) for part in self.kv(x).chunk(2, dim=1))
        q = self.seeds.reshape(len(self.seeds), self.heads, -1)
        weights = torch.softmax(torch.einsum("jhc,ihc->hji", q, k) / q.shape[2] ** 0.5, dim=2)
        y = self.seeds + self.out(torch.einsum("hji,ihc->jhc", weights, v).reshape(self.seeds.shape))
        return y + self.down(self.activation(self.up(y)))


class Model(nn.Module):
    """embedding (+ a vector for k) -> encoder layers -> norm (pre only) -> read-out."""

    def __init__(self, width, heads, mlp_ratio, layers, norm, activation, tied, dim, k_range, attention="softmax",
                 readout="labels", pooled_layers=0):
        super().__init__()
        self.embedding = nn.Linear(dim, width)
        self.k_low = k_range[0]
        self.components = None if k_range[0] == k_range[1] else nn.Embedding(k_range[1] - k_range[0] + 1, width)
        self.n_passes = layers if tied else 1

        def encoder_layers(count):
            return nn.ModuleList(EncoderLayer(width, heads, mlp_ratio * width, dropout=0.0, activation=activation,
                                              layer_norm_eps=1e-5, batch_first=True, norm_first=norm == "pre")
                                 for _ in range(count))

        self.layers, self.pooled = encoder_layers(1 if tied else layers), encoder_layers(pooled_layers)
        for layer in [*self.layers, *self.pooled]:
            layer.kind = attention
        if norm == "none":
            for layer in [*self.layers, *self.pooled]:
                layer.norm1 = layer.norm2 = nn.Identity()
        self.norm = nn.LayerNorm(width, eps=1e-5) if norm == "pre" else nn.Identity()
        self.pooling = None
        if readout == "parameters":
            self.pooling = Pooling(width, heads, mlp_ratio, activation, k_range[1])
        self.readout = nn.Linear(width, 2 + dim if self.pooling else k_range[1])

    def forward(self, points, k):
        x = self.embedding(points)
        if self.components is not None:
            x = x + self.components.weight[k - self.k_low]
        x = x[None]
        for _ in range(self.n_passes):
            for layer in self.layers:
                x = layer(x)
        x = self.norm(x[0])
        if self.pooling is None:
            return self.readout(x)
        y = self.pooling(x)[None]
        for layer in self.pooled:
            y = layer(y)
        return self.readout(y[0])


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
    def layer_tensors(prefix, layer):
        attention = layer.self_attn
        return (norm(prefix + "norm1", layer.norm1) + norm(prefix + "norm2", layer.norm2)
                + linear(prefix + "qkv", attention.in_proj_weight, attention.in_proj_bias)
                + linear(prefix + "out", attention.out_proj.weight, attention.out_proj.bias)
                + linear(prefix + "up", layer.linear1.weight, layer.linear1.bias)
                + linear(prefix + "down", layer.linear2.weight, layer.linear2.bias))

    for index, layer in enumerate(model.layers):
        tensors += layer_tensors(f"layers.{index}.", layer)
    tensors += norm("norm", model.norm)
    if model.pooling is not None:
        tensors.append(("pooling.seeds.weight", model.pooling.seeds, False))
        for name in ("kv", "out", "up", "down"):
            module = getattr(model.pooling, name)
            tensors += linear("pooling." + name, module.weight, module.bias)
    for index, layer in enumerate(model.pooled):
        tensors += layer_tensors(f"pooled.{index}.", layer)
    return tensors + linear("readout", model.readout.weight, model.readout.bias)


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


def likelihood_loss(outputs, points, k, d):
    """Outputs: logit of the weight, mean, log standard deviation."""
    D = torch.distributions
    components = D.Independent(D.Normal(outputs[:k, 1:1 + d], outputs[:k, -1:].exp().expand(k, d)), 1)
    mixture = D.MixtureSameFamily(D.Categorical(logits=outputs[:k, 0]), components)
    return -mixture.log_prob(points[:, :d]).mean()


def parameter_loss(outputs, truth, k, d):
    """Truth: weights, means, standard deviations."""
    weights, means, sigmas = truth
    shares = torch.softmax(outputs[:k, 0], dim=0)
    losses = []
    for permutation in map(list, itertools.permutations(range(k))):
        estimated = outputs[permutation]
        losses.append((((estimated[:, 1:1 + d] - means) ** 2).sum(dim=1) + (estimated[:, -1] - sigmas.log()) ** 2
                       + k ** 2 * (shares[permutation] - weights) ** 2).mean())
    return torch.stack(losses).min()


def sample_truth(k, d):
    """Weights, means and standard deviations, multiples of 2^-6 but for the weights."""
    weights = torch.rand(k) + 0.2
    return weights / weights.sum(), multiples(2 * torch.randn(k, d)), multiples(0.5 + torch.rand(k))


def sample_task(n, k, d, dim):
    labels = torch.randint(k, (n,))
    points = torch.zeros(n, dim)
    points[:, :d] = multiples((2 * torch.randn(k, d))[labels] + torch.randn(n, d))
    return points, labels


def write(path, configuration, attention="softmax", readout="labels", loss_kind="permutation_cross_entropy",
          pooled_layers=0):
    width, heads, mlp_ratio, layers, norm, activation, tied, dim, k_range, tasks = configuration
    model = Model(*configuration[:-1], attention, readout, pooled_layers)
    model.train()  # dropout is 0; evaluation mode would take a fused path of its own
    randomise(model)
    samples = [sample_task(n, k, d, dim) for n, k, d in tasks]
    logits = [model(points, k) for (points, _), (_, k, _) in zip(samples, tasks)]
    truths = [sample_truth(k, d) for _, k, d in tasks] if loss_kind == "permutation_parameters" else []
    if loss_kind == "permutation_cross_entropy":
        losses = [task_loss(l, labels, k) for l, (_, labels), (_, k, _) in zip(logits, samples, tasks)]
    elif loss_kind == "negative_log_likelihood":
        losses = [likelihood_loss(l, points, k, d) for l, (points, _), (_, k, d) in zip(logits, samples, tasks)]
    else:
        losses = [parameter_loss(l, truth, k, d) for l, truth, (_, k, d) in zip(logits, truths, tasks)]
    torch.stack(losses).sum().backward()

    with open(path, "w", encoding="ascii") as file:
        def line(name, values):
            values = [v if isinstance(v, str) else f"{v:.16g}" for v in values]
            print(name, len(values), *values, file=file)

        line("settings", [str(v) for v in (width, heads, mlp_ratio, layers, norm, activation, int(tied))])
        if (attention, readout) != ("softmax", "labels"):
            line("variant", [attention, readout, loss_kind])
            line("dims", [d for _, _, d in tasks])
        if pooled_layers > 0:
            line("pooled_layers", [pooled_layers])
        for weights, means, sigmas in truths:
            line("truth", [*weights.tolist(), *means.flatten().tolist(), *sigmas.tolist()])
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
    for index, (name, configuration) in enumerate(VARIANTS.items()):
        torch.manual_seed(20250700 + index)
        write(os.path.join(folder, f"nn_{name}.txt"), configuration[:-3], *configuration[-3:])
    for index, (name, (pooled_layers, configuration)) in enumerate(POOLED_LAYERS.items()):
        torch.manual_seed(20250800 + index)
        write(os.path.join(folder, f"nn_{name}.txt"), configuration[:-3], *configuration[-3:], pooled_layers)


if __name__ == "__main__":
    main()
