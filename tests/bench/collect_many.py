#!/usr/bin/env python3
"""Time and memory of tvem collect on many runs, made up from one: python3 collect_many.py TVEM [RUNS [TASKS]]

Makes a sweep over run.seed with a run.h5 for every seed (default 10 000 runs of 64 evaluation tasks), each a copy of a small
training's under the identities that the sweep asks for, and prints what collecting them took. Needs h5py.
"""

import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time

import h5py

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import our_files  # noqa: E402

CONFIG = """[model]
heads = 2
layers = 1
width = 8
[task]
points = 20
[train]
steps = 200
tasks_per_step = 8
[eval]
tasks = {tasks}
estimators = transformer, em
[sweep]
run.seed = 1..{runs}
"""


def digest(text):
    return hashlib.sha256(text if isinstance(text, bytes) else text.encode()).hexdigest()


def identities(seed, tasks):
    """Of the training and of its evaluation: SHA-256 over the keys that are not their defaults."""
    lines = ["model.heads = 2\n", "model.layers = 1\n", "model.width = 8\n", "task.points = 20\n", "train.steps = 200\n",
             "train.tasks_per_step = 8\n"] + ([f"run.seed = {seed}\n"] if seed != 1 else [])
    training = digest("training 1\n" + "".join(sorted(lines)))
    evaluation = digest("evaluation 1\n" + training + "\n" + f"eval.estimators = transformer\neval.tasks = {tasks}\n")
    return training, evaluation


def main():
    tvem = os.path.abspath(sys.argv[1])
    n_runs = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    n_tasks = int(sys.argv[3]) if len(sys.argv) > 3 else 64
    with tempfile.TemporaryDirectory(prefix="tvem-many-") as folder:
        config = os.path.join(folder, "many.ini")
        with open(config, "w", encoding="ascii") as file:
            file.write(CONFIG.format(runs=n_runs, tasks=n_tasks))
        sweep = os.path.join(folder, "sweep")
        for index in (0, 1):  # the baselines, and the first training
            subprocess.run([tvem, "sweep", "--config", config, "--out", sweep, "--index", str(index)], check=True,
                           stdout=subprocess.DEVNULL)
        first = "run-" + identities(1, n_tasks)[0][:10]
        with open(os.path.join(sweep, first, "run.h5"), "rb") as file:
            template = file.read()
        with h5py.File(os.path.join(sweep, first, "run.h5")) as file:
            inner = our_files.content(file)  # what the digest within the file is of
        texts = [text.encode() for text in identities(1, n_tasks)]
        for text in texts:
            assert template.count(text) == inner.count(text) == 1, "the identity is not what this script takes it for"
        for seed in range(2, n_runs + 1):
            content, changed = template, inner
            for old, new in zip(texts, identities(seed, n_tasks)):
                content, changed = content.replace(old, new.encode()), changed.replace(old, new.encode())
            content = content.replace(digest(inner).encode(), digest(changed).encode())
            run = os.path.join(sweep, "run-" + identities(seed, n_tasks)[0][:10])
            os.mkdir(run)
            seal = f"tvem file\nsha256 {hashlib.sha256(content[512:]).hexdigest()}\n".encode()
            with open(os.path.join(run, "run.h5"), "wb") as file:
                file.write(seal + content[len(seal):])
        start = time.monotonic()
        done = subprocess.run([tvem, "collect", sweep], check=True, capture_output=True, text=True)
        seconds = time.monotonic() - start
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        with h5py.File(os.path.join(sweep, "sweep.h5")) as file:
            n_finished = int(file.attrs["cells_finished"])
            n_values = int((file["error_mean"][()] == file["error_mean"][()]).sum())
        print(done.stdout.strip())
        assert n_finished == n_runs and n_values == 2 * n_runs, (n_finished, n_values)
        print(f"{n_runs} runs of {len(template) / 1024:.0f} KB: {seconds:.1f} s, largest memory of any tvem {memory:.0f} MB")


if __name__ == "__main__":
    main()
