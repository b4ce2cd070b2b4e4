"""The model of a checkpoint, loaded into PyTorch by experiments/load_checkpoint.py, gives tvem's outputs.

usage: check_pytorch_checkpoint.py TVEM CHECKPOINT_LOGITS

Trains a few small models with other options, and compares the outputs that the program CHECKPOINT_LOGITS
computes from each checkpoint. Exits with 77 (skipped) where PyTorch is not installed.
"""

import os
import subprocess
import sys
import tempfile

try:
    import torch
except ImportError:
    print("skipped: this Python has no PyTorch (Debian: python3-torch)")
    sys.exit(77)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "experiments"))
from load_checkpoint import load  # pylint: disable=wrong-import-position

TOLERANCE = 1e-5  # of the largest output: both compute in single precision
TOLERANCES = {"constructed": 2e-3}  # the score of a lost comparison is a small difference of large numbers
N_TASKS = 20

SMALL = ["--train.steps", "20", "--train.tasks_per_step", "8", "--train.warmup", "5", "--eval.tasks", "4",
         "--eval.estimators", "transformer", "--task.points", "10..40"]
OPTIONS = {
    "the defaults": [],
    "ragged tasks": ["--task.components", "2..5", "--task.dim", "1..3", "--model.width", "16", "--model.heads", "2"],
    "post, relu, tied": ["--model.norm", "post", "--model.activation", "relu", "--model.tied", "true"],
    "no frame, an average": ["--input.frame", "none", "--train.average", "0.8"],
    "centred": ["--input.frame", "centred"],
    "standardised": ["--input.standardize", "true", "--input.frame", "none"],
    "standardised in the frame": ["--input.standardize", "true", "--task.covariance", "full"],
    "unnormalised attention": ["--model.attention", "unnormalised"],
    "relu attention": ["--model.attention", "relu"],
    "linear attention, post": ["--model.attention", "linear", "--model.norm", "post"],
    "a corrupted guess": ["--input.init", "corrupted"],
    "k-means++ guess and what it says, ragged": ["--input.init", "kmeans++", "--input.auxiliary", "true",
                                                 "--task.components", "2..4", "--task.dim", "1..3"],
    "parameters": ["--model.readout", "parameters", "--loss.kind", "negative_log_likelihood"],
    "parameters, ragged, relu, spectral guess": [
        "--model.readout", "parameters", "--loss.kind", "permutation_parameters", "--task.components", "2..4",
        "--task.dim", "2..3", "--model.activation", "relu", "--input.init", "spectral", "--model.tied", "true"],
    "parameters, layers between the pooled": ["--model.readout", "parameters", "--loss.kind", "negative_log_likelihood",
                                              "--model.pooled_layers", "2", "--task.components", "2..4"],
    "constructed": ["--model.initial", "constructed", "--model.norm", "none", "--input.init", "kmeans++",
                    "--train.rate", "1e-9", "--train.matrix_rate", "1e-9"],
    "no norm": ["--model.norm", "none", "--model.layers", "2", "--model.mlp_ratio", "2", "--train.rate", "1e-3"],
}


def tasks(text):
    """(points, k, guess, outputs) of every line that CHECKPOINT_LOGITS printed."""
    for line in text.splitlines():
        n, dim, k, n_guessed, n_columns, *values = line.split()
        n, dim, n_guessed = int(n), int(dim), int(n_guessed)
        values = torch.tensor([float(value) for value in values])
        points, guess, outputs = values.split((n * dim, n_guessed, len(values) - n * dim - n_guessed))
        yield points.reshape(n, dim), int(k), guess.long() if n_guessed else None, outputs.reshape(-1, int(n_columns))


def largest_difference(folder, program):
    """Of the outputs over all tasks, relative to the largest of them."""
    model = load(os.path.join(folder, "checkpoint.h5"))
    done = subprocess.run([program, folder, str(N_TASKS)], check=True, capture_output=True, text=True)
    difference, scale, n_seen = 0.0, 0.0, 0
    with torch.no_grad():
        for points, k, guess, outputs in tasks(done.stdout):
            difference = max(difference, (model(points, k, guess) - outputs).abs().max().item())
            scale = max(scale, outputs.abs().max().item())
            n_seen += 1
    assert n_seen == N_TASKS, f"{n_seen} tasks instead of {N_TASKS}"
    return difference / scale


def main():
    tvem, program = sys.argv[1:]
    failed = False
    for name, options in OPTIONS.items():
        with tempfile.TemporaryDirectory(prefix="tvem-pytorch-") as folder:
            subprocess.run([tvem, "run", "--out", folder, *SMALL, *options], check=True,
                           stdout=subprocess.DEVNULL)
            difference = largest_difference(folder, program)
        print(f"{name}: the outputs differ by {difference:.1e} of the largest")
        failed |= not difference <= TOLERANCES.get(name, TOLERANCE)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
