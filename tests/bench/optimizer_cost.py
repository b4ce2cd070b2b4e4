"""What a step of Muon takes beside one of AdamW, on one core, by the width of the model.

usage: optimizer_cost.py TVEM [REPETITIONS]

The model, tasks and steps are those of the quickstart but for the width. The two optimisers are measured in turn; the ratio is the median
over the repetitions, with the least and the largest.
"""

import os
import statistics
import subprocess
import sys
import tempfile

import h5py

QUICKSTART = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "experiments", "configs", "quickstart.ini")
STEPS = {32: 300, 64: 150, 128: 60, 256: 25}  # by width


def seconds_of_step(program, optimizer, width):
    with tempfile.TemporaryDirectory() as folder:
        keys = {"train.optimizer": optimizer, "model.width": width, "train.steps": STEPS[width], "train.warmup": 10,
                "train.evaluate_every": 0, "eval.tasks": 2, "eval.estimators": "transformer"}
        words = [word for key, value in keys.items() for word in (f"--{key}", str(value))]
        subprocess.run([program, "run", "--config", QUICKSTART, "--out", folder, *words], check=True, stdout=subprocess.DEVNULL)
        with h5py.File(os.path.join(folder, "run.h5")) as file:
            return file["state"].attrs["training_seconds"] / STEPS[width]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__.split("\n\n")[1])
    program, n = sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 5
    print("width  AdamW, ms a step  Muon / AdamW")
    for width in STEPS:
        pairs = [[seconds_of_step(program, optimizer, width) for optimizer in ("adamw", "muon")] for _ in range(n)]
        ratios = sorted(muon / adamw for adamw, muon in pairs)
        print(f"{width:5}  {1e3 * min(adamw for adamw, _ in pairs):16.1f}  {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


main()
