"""The package tvem on files that the program has written."""

import subprocess
import sys

import numpy as np
import pytest
import tvem
from conftest import PACKAGE
from tvem.results import configuration


def test_imports_without_torch_and_matplotlib():
    code = (
        "import sys; sys.modules['torch'] = sys.modules['matplotlib'] = None; import tvem; tvem.load_model; "
        "print(sorted(tvem.__all__) == tvem.__all__)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "True"


def test_a_run(results):
    run = tvem.open_run(results / "run")
    assert set(run) == {"training", "learning_curve", "evaluation"}
    assert run["training"].loss_mean.sizes["step"] == 12
    evaluation = tvem.open_evaluation(results / "run")
    assert list(evaluation.estimator.values) == ["transformer", "em", "bayes"]
    assert evaluation.error.dims == ("estimator", "task")
    assert evaluation.attrs["file_type"] == "tvem run"
    assert configuration(evaluation)["task"]["points"] == "20..25"


def test_a_sweep(results):
    sweep = tvem.open_sweep(results / "sweep")
    assert set(sweep.error_mean.dims) == {"layers", "seed", "estimator"}
    assert np.isfinite(sweep.error_mean.sel(estimator="transformer")).all()


@pytest.mark.parametrize("opened", [tvem.open_run, tvem.open_evaluation, tvem.open_sweep])
def test_what_is_not_there_says_so(opened, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no .*; tvem "):
        opened(tmp_path)


def test_paired_differences_are_those_of_the_report(results, run_tvem):
    evaluation = tvem.open_evaluation(results / "run")
    difference = tvem.paired_difference(evaluation, "em", "transformer")
    rows = evaluation.error.sel(estimator="em") - evaluation.error.sel(estimator="transformer")
    assert difference.mean == pytest.approx(float(rows.mean()))
    assert difference.standard_error == pytest.approx(float(rows.std(ddof=1)) / np.sqrt(12))
    assert difference.low < difference.mean < difference.high
    line = next(line for line in run_tvem("report", results / "run").splitlines() if line.startswith("em "))
    assert f"{difference.mean:+.4f}" in line
    with pytest.raises(ValueError, match="no estimator lloyd; there are transformer, em, bayes"):
        tvem.paired_difference(evaluation, "lloyd", "em")


def test_the_model_in_numpy_has_the_errors_of_the_program(results):
    model = tvem.load_model(results / "run")
    errors = tvem.open_evaluation(results / "run").error.sel(estimator="transformer").values
    tasks = tvem.read_tasks(results / "tasks.h5")
    assert len(tasks) == len(errors) == 12
    for task, error in zip(tasks, errors):
        labels = model.labels(task.points, task.components, task.guess)
        assert set(labels) <= set(range(task.components))
        assert misclustering(task.labels, labels, task.components) == pytest.approx(error)
        probabilities = model.probabilities(task.points, task.components, task.guess)
        assert probabilities.sum(1) == pytest.approx(1)
        assert (probabilities.argmax(1) == labels).all()
    with pytest.raises(ValueError, match="the model takes a guess"):
        model.labels(tasks[0].points, 2)
    with pytest.raises(ValueError, match="give k"):
        model(tasks[0].points, guess=tasks[0].guess)
    for k in (1, 4):
        with pytest.raises(ValueError, match="the model serves 2 to 3 components"):
            model(tasks[0].points, k, tasks[0].guess)
    with pytest.raises(ValueError, match="d of at most 2"):
        model(np.zeros((5, 3)), 2, np.zeros(5, int))


def misclustering(truth, labels, k):
    from itertools import permutations

    return min(np.mean(np.array(names)[labels] != truth) for names in permutations(range(k)))


def test_tasks_read_one_by_one_or_all(results):
    with tvem.TasksFile(results / "tasks.h5") as tasks:
        assert len(tasks) == 12
        assert tasks.n_points == sum(len(task.points) for task in tasks)
        last = tasks[11]
        assert last.random().integers(1 << 30) == tasks[11].random().integers(1 << 30)
        with pytest.raises(IndexError, match="the file has the tasks 0 to 11"):
            tasks[12]
    for task in tvem.read_tasks(results / "tasks.h5"):
        assert task.mixture.means.shape == (task.components, task.points.shape[1])
        assert task.mixture.weights.sum() == pytest.approx(1)
        assert task.mixture.matrices.shape == (task.components, task.points.shape[1], task.points.shape[1])


@pytest.mark.parametrize("has_matrices", [False, True])
def test_tasks_written_are_tasks_read(tmp_path, has_matrices):
    random = np.random.default_rng(3)
    tasks = []
    for place, (n, d, k) in enumerate([(7, 2, 2), (5, 1, 3), (9, 3, 2)]):
        spread = np.stack([(j + 1) * np.eye(d) for j in range(k)]) if has_matrices else np.arange(1.0, k + 1)
        mixture = tvem.Mixture(np.full(k, 1 / k), random.normal(size=(k, d)), spread, 5.0 if place == 1 else np.nan)
        labels = random.integers(0, k, n)
        tasks.append(tvem.Task(place, random.normal(size=(n, d)), k, labels, labels[::-1], mixture))
    tvem.write_tasks(tmp_path / "own.h5", tasks)
    for written, read in zip(tasks, tvem.read_tasks(tmp_path / "own.h5")):
        np.testing.assert_array_equal(read.points, written.points)
        np.testing.assert_array_equal(read.labels, written.labels)
        np.testing.assert_array_equal(read.guess, written.guess)
        np.testing.assert_array_equal(read.mixture.means, written.mixture.means)
        np.testing.assert_array_equal(read.mixture.matrices, written.mixture.matrices)
        np.testing.assert_equal(read.mixture.degrees, written.mixture.degrees)
    with pytest.raises(ValueError, match="there are no tasks"):
        tvem.write_tasks(tmp_path / "none.h5", [])


@pytest.mark.parametrize(
    "labels, sentence",
    [
        (np.array([0, 1, 0]), "labels are not 4 integers"),
        (np.array([0.5, 1, 0, 1]), "labels are not 4 integers"),
        (np.array([0, 1, 0, 256]), "labels from 0 to 256; they are from -1 to k - 1"),
    ],
)
def test_labels_that_are_none_are_refused(tmp_path, labels, sentence):
    with pytest.raises(ValueError, match=sentence):
        tvem.write_tasks(tmp_path / "wrong.h5", [tvem.Task(0, np.zeros((4, 2)), 2, labels)])
    assert not (tmp_path / "wrong.h5").exists()


def test_a_mixture_has_its_shapes_and_labels():
    with pytest.raises(ValueError, match="give k variances, or k x d x d"):
        tvem.Mixture([0.5, 0.5], np.zeros((2, 3)), np.ones((2, 3)))
    mixture = tvem.Mixture([0.9, 0.1], [[-1.0, 0], [1, 0]], [1, 1])
    assert mixture.labels(np.array([[-2.0, 5], [0.5, 0], [3, 0]])).tolist() == [0, 0, 1]


def test_a_task_is_its_own(results):
    with tvem.TasksFile(results / "tasks.h5") as tasks:
        first = tasks[0].points.copy()
        tasks[0].points[:] = 0
        np.testing.assert_array_equal(tasks[0].points, first)


def test_an_estimator_answers(results, tmp_path):
    from tvem.estimators import answer

    with pytest.raises(ValueError, match="labels of the shape"):
        answer(lambda task: task.guess[1:], results / "tasks.h5", tmp_path / "short.h5")

    @tvem.estimator("guess")
    def guess(task):
        return task.guess

    assert guess(tvem.read_tasks(results / "tasks.h5")[0]) is not None  # in a module nothing is started


def test_a_script_without_words_says_what_to_do(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text("import tvem\n@tvem.estimator('mine')\ndef mine(task):\n    return None\n")
    done = subprocess.run([sys.executable, script], cwd=PACKAGE, env={"PYTHONPATH": str(PACKAGE)}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "external:mine=python3" in done.stderr
