"""Files of tasks: what `tvem tasks` writes, and what `tvem evaluate --tasks` reads (io/SCHEMA.md)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import h5py
import numpy as np

__all__ = ["Mixture", "Task", "TasksFile", "read_tasks", "write_tasks"]


@dataclass
class Mixture:
    """A mixture of k components in d dimensions."""

    weights: np.ndarray  # k, of the sum 1
    means: np.ndarray  # k x d
    covariances: np.ndarray  # k x d x d; or k variances of a coordinate
    degrees: float = float("nan")  # of freedom of Student's t; NaN for Gaussian components

    def __post_init__(self) -> None:
        self.weights, self.means = np.asarray(self.weights, dtype=float), np.asarray(self.means, dtype=float)
        self.covariances = np.asarray(self.covariances, dtype=float)
        k = len(self.weights)
        d = self.means.shape[-1]
        if self.weights.shape != (k,) or self.means.shape != (k, d):
            raise ValueError(f"weights of the shape {self.weights.shape} and means of {self.means.shape}: give k, and k x d")
        if self.covariances.shape not in ((k,), (k, d, d)):
            raise ValueError(
                f"covariances of the shape {self.covariances.shape} for k = {k}, d = {d}: give k variances, or k x d x d"
            )

    def labels(self, points: np.ndarray) -> np.ndarray:
        """The most probable component of each point, for Gaussian components."""
        scores = []
        for weight, mean, matrix in zip(self.weights, self.means, self.matrices):
            scaled = np.linalg.solve(np.linalg.cholesky(matrix), (points - mean).T)
            with np.errstate(divide="ignore"):
                scores.append(np.log(weight) - np.linalg.slogdet(matrix)[1] / 2 - (scaled**2).sum(0) / 2)
        return np.argmax(scores, axis=0)

    @property
    def matrices(self) -> np.ndarray:
        """The covariances as matrices, k x d x d."""
        if self.covariances.ndim == 3:
            return self.covariances
        return self.covariances[:, None, None] * np.eye(self.means.shape[1])


@dataclass
class Task:
    """One clustering problem. Labels, guess and mixture are None where the file has none."""

    id: int
    points: np.ndarray  # n x d
    components: int  # k, which every method is told
    labels: np.ndarray | None = None  # n, in 0..k-1; -1 for an outlier
    guess: np.ndarray | None = None  # n, in 0..k-1: the guess input.init
    mixture: Mixture | None = None  # the true one
    seed: int = 0  # of the file's tasks

    def random(self) -> np.random.Generator:
        """Random numbers of this task: the same ones whenever it is asked."""
        return np.random.default_rng([self.seed, self.id])


class TasksFile:
    """An open file of tasks. It gives them one after another, or by their place; they are read in blocks."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = h5py.File(path, "r")
        self._group = self._file["tasks"] if "tasks" in self._file else self._file
        self._offset = self._group["offset"][()]
        self._components = self._group["components"][()]
        columns = self._group["points"].shape[1]
        self._dims = self._group["dim"][()] if "dim" in self._group else np.full(len(self), columns)
        self._ids = self._group["task"][()] if "task" in self._group else np.arange(len(self))
        self._block: dict[str, np.ndarray] = {}
        self._first = self._end = 0

    def __enter__(self) -> TasksFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._offset) - 1

    def __iter__(self) -> Iterator[Task]:
        return (self[place] for place in range(len(self)))

    @property
    def n_points(self) -> int:
        """The number of points of all tasks together."""
        return int(self._offset[-1])

    @property
    def offset(self) -> np.ndarray:
        """Task t has the points offset[t] .. offset[t + 1] - 1."""
        return self._offset

    @property
    def dim(self) -> int:
        """The largest dimension of a task."""
        return int(self._group["points"].shape[1])

    @property
    def components(self) -> int:
        """The largest number of components of a task."""
        return int(self._components.max())

    def __getitem__(self, place: int) -> Task:
        if not 0 <= place < len(self):
            raise IndexError(f"task {place}: the file has the tasks 0 to {len(self) - 1}")
        if not self._first <= place < self._end:
            self._read(place)
        begin, end = self._offset[place : place + 2] - self._offset[self._first]
        k, d = int(self._components[place]), int(self._dims[place])
        labels, guess = (
            self._block[name][begin:end].copy() if name in self._block else None for name in ("label", "guess")
        )
        return Task(
            id=int(self._ids[place]),
            points=self._block["points"][begin:end, :d].copy(),
            components=k,
            labels=labels,
            guess=guess,
            mixture=self._mixture(place - self._first, k, d),
            seed=int(self._group.attrs.get("seed", 0)) % 2**64,
        )

    def _read(self, first: int, points: int = 1 << 17) -> None:
        end = int(np.searchsorted(self._offset, self._offset[first] + points, side="right")) - 1
        self._first, self._end = first, min(max(end, first + 1), len(self))
        of_points = slice(self._offset[first], self._offset[self._end])
        of_tasks = slice(first, self._end)
        names = {"points": of_points, "label": of_points, "guess": of_points}
        names |= dict.fromkeys(("weight", "mean", "variance", "factor", "covariance", "degrees"), of_tasks)
        self._block = {name: self._group[name][rows] for name, rows in names.items() if name in self._group}

    def _mixture(self, t: int, k: int, d: int) -> Mixture | None:
        block = self._block
        if "weight" not in block:
            return None
        has_variance = "variance" in block and not np.isnan(block["variance"][t, 0])
        if has_variance:
            covariances = block["variance"][t, :k]
        elif "factor" in block:
            factors = block["factor"][t, :k, :d, :d]
            covariances = factors @ factors.transpose(0, 2, 1)
        else:
            covariances = block["covariance"][t, :k, :d, :d]
        degrees = float(block["degrees"][t]) if "degrees" in block else float("nan")
        return Mixture(block["weight"][t, :k], block["mean"][t, :k, :d], covariances, degrees)


