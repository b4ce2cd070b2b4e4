"""Figures of runs and sweeps on axes of yours. They need matplotlib.

    figure, axes = plt.subplots()
    tvem.figures.draw_sweep(axes, "results/layers")

Each module of this package is also a script in experiments/plots, which draws the whole figure.
"""

from __future__ import annotations

import argparse
import os
import pathlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tvem.figures.sweep_data import Sweep

__all__ = ["draw_run", "draw_sweep", "draw_sweep_differences"]


def _file(path: str | os.PathLike[str], name: str) -> pathlib.Path:
    path = pathlib.Path(path)
    return path / name if path.is_dir() else path


def _sweep(path: str | os.PathLike[str], x: str | None, select: dict[str, object] | None) -> tuple[Sweep, str]:
    """The sweep with values of its other axes chosen, and the axis of the abscissa."""
    from tvem.figures.errors import FigureError
    from tvem.figures.sweep_data import Sweep

    sweep = Sweep(_file(path, "sweep.h5"), [(axis, str(value)) for axis, value in (select or {}).items()])
    axes = sweep.free_axes()
    abscissa = x if x is not None else axes[0] if axes else ""
    if abscissa not in axes or len(axes) > 1:
        raise FigureError(f"x = {x}, select = {select}: the axes are {', '.join(axes)}; choose x, and values of all others")
    return sweep, abscissa


def draw_run(axes: Axes, path: str | os.PathLike[str]) -> None:
    """The Transformer's error on validation tasks while it trains, and the levels of all estimators."""
    from tvem.figures import run

    run.draw(run.read_run(_file(path, "run.h5")), axes)


def draw_sweep(
    axes: Axes, path: str | os.PathLike[str], x: str | None = None, select: dict[str, object] | None = None
) -> None:
    """The errors of all estimators over an axis of a collected sweep, with 95 % bands. select: values of other axes."""
    from tvem.figures import sweep as figure

    sweep, abscissa = _sweep(path, x, select)
    options = argparse.Namespace(trace=False, difference=False, gap=False, exact=False, initial=False)
    figure.draw_lines(axes, sweep, sweep.table, abscissa, options)


def draw_sweep_differences(
    axes: Axes, path: str | os.PathLike[str], x: str | None = None, select: dict[str, object] | None = None
) -> None:
    """Paired differences from the Transformer over an axis of a collected sweep, with 95 % bands."""
    from tvem.figures import sweep as figure

    sweep, abscissa = _sweep(path, x, select)
    figure.draw_differences(axes, sweep, sweep.table, abscissa)
