"""Estimators of your own beside those of tvem: external:NAME=COMMAND in eval.estimators.

    import tvem

    @tvem.estimator("mine")
    def mine(task):
        return my_labels(task.points, task.components)

tvem starts such a script once an evaluation, with two words: the file of the tasks, and the file of answers
that it has to write. The decorator does both.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Union

import h5py
import numpy as np

from tvem.tasks import Mixture, Task, TasksFile, write_mixtures

__all__ = ["Fit", "answer", "estimator"]


@dataclass
class Fit:
    """What an estimator says of a task: labels, a mixture, or both."""

    labels: np.ndarray | None = None  # n integers from 0; -1: the point is in no cluster
    mixture: Mixture | None = None


Result = Union[Fit, np.ndarray, None]
Function = Callable[[Task], Result]


def _as_fit(result: Result) -> Fit:
    return result if isinstance(result, Fit) else Fit(labels=result)


def _labels(fit: Fit, task: Task) -> np.ndarray:
    """The labels of a fit, or those of its mixture; -1 for every point of a task without an answer."""
    if fit.labels is None:
        return fit.mixture.labels(task.points) if fit.mixture else np.full(len(task.points), -1)
    labels = np.asarray(fit.labels)
    if labels.shape != (len(task.points),) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"task {task.id}: labels of the shape {labels.shape} and type {labels.dtype}; give {len(task.points)} integers"
        )
    return labels


def _no_mixture(task: Task) -> Mixture:
    k, d = task.components, task.points.shape[1]
    return Mixture(np.full(k, np.nan), np.full((k, d), np.nan), np.full(k, np.nan))


def answer(function: Function, tasks_path: str, answers_path: str) -> None:
    """Calls the function on every task, and writes its answers and seconds. A task on which it returns None has
    failed: it counts, with the error of all points in one cluster."""
    fits: list[Fit] = []
    seconds: list[float] = []
    with TasksFile(tasks_path) as tasks:
        labels = np.full(tasks.n_points, -1, dtype=np.int32)
        mixtures = []
        for place, task in enumerate(tasks):
            start = time.perf_counter()
            fit = _as_fit(function(task))
            seconds.append(time.perf_counter() - start)
            fits.append(fit)
            labels[tasks.offset[place] : tasks.offset[place + 1]] = _labels(fit, task)
            mixtures.append(fit.mixture or _no_mixture(task))
        with h5py.File(answers_path, "w") as file:
            if any(fit.labels is not None or fit.mixture is None for fit in fits):
                file["label"] = labels
            if any(fit.mixture is not None for fit in fits):
                write_mixtures(file, mixtures, tasks.components, tasks.dim)
            file["seconds"] = seconds


def estimator(name: str) -> Callable[[Function], Function]:
    """Makes a function of a task an estimator for external:NAME=COMMAND. In a script that tvem starts, the
    function is called on every task at once; in a module that is imported, nothing happens."""

    def decorate(function: Function) -> Function:
        if function.__module__ != "__main__":
            return function
        if len(sys.argv) != 3:
            sys.exit(
                f"{sys.argv[0]}: the estimator {name} needs a file of tasks and a file of answers; name it in "
                f'eval.estimators, as in "external:{name}=python3 {sys.argv[0]}"'
            )
        answer(function, sys.argv[1], sys.argv[2])
        return function

    return decorate
