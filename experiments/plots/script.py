"""Calls a figure of the package tvem (experiments/python), for the scripts beside this file."""

import importlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "python"))


def call(name):
    """Draws the figure tvem.figures.NAME with the words of the command line. Ends with a sentence where it cannot."""
    script = pathlib.Path(sys.argv[0]).name
    try:
        import matplotlib  # pylint: disable=import-outside-toplevel

        matplotlib.use("Agg")
        figure = importlib.import_module(f"tvem.figures.{name}")
    except ImportError as error:
        sys.exit(f"{script}: {error}; Debian and Ubuntu: apt install python3-h5py python3-xarray python3-h5netcdf python3-matplotlib")
    from tvem.figures.errors import FigureError  # pylint: disable=import-outside-toplevel

    try:
        sys.exit(figure.main())
    except FigureError as error:
        sys.exit(f"{script}: {error}")
