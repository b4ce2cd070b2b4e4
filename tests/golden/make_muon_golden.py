#!/usr/bin/python3
"""Golden values of the optimiser muon, in double precision: hidden matrices by Muon, all else by torch.optim.AdamW.

Run it only to make the values anew (Debian: python3-torch); the tests need its output alone:

    /usr/bin/python3 make_muon_golden.py > muon_torch.txt

A line "CASE matrix_rate momentum weight_decay", the line of the initial parameters, and two lines an update: the rate and
the gradient, then the parameters after it. The flat parameters are a vector of 3, a tall 6 x 4 matrix, a 4 x 12 matrix of three
square ones side by side, and a wide 3 x 8 matrix. Matrices are inputs x outputs, the transpose of PyTorch's.
"""

import math

import torch

torch.set_default_dtype(torch.float64)
RATE, N_UPDATES = 0.01, 8
CASES = [(0.02, 0.9, 0.0), (0.1, 0.0, 0.0), (0.05, 0.95, 0.3)]


def orthogonalized(matrix):
    """Five Newton-Schulz iterations with the coefficients of Jordan et al. 2024."""
    x = matrix / (matrix.norm() + 1e-7)
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x


class Muon:
    """Of one matrix of PyTorch's shape, outputs x inputs."""

    def __init__(self, matrix, momentum, decay):
        self.matrix, self.momentum, self.decay = matrix, momentum, decay
        self.mean = torch.zeros_like(matrix)

    def step(self, gradient, rate):
        self.mean = self.momentum * self.mean + (1 - self.momentum) * gradient
        direction = orthogonalized(self.momentum * self.mean + (1 - self.momentum) * gradient)
        outputs, inputs = self.matrix.shape
        self.matrix = (1 - rate * self.decay) * self.matrix - rate * math.sqrt(max(1, outputs / inputs)) * direction


def rounded(values):
    return torch.round(values * 1024) / 1024


def line(values):
    return " ".join(repr(float(value)) for value in values)


torch.manual_seed(2)
print("# make_muon_golden.py, torch in double precision")
for matrix_rate, momentum, decay in CASES:
    vector = torch.nn.Parameter(rounded(torch.randn(3)))
    tall, parts, wide = rounded(torch.randn(6, 4)), rounded(torch.randn(4, 12)), rounded(torch.randn(3, 8))
    muons = [Muon(matrix.T, momentum, decay) for matrix in (tall, *parts.split(4, dim=1), wide)]
    adam = torch.optim.AdamW([vector], lr=RATE, weight_decay=decay)

    def flat():
        square = torch.cat([muon.matrix.T for muon in muons[1:4]], dim=1)
        return torch.cat([vector.detach(), muons[0].matrix.T.reshape(-1), square.reshape(-1), muons[4].matrix.T.reshape(-1)])

    print("CASE", matrix_rate, momentum, decay)
    print(line(flat()))
    for update in range(N_UPDATES):
        share = 1 / (1 + update)  # of the full rates
        gradient = rounded(torch.randn(99) * 10.0 ** (update % 3 - 1))
        of_vector, of_tall, of_parts, of_wide = gradient.split((3, 24, 48, 24))
        matrices = (of_tall.reshape(6, 4), *of_parts.reshape(4, 12).split(4, dim=1), of_wide.reshape(3, 8))
        adam.param_groups[0]["lr"] = RATE * share
        vector.grad = of_vector
        adam.step()
        for muon, of_matrix in zip(muons, matrices):
            muon.step(of_matrix.T, matrix_rate * share)
        print(line([RATE * share, *gradient]))
        print(line(flat()))
