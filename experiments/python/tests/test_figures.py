"""Figures on axes of one's own."""

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import tvem  # noqa: E402
from tvem import figures  # noqa: E402
from tvem.figures.errors import FigureError  # noqa: E402


@pytest.fixture
def axes():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def labels(axes):
    return axes.get_legend_handles_labels()[1]


def test_a_run(axes, results):
    figures.draw_run(axes, results / "run")
    assert any("validation tasks" in label for label in labels(axes))


def test_a_sweep_has_its_errors(axes, results):
    figures.draw_sweep(axes, results / "sweep")
    assert set(labels(axes)) == {"transformer", "em", "bayes"}
    lines = {line.get_label(): line for line in axes.get_lines()}
    sweep = tvem.open_sweep(results / "sweep")
    expected = sweep.error_mean.sel(estimator="transformer").mean("seed").values
    np.testing.assert_allclose(lines["transformer"].get_ydata(), expected)


def test_differences_and_wrong_axes(axes, results):
    figures.draw_sweep_differences(axes, results / "sweep", x="layers")
    assert set(labels(axes)) == {"em", "bayes"}
    with pytest.raises(FigureError, match="the axes are layers"):
        figures.draw_sweep(axes, results / "sweep", x="width")


def test_clusters_in_the_plane_of_the_principal_axes():
    from tvem.figures import clusters

    random = np.random.default_rng(1)
    points = random.normal(size=(5000, 3)) * [1, 5, 3] + 7
    record = {
        "points": points,
        "means": np.array([[[7.0, 7, 7], [7, 12, 7]]]),
        "covariances": np.array([[np.diag([1.0, 25, 9]), np.eye(3)]]),
        "coordinate": np.array([b"a", b"b", b"c"]),
    }
    plane, means, covariances, names = clusters.in_the_plane(record)
    assert plane.shape == (5000, 2)
    np.testing.assert_allclose(plane.std(axis=0), [5, 3], rtol=0.05)
    np.testing.assert_allclose(means[0, 1] - means[0, 0], [5, 0], atol=0.4)
    np.testing.assert_allclose(covariances[0, 0], [[25, 0], [0, 9]], atol=0.8)
    assert "71% of the variance" in names[0]
    with pytest.raises(FigureError, match="one coordinate"):
        clusters.in_the_plane({**record, "points": points[:, :1]})
