"""The model of a checkpoint in numpy (tvem.load_model) and in PyTorch (tvem.torch) gives tvem's outputs.

usage: models_test.py TVEM CHECKPOINT_LOGITS

Trains a few small models with other options, and compares the outputs that the program CHECKPOINT_LOGITS
computes from each checkpoint. Without PyTorch, numpy alone is compared.
"""

import os
import subprocess
import sys
import tempfile

import numpy as np

try:
    import torch
except ImportError:
    torch = None

EXPERIMENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "experiments")
sys.path[:0] = [EXPERIMENTS, os.path.join(EXPERIMENTS, "python")]
# pylint: disable=wrong-import-position
import tvem

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
        points, guess, outputs = np.split(np.array(values, dtype=np.float32), [n * dim, n * dim + n_guessed])
        yield points.reshape(n, dim), int(k), guess.astype(int) if n_guessed else None, outputs.reshape(-1, int(n_columns))


def torch_model(folder):
    """The model of PyTorch as a function of arrays."""
    from load_checkpoint import load  # pylint: disable=import-outside-toplevel
    model = load(os.path.join(folder, "checkpoint.h5"))

    def outputs(points, k, guess):
        with torch.no_grad():
            return model(torch.tensor(points), k, None if guess is None else torch.tensor(guess)).numpy()
    return outputs


def largest_difference(model, text):
    """Of the outputs over all tasks, relative to the largest of them."""
    difference, scale, n_seen = 0.0, 0.0, 0
    for points, k, guess, outputs in tasks(text):
        difference = max(difference, np.abs(model(points, k, guess) - outputs).max())
        scale = max(scale, np.abs(outputs).max())
        n_seen += 1
    assert n_seen == N_TASKS, f"{n_seen} tasks instead of {N_TASKS}"
    return difference / scale


def main():
    program, logits = sys.argv[1:]
    failed = False
    for name, options in OPTIONS.items():
        with tempfile.TemporaryDirectory(prefix="tvem-models-") as folder:
            subprocess.run([program, "run", "--out", folder, *SMALL, *options], check=True,
                           stdout=subprocess.DEVNULL)
            text = subprocess.run([logits, folder, str(N_TASKS)], check=True, capture_output=True, text=True).stdout
            models = {"numpy": tvem.load_model(folder)}
            if torch:
                models["PyTorch"] = torch_model(folder)
            for kind, model in models.items():
                difference = largest_difference(model, text)
                print(f"{name}, {kind}: the outputs differ by {difference:.1e} of the largest")
                failed |= not difference <= TOLERANCES.get(name, TOLERANCE)
    if not torch:
        print("this Python has no PyTorch (Debian: python3-torch): numpy alone was compared")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
