"""The model of a checkpoint, loaded into PyTorch by experiments/load_checkpoint.py, gives tvem's logits.

usage: check_pytorch_checkpoint.py TVEM CHECKPOINT_LOGITS

Trains a few small models with other options, and compares the logits that the program CHECKPOINT_LOGITS
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

TOLERANCE = 1e-5  # of the largest logit: both compute in single precision
N_TASKS = 20

SMALL = ["--train.steps", "20", "--train.tasks_per_step", "8", "--train.warmup", "5", "--eval.tasks", "4",
         "--eval.estimators", "transformer", "--task.points", "10..40"]
OPTIONS = {
    "the defaults": [],
    "ragged tasks": ["--task.components", "2..5", "--task.dim", "1..3", "--model.width", "16", "--model.heads", "2"],
    "post, relu, tied": ["--model.norm", "post", "--model.activation", "relu", "--model.tied", "true"],
    "no frame, an average": ["--input.frame", "none", "--train.average", "0.8"],
    "centred": ["--input.frame", "centred"],
    "no norm": ["--model.norm", "none", "--model.layers", "2", "--model.mlp_ratio", "2", "--train.rate", "1e-3"],
}


def tasks(text):
    """(points, k, logits) of every line that CHECKPOINT_LOGITS printed."""
    for line in text.splitlines():
        n, dim, k, n_labels, *values = line.split()
        n, dim, n_labels = int(n), int(dim), int(n_labels)
        values = torch.tensor([float(value) for value in values])
        assert len(values) == n * (dim + n_labels), "a line of another length than it says"
        yield values[:n * dim].reshape(n, dim), int(k), values[n * dim:].reshape(n, n_labels)


def largest_difference(folder, program):
    """Of the logits over all tasks, relative to the largest logit."""
    model = load(os.path.join(folder, "checkpoint.h5"))
    done = subprocess.run([program, folder, str(N_TASKS)], check=True, capture_output=True, text=True)
    difference, scale, n_seen = 0.0, 0.0, 0
    with torch.no_grad():
        for points, k, logits in tasks(done.stdout):
            difference = max(difference, (model(points, k) - logits).abs().max().item())
            scale = max(scale, logits.abs().max().item())
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
        print(f"{name}: the logits differ by {difference:.1e} of the largest")
        failed |= not difference <= TOLERANCE
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
