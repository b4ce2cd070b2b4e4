#!/usr/bin/python3
"""Golden values of the cross-entropy with soft targets, from torch in double precision.

Run it only to make the values anew (Debian: python3-torch); the tests need its output alone:

    /usr/bin/python3 make_loss_golden.py > loss_torch.txt

A case is four lines: "n_labels k loss", the logits (n x n_labels), the targets (n x k), the gradient. The loss is the minimum
of F.cross_entropy over all permutations of the columns of the targets, over the first k logits; autograd gives its gradient.
"""

import itertools

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(4)


def line(values):
    return " ".join(repr(float(value)) for value in values.reshape(-1))


for n, n_labels, k, sharpness in ((7, 2, 2, 1), (12, 3, 3, 1), (12, 5, 3, 4), (20, 4, 4, 0.3), (9, 5, 5, 2), (4, 3, 1, 1)):
    logits = (sharpness * torch.randn(n, n_labels)).requires_grad_()
    targets = torch.softmax(2 * torch.randn(n, k), dim=1)
    losses = [F.cross_entropy(logits[:, :k], targets[:, list(order)]) for order in itertools.permutations(range(k))]
    loss = torch.stack(losses).min()
    loss.backward()
    print(n_labels, k, repr(float(loss)))
    print(line(logits.detach()))
    print(line(targets))
    print(line(logits.grad))
