"""Differences of estimators with their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import xarray

__all__ = ["Difference", "paired_difference", "t_quantile"]

# 0.975, by degrees of freedom - 1.
T_QUANTILES = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131),
    *(2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045),
)
NORMAL_QUANTILE = 1.96


def t_quantile(degrees: int) -> float:
    """The 0.975 quantile of Student's t; the normal one beyond 29 degrees of freedom."""
    return T_QUANTILES[degrees - 1] if degrees <= len(T_QUANTILES) else NORMAL_QUANTILE


@dataclass(frozen=True)
class Difference:
    """A mean difference over tasks, with its 95 % interval."""

    mean: float
    standard_error: float
    n_tasks: int

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.mean - t_quantile(max(self.n_tasks - 1, 1)) * self.standard_error

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self.mean + t_quantile(max(self.n_tasks - 1, 1)) * self.standard_error

    def __str__(self) -> str:
        return f"{self.mean:+.4f} [{self.low:+.4f}, {self.high:+.4f}]"


def paired_difference(
    evaluation: xarray.Dataset, estimator: str, reference: str, metric: str = "error"
) -> Difference:
    """How far an estimator is above a reference on the same tasks. Tasks without a value of both are left out."""
    for name in (estimator, reference):
        if name not in evaluation.estimator.values:
            raise ValueError(f"there is no estimator {name}; there are {', '.join(evaluation.estimator.values)}")
    rows = evaluation[metric]
    differences = (rows.sel(estimator=estimator) - rows.sel(estimator=reference)).values
    differences = differences[np.isfinite(differences)]
    n_tasks = len(differences)
    if n_tasks < 2:
        raise ValueError(f"{estimator} and {reference} have {metric} on {n_tasks} tasks together; two are needed")
    return Difference(float(differences.mean()), float(differences.std(ddof=1)) / math.sqrt(n_tasks), n_tasks)
