"""Finds the package in the tree, and the program tvem: TVEM, or one that was built here."""

import os
import pathlib
import subprocess
import sys

import pytest

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parents[1]
sys.path.insert(0, str(PACKAGE))

CONFIGURATION = """
[task]
components = 2..3
dim = 1..2
points = 20..25
[input]
init = kmeans++
[model]
heads = 2
width = 8
layers = 1
[train]
steps = 12
tasks_per_step = 8
evaluate_every = 6
evaluate_tasks = 8
[eval]
tasks = 12
estimators = transformer, em, bayes
[sweep]
model.layers = 1, 2
run.seed = 1..2
"""


def program():
    candidates = [os.environ.get("TVEM", ""), ROOT / "build" / "bin" / "tvem", ROOT / "build-tests" / "bin" / "tvem"]
    return next((str(path) for path in candidates if path and os.path.isfile(path)), None)


@pytest.fixture(scope="session")
def run_tvem():
    """Calls tvem."""
    found = program()
    if found is None:
        pytest.skip("there is no program tvem: build it, or name it in TVEM")
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE)}

    def call(*words):
        return subprocess.run([found, *map(str, words)], check=True, capture_output=True, text=True, env=environment).stdout

    return call


@pytest.fixture(scope="session")
def results(tmp_path_factory, run_tvem):
    """A folder with a run, a collected sweep and tasks."""
    folder = tmp_path_factory.mktemp("results")
    config = folder / "config.ini"
    config.write_text(CONFIGURATION)
    plain = folder / "plain.ini"
    plain.write_text(CONFIGURATION[: CONFIGURATION.index("[sweep]")])
    run_tvem("run", "--config", plain, "--out", folder / "run")
    run_tvem("sweep", "--config", config, "--out", folder / "sweep")
    run_tvem("collect", folder / "sweep")
    run_tvem("tasks", "--config", plain, "--out", folder / "tasks.h5")
    return folder
