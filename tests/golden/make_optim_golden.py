#!/usr/bin/python3
"""Golden values of the optimisers, from torch.optim in double precision.

Run it only to make the values anew (Debian: python3-torch); the tests need its output alone:

    /usr/bin/python3 make_optim_golden.py > optim_torch.txt

A case is a line "CASE optimizer weight_decay beta1 beta2 momentum n_parameters n_updates", the line of the
initial parameters, and two lines an update: the rate and the gradient, then the parameters after it. Parameters
and gradients are multiples of 2^-10, so they are the same numbers in single precision.
"""

import torch

torch.set_default_dtype(torch.float64)
N_PARAMETERS, N_UPDATES = 6, 12

# optimizer, weight_decay, beta1, beta2, momentum
CASES = [
    ("adam", 0.0, 0.9, 0.999, 0.9),
    ("adam", 0.1, 0.8, 0.95, 0.9),
    ("adamw", 0.0, 0.9, 0.999, 0.9),
    ("adamw", 0.3, 0.7, 0.98, 0.9),
    ("sgd", 0.0, 0.9, 0.999, 0.0),
    ("sgd", 0.0, 0.9, 0.999, 0.9),
    ("sgd", 0.2, 0.9, 0.999, 0.5),
]


def make(kind, parameter, decay, betas, momentum):
    if kind == "sgd":
        return torch.optim.SGD([parameter], lr=1.0, momentum=momentum, weight_decay=decay)
    maker = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
    return maker([parameter], lr=1.0, betas=betas, weight_decay=decay)


def line(values):
    return " ".join(repr(float(value)) for value in values)


torch.manual_seed(1)
print("# make_optim_golden.py, torch.optim in double precision")
for optimizer, decay, beta1, beta2, velocity in CASES:
    weights = torch.nn.Parameter(torch.round(torch.randn(N_PARAMETERS) * 1024) / 1024)
    # Gradients of very different sizes; the last parameter's are always 0.
    scales = torch.tensor([1.0, 0.01, 30.0, 1.0, 0.3, 0.0])
    print("CASE", optimizer, decay, beta1, beta2, velocity, N_PARAMETERS, N_UPDATES)
    print(line(weights))
    torch_optimizer = make(optimizer, weights, decay, (beta1, beta2), velocity)
    for update in range(N_UPDATES):
        rate = 0.02 / (1 + update)  # the schedule's rates change with every step
        torch_optimizer.param_groups[0]["lr"] = rate
        weights.grad = torch.round(torch.randn(N_PARAMETERS) * scales * 1024) / 1024
        torch_optimizer.step()
        print(line([rate, *weights.grad]))
        print(line(weights.detach()))
