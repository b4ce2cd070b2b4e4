"""Files and models of tvem in Python. docs/guide.md of tvem shows how to use it."""

from tvem.estimators import Fit, estimator
from tvem.model import Model, load_model
from tvem.results import open_evaluation, open_run, open_sweep
from tvem.statistics import Difference, paired_difference
from tvem.tasks import Mixture, Task, TasksFile, read_tasks, write_tasks

__all__ = [
    "Difference",
    "Fit",
    "Mixture",
    "Model",
    "Task",
    "TasksFile",
    "estimator",
    "load_model",
    "open_evaluation",
    "open_run",
    "open_sweep",
    "paired_difference",
    "read_tasks",
    "write_tasks",
]