def read_tasks(path: str | os.PathLike[str]) -> list[Task]:
    """All tasks of a file."""
    with TasksFile(path) as tasks:
        return list(tasks)


def _padded(arrays: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """The arrays, one for each task, in one array with NaN where they are smaller."""
    result = np.full((len(arrays), *shape), np.nan)
    for place, array in enumerate(arrays):
        result[(place, *map(slice, array.shape))] = array
    return result


def write_mixtures(group: h5py.Group, mixtures: list[Mixture], components: int, dim: int) -> None:
    """Writes weight, mean and variance or covariance of all tasks, NaN past a task's own sizes."""
    group["weight"] = _padded([m.weights for m in mixtures], (components,))
    group["mean"] = _padded([m.means for m in mixtures], (components, dim))
    if all(m.covariances.ndim == 1 for m in mixtures):
        group["variance"] = _padded([m.covariances for m in mixtures], (components,))
    else:
        group["covariance"] = _padded([m.matrices for m in mixtures], (components, dim, dim))
    if not all(np.isnan(m.degrees) for m in mixtures):
        group["degrees"] = np.array([m.degrees for m in mixtures])


def _check(place: int, task: Task) -> None:
    """Raises ValueError for what is no task."""
    if np.ndim(task.points) != 2:
        raise ValueError(f"task {place}: points of the shape {np.shape(task.points)}; give n x d")
    for name, labels, low in (("labels", task.labels, -1), ("guess", task.guess, 0)):
        if labels is None:
            continue
        if np.shape(labels) != (len(task.points),) or np.asarray(labels).dtype.kind not in "iu":
            raise ValueError(f"task {place}: {name} are not {len(task.points)} integers, one for each point")
        if np.min(labels) < low or np.max(labels) >= task.components:
            raise ValueError(f"task {place}: {name} from {np.min(labels)} to {np.max(labels)}; they are from {low} to k - 1")


def write_tasks(path: str | os.PathLike[str], tasks: Iterable[Task]) -> None:
    """Writes tasks of your own, on which `tvem evaluate --tasks` evaluates. Labels, guesses and mixtures are
    written where every task has them."""
    tasks = list(tasks)
    if not tasks:
        raise ValueError("there are no tasks to write")
    for place, task in enumerate(tasks):
        _check(place, task)
    dim = max(task.points.shape[1] for task in tasks)
    with h5py.File(path, "w") as file:
        group = file.create_group("tasks")
        group["offset"] = np.cumsum([0, *(len(task.points) for task in tasks)], dtype=np.int64)
        group["components"] = np.array([task.components for task in tasks], dtype=np.int32)
        group["dim"] = np.array([task.points.shape[1] for task in tasks], dtype=np.int32)
        group["points"] = np.concatenate([_padded([*task.points], (dim,)) for task in tasks])
        for name, member in (("label", "labels"), ("guess", "guess")):
            values = [getattr(task, member) for task in tasks]
            if all(value is not None for value in values):
                group[name] = np.concatenate(values).astype(np.int8)
        mixtures = [task.mixture for task in tasks if task.mixture is not None]
        if len(mixtures) == len(tasks):
            write_mixtures(group, mixtures, max(task.components for task in tasks), dim)
