"""tvem collect and tvem evaluate: a sweep as one labelled array that xarray opens, and models on other tasks.

usage: collect_test.py TVEM MPIEXEC [unittest arguments]
"""

import csv
import io
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np
import xarray

TVEM, MPIEXEC = "", ""

SWEEP = """
[task]
components = 2
points = 20
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
tasks = 16
estimators = transformer, em, em:restarts=3, bayes
trace = 2
[sweep]
model.layers = 1, 2
task.separation = 1, 2.5
run.seed = 1..3
skip = model.layers = 2 and task.separation = 2.5 and run.seed = 3
"""


def run(*arguments, ranks=0, expect=0):
    command = [TVEM, *map(str, arguments)]
    if ranks:
        command = [MPIEXEC, "-n", str(ranks), *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != expect:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done


class Folder(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tvem-collect-")
        cls.config = cls.write("grid.ini", SWEEP)
        cls.sweep = cls.path("sweep")
        run("sweep", "--config", cls.config, "--out", cls.sweep)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def path(cls, *parts):
        return os.path.join(cls.folder, *parts)

    @classmethod
    def write(cls, name, text):
        with open(cls.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return cls.path(name)

    def collected(self, folder, *options):
        done = run("collect", folder, *options)
        table = xarray.open_dataset(os.path.join(folder, "sweep.h5"), engine="h5netcdf")
        self.addCleanup(table.close)
        return table, done.stdout


class Collect(Folder):
    def test_axes_are_dimensions_and_values_are_those_of_the_runs(self):
        table, out = self.collected(self.sweep)
        self.assertIn("layers 2 x separation 2 x seed 3, 12 cells, 1 cells_left_out, 11 cells_finished, 0 cells_not_finished", out)
        self.assertEqual(set(table.error_mean.dims), {"layers", "separation", "seed", "estimator"})
        self.assertEqual(table.layers.values.tolist(), [1, 2])
        self.assertEqual(table.separation.values.tolist(), [1.0, 2.5])
        self.assertEqual(table.seed.values.tolist(), [1, 2, 3])
        self.assertEqual(table.estimator.values.tolist(), ["transformer", "em", "em:restarts=3", "bayes"])
        one = table.sel(layers=2, separation=1, seed=3)
        with h5py.File(os.path.join(self.sweep, str(one.run_id.values), "run.h5")) as file:
            self.assertIn("layers = 2\n", file["config"].attrs["text"])
            error = file["evaluation/error"][0]
            self.assertAlmostEqual(float(one.sel(estimator="transformer").error_mean), error.mean(), 14)
            self.assertAlmostEqual(float(one.sel(estimator="transformer").error_standard_error),
                                   error.std(ddof=1) / 4, 14)
            self.assertAlmostEqual(float(one.training_error_mean), file["training/error_mean"][-2:].mean(), 14)
            self.assertEqual(float(one.training_seconds), file["state"].attrs["training_seconds"])
            curve = file["learning_curve/error_mean"][()]
            self.assertEqual(table.step.values.tolist(), [0, 6, 12])
            np.testing.assert_array_equal(one.learning_curve_error_mean, curve)
        self.assertEqual(float(one.learning_curve_seconds[-1]), float(one.training_seconds))
        self.assertEqual(float(one.tasks), 16)
        self.assertEqual(float(one.sel(estimator="em").status_count.sum()), 16)
        self.assertTrue(np.isnan(one.sel(estimator="transformer").trace_error_mean).all())
        self.assertEqual(float(one.sel(estimator="bayes").excess_error_mean), 0)
        self.assertEqual(float(one.sel(estimator="bayes").error_mean), float(one.bayes_error_mean))

    def test_cells_left_out_are_nan(self):
        table, _ = self.collected(self.sweep)
        is_missing = table.error_mean.isnull().all("estimator")
        self.assertEqual(int(is_missing.sum()), 1)
        self.assertTrue(bool(is_missing.sel(layers=2, separation=2.5, seed=3)))
        self.assertFalse(table.error_mean.isnull().where(~is_missing, False).any())

    def test_differences_are_paired_over_the_joined_files(self):
        table, _ = self.collected(self.sweep, "--per-task", "error, ari")
        self.assertEqual(table.error.sizes["task"], 16)
        difference = table.error - table.error.sel(estimator="transformer")
        np.testing.assert_allclose(table.error_difference_mean, difference.mean("task", skipna=False), atol=1e-15)
        np.testing.assert_allclose(table.error_difference_standard_error,
                                   difference.std("task", ddof=1, skipna=False) / 4, atol=1e-15)
        np.testing.assert_allclose(table.error_mean, table.error.mean("task", skipna=False), atol=1e-15)
        np.testing.assert_allclose(table.ari_mean, table.ari.mean("task", skipna=False), atol=1e-15)
        self.assertIn("none of error", run("collect", self.sweep, "--per-task", "errors", expect=2).stderr)

    def test_xarray_draws_it_by_name(self):
        import matplotlib
        matplotlib.use("Agg")
        table, _ = self.collected(self.sweep)
        mean = table.sel(layers=1, estimator="transformer").mean("seed").error_mean
        self.assertEqual(mean.dims, ("separation",))
        self.assertEqual(len(mean.plot()), 1)

    def test_h5dump_reads_it(self):
        self.collected(self.sweep)
        done = subprocess.run(["h5dump", "-d", "/error_mean", "-A", os.path.join(self.sweep, "sweep.h5")], capture_output=True,
                              text=True, timeout=60, check=True)
        self.assertIn("( 2, 2, 3, 4 )", done.stdout)
        for axis in ("/layers", "/separation", "/seed", "/estimator"):
            self.assertIn(axis, done.stdout)

    def test_runs_that_are_missing_are_nan_and_counted(self):
        part = self.path("part")
        for index in range(4):
            run("sweep", "--config", self.config, "--out", part, "--index", index, expect=0)
        table, out = self.collected(part)
        self.assertIn("2 cells_finished, 9 cells_not_finished", out)
        self.assertEqual(table.attrs["cells_not_finished"], 9)
        self.assertEqual(int(table.error_mean.sel(estimator="transformer").notnull().sum()), 2)
        self.assertEqual(int(table.error_mean.sel(estimator="em").notnull().sum()), 11)
        meanings = table.state.attrs["flag_meanings"].split()
        state = [meanings[int(value)] for value in table.state.values.ravel()]
        self.assertEqual((state.count("finished"), state.count("missing"), state.count("left_out")), (2, 9, 1))
        self.assertIn("9 cells_not_finished", run("report", part).stdout)
        run("status", part, expect=75)

    def test_a_damaged_run_is_warned_of_and_the_others_stay(self):
        damaged = self.path("damaged")
        shutil.copytree(self.sweep, damaged)
        table, _ = self.collected(damaged)
        victim = os.path.join(damaged, str(table.run_id.sel(layers=1, separation=1, seed=1).values), "run.h5")
        with open(victim, "r+b") as file:
            file.seek(3000)
            byte = file.read(1)
            file.seek(3000)
            file.write(bytes([byte[0] ^ 1]))
        table.close()
        table, out = self.collected(damaged)
        self.assertIn("warning: ", out)
        self.assertIn("run.h5", out)
        self.assertEqual(int(table.error_mean.sel(estimator="transformer").notnull().sum()), 10)
        self.assertIn("1 cells_not_finished", out)

    def test_results_of_several_versions_are_warned_of(self):
        mixed = self.path("mixed")
        shutil.copytree(self.sweep, mixed)
        table, out = self.collected(mixed)
        self.assertNotIn("versions", out)
        other = os.path.join(mixed, str(table.run_id.sel(layers=1, separation=1, seed=1).values), "run.h5")
        table.close()
        with h5py.File(other, "r+") as file:
            file["provenance/program_version"][-1] = "0.0.9"
        seal(other)
        _, out = self.collected(mixed)
        self.assertIn("warning: the results are of several versions of the program: 0.0.9", out)

    def test_report_of_the_sweep(self):
        table, _ = self.collected(self.sweep)
        text = run("report", self.sweep).stdout
        lines = [line.split() for line in text.splitlines()]
        header = next(i for i, line in enumerate(lines) if line[:2] == ["layers", "separation"])
        self.assertEqual(lines[header][2:], ["transformer", "s.d.", "n", "em", "em:restarts=3", "bayes"])
        row = lines[header + 1]
        mean = table.error_mean.sel(layers=1, separation=1)
        self.assertEqual(row[:2], ["1", "1"])
        self.assertAlmostEqual(float(row[2]), float(mean.sel(estimator="transformer").mean()), delta=6e-5)
        self.assertAlmostEqual(float(row[3]), float(mean.sel(estimator="transformer").std(ddof=1)), delta=6e-5)
        self.assertEqual(int(row[4]), 3)
        self.assertAlmostEqual(float(row[5]), float(mean.sel(estimator="em")[0]), delta=6e-5)
        self.assertEqual(lines[header + 4][4], "2")  # a seed is left out
        rows = list(csv.DictReader(io.StringIO(run("report", self.sweep, "--csv").stdout)))
        self.assertEqual(len(rows), 11 * 4)
        for row in rows:
            cell = table.sel(layers=int(row["layers"]), separation=float(row["separation"]), seed=int(row["seed"]),
                             estimator=row["estimator"])
            self.assertEqual(float(row["error_mean"]), float(cell.error_mean))
            self.assertEqual(row["run_id"], str(cell.run_id.values))
            self.assertEqual(row["state"], "finished")

    def test_joined_keys_and_keys_of_one_name(self):
        folder = self.path("joined")
        run("sweep", "--config", self.config, "--out", folder, "--sweep.model.layers & model.width", "1 & 8, 1 & 16",
            "--sweep.model.layers", "1", "--sweep.skip", "run.seed = 9", expect=2)  # a key on two axes
        config = self.write("joined.ini", SWEEP[:SWEEP.index("[sweep]")] +
                            "[sweep]\nmodel.layers & model.width = 1 & 8, 1 & 16\n"
                            "evaluate.task.noise & evaluate.task.points = gaussian & 20, student & 20, gaussian & 30\n"
                            "em.covariance & run.seed = shared & 1, full & 2\ntask.covariance = shared\n")
        run("sweep", "--config", config, "--out", folder)
        table, _ = self.collected(folder)
        self.assertEqual(dict(table.error_mean.sizes),
                         {"width": 2, "combination_2": 3, "em_covariance": 2, "task_covariance": 1, "estimator": 4})
        self.assertEqual(table.coords["layers"].dims, ("width",))
        self.assertEqual(table.coords["evaluate_points"].values.tolist(), [20, 20, 30])
        self.assertEqual(table.coords["evaluate_noise"].values.tolist(), ["gaussian", "student", "gaussian"])
        self.assertEqual(table.coords["seed"].dims, ("em_covariance",))
        self.assertFalse(table.error_mean.isnull().any())
        self.assertIn("evaluate_noise", run("report", folder).stdout)

    def test_seeds_are_an_axis_of_their_own_only_where_they_differ_alone(self):
        base = SWEEP[:SWEEP.index("[sweep]")]
        for number, (section, dims) in enumerate((
                ("run.seed & model.layers = 1 & 1, 2 & 1, 3 & 2\n", {"combination_1": 3}),
                ("run.seed & eval.seed = 1 & 5, 2 & 6\n", {"seed": 2}),
                ("eval.seed = 1, 2\n", {"eval_seed": 2}), ("eval.tasks = 8, 16\n", {"eval_tasks": 2}))):
            folder = self.path(f"seeds{number}")
            run("sweep", "--config", self.write("seeds.ini", base + "[sweep]\n" + section), "--out", folder)
            table, _ = self.collected(folder, "--per-task", "error")
            self.assertEqual(dict(table.error_mean.sizes), {**dims, "estimator": 4})
            self.assertFalse(table.error_mean.isnull().any())
            text = run("report", folder).stdout
            self.assertEqual("s.d." in text, "seed" in dims, text)
            self.assertEqual(len(text.splitlines()) - text.splitlines().index(""), 2 + (1 if "seed" in dims else sum(dims.values())))
        self.assertEqual(table.tasks.values.tolist(), [8, 16])

    def test_a_run_is_reported_with_the_baselines_of_its_own_terms(self):
        folder = self.path("terms")
        config = self.write("terms.ini", SWEEP[:SWEEP.index("[sweep]")] +
                            "[sweep]\nevaluate.task.points = 25, 20\nem.restarts = 4, 1\n")
        run("sweep", "--config", config, "--out", folder)
        training = next(name for name in os.listdir(folder) if name.startswith("run-"))
        table, _ = self.collected(folder)
        rows = {row["estimator"]: row for row in
                csv.DictReader(io.StringIO(run("report", os.path.join(folder, training), "--csv").stdout))}
        own = table.sel(evaluate_points=20, restarts=1)
        for name in ("transformer", "em"):
            self.assertEqual(float(rows[name]["error_mean"]), float(own.error_mean.sel(estimator=name)))
        self.assertEqual(float(rows["em"]["iterations_mean"]), float(own.iterations_mean.sel(estimator="em")))

    def test_damaged_evaluations_are_done_again(self):
        folder = self.path("redone")
        config = self.write("redone.ini", SWEEP[:SWEEP.index("[sweep]")] + "[sweep]\nevaluate.task.points = 20, 25\n")
        run("sweep", "--config", config, "--out", folder)
        table, _ = self.collected(folder)
        mean = table.error_mean.values
        table.close()
        files = [os.path.join(root, name) for root, _, names in os.walk(folder) for name in names if name.startswith("evaluation")]
        self.assertEqual(len(files), 3)
        os.truncate(files[0], 2000)
        os.truncate(files[1], 0)
        shutil.copy(files[2], files[0])  # whole, but another evaluation
        self.assertIn("warning", self.collected(folder)[1])
        run("status", folder, expect=75)
        run("sweep", "--config", config, "--out", folder)
        run("status", folder)
        table, out = self.collected(folder)
        self.assertNotIn("warning", out)
        np.testing.assert_array_equal(table.error_mean.values, mean)

    def test_nothing_else_is_written_over(self):
        precious = self.write("notes.txt", "data")
        victim = os.path.join(self.sweep, "sweep.ini")
        for out, words in ((precious, "has not written"), (victim, "has not written"), (self.path("no", "x.h5"), "not there"),
                           (self.folder, "has not written")):
            self.assertIn(words, run("collect", self.sweep, "--out", out, expect=2).stderr)
        with open(precious, encoding="utf-8") as file:
            self.assertEqual(file.read(), "data")
        run("status", self.sweep)

    def test_wrong_folders_exit_2(self):
        self.assertIn("no sweep", run("collect", self.folder, expect=2).stderr)
        self.assertIn("takes one DIR", run("collect", expect=2).stderr)
        self.assertIn("takes one DIR", run("collect", self.sweep, "--axis", "x", expect=2).stderr)


def seal(path):
    """Writes the digest of the content into the user block anew."""
    import hashlib
    with open(path, "r+b") as file:
        content = file.read()
        digest = hashlib.sha256(content[512:]).hexdigest()
        file.seek(0)
        file.write(f"tvem file\nsha256 {digest}\n".encode())


class Evaluate(Folder):
    def model(self):
        return os.path.join(self.sweep, sorted(name for name in os.listdir(self.sweep) if name.startswith("run-"))[0])

    def errors(self, path):
        with h5py.File(path) as file:
            return dict(zip([name.decode() for name in file["evaluation/estimator"][()]], file["evaluation/error"][()]))

    def test_on_its_own_tasks_the_errors_of_the_run(self):
        for ranks in (1, 2, 3):
            out = self.path(f"own{ranks}.h5")
            run("evaluate", "--model", self.model(), "--out", out, "--eval.estimators", "transformer, em, bayes", ranks=ranks)
            own = self.errors(os.path.join(self.model(), "run.h5"))
            found = self.errors(out)
            np.testing.assert_array_equal(found["transformer"], own["transformer"])
            if ranks > 1:
                np.testing.assert_array_equal(found["em"], self.errors(self.path("own1.h5"))["em"])

    def test_on_other_tasks_without_training(self):
        out = self.path("shifted.h5")
        stamp = os.stat(os.path.join(self.model(), "checkpoint.h5")).st_mtime_ns
        words = ("evaluate", "--model", self.model(), "--out", out, "--task.points", 40, "--task.noise", "student")
        self.assertIn("transformer", run(*words).stdout)
        with h5py.File(out) as file:
            self.assertEqual(set(file["evaluation/points"][()]), {40})
            self.assertIn("points = 40\n", file["config"].attrs["text"])
            self.assertIn("points = 20\n", file["model"].attrs["config"])
            self.assertEqual(file["model"].attrs["run_id"], os.path.basename(self.model()))
        self.assertEqual(os.stat(os.path.join(self.model(), "checkpoint.h5")).st_mtime_ns, stamp)
        self.assertIn("this evaluation is in", run(*words).stdout)
        self.assertIn("another evaluation", run(*words[:-2], expect=2).stderr)
        self.assertIn("transformer", run("report", out).stdout)
        self.assertIn("transformer", run("report", out, "--csv").stdout)

    def test_as_an_axis_of_a_sweep_the_same_bits_and_one_training(self):
        folder = self.path("axis")
        config = self.write("axis.ini", SWEEP[:SWEEP.index("[sweep]")] + "[sweep]\nevaluate.task.points = 20, 40\n")
        done = run("sweep", "--config", config, "--out", folder, ranks=2)
        self.assertIn("3 runs: 3 finished", done.stdout)
        training = next(name for name in os.listdir(folder) if name.startswith("run-"))
        out = self.path("axis.h5")
        run("evaluate", "--model", os.path.join(folder, training), "--out", out, "--task.points", 40,
            "--eval.estimators", "transformer, em")
        table, _ = self.collected(folder, "--per-task", "error")
        for name, error in self.errors(out).items():
            np.testing.assert_array_equal(table.error.sel(evaluate_points=40, estimator=name), error)
        self.assertIn("0 done now", run("sweep", "--config", config, "--out", folder).stdout)

    def test_of_a_training_that_is_not_finished_is_another_evaluation(self):
        words = ("run", "--out", self.path("half"), "--model.layers", 1, "--model.width", 16, "--model.heads", 2, "--train.steps", 3000, "--train.tasks_per_step", 16,
                 "--eval.tasks", 8, "--eval.estimators", "transformer")
        evaluate = ("evaluate", "--model", self.path("half"), "--out", self.path("half.h5"), "--task.points", 25)
        run(*words, "--max-minutes", 0.003, expect=75)
        self.assertIn("of 3000 training steps", run(*evaluate).stdout)
        self.assertIn("this evaluation is in", run(*evaluate).stdout)
        run(*words)
        self.assertIn("another evaluation", run(*evaluate, expect=2).stderr)

    def test_as_an_axis_of_a_sweep_never_of_a_model_that_is_not_finished(self):
        base = SWEEP[:SWEEP.index("[sweep]")].replace("[train]\n", "[train]\ncheckpoint_every = 5\n")
        first, more, third = (self.write(name + ".ini", f"{base}[sweep]\nevaluate.task.points = 20, {points}\n")
                              for name, points in (("first", "30"), ("more", "30, 40"), ("third", "60")))
        evaluations = []
        for is_damaged in (False, True):
            folder = self.path(f"damaged{is_damaged}")
            run("sweep", "--config", first, "--out", folder)
            training = os.path.join(folder, next(name for name in os.listdir(folder) if name.startswith("run-")))
            if is_damaged:  # the checkpoint before is of an earlier step
                with open(os.path.join(training, "checkpoint.h5"), "r+b") as file:
                    file.seek(5000)
                    file.write(b"damage")
            before = set(os.listdir(training))
            text = run("sweep", "--config", more, "--out", folder).stdout
            self.assertEqual("checkpoint.h5 is damaged" in text, is_damaged, text)
            name, = set(os.listdir(training)) - before
            with h5py.File(os.path.join(training, name)) as file:
                self.assertEqual(file["model"].attrs["steps_done"], 12)
            evaluations.append(self.errors(os.path.join(training, name)))
        for name, error in evaluations[0].items():
            np.testing.assert_array_equal(error, evaluations[1][name])
        # Without any checkpoint the results stay, and what needs the model fails.
        stamp = os.stat(os.path.join(training, "run.h5")).st_mtime_ns
        for name in ("checkpoint.h5", "checkpoint.previous.h5"):
            os.remove(os.path.join(training, name))
        self.assertIn("no checkpoint to evaluate anew", run("sweep", "--config", third, "--out", folder, expect=1).stdout)
        run("sweep", "--config", first, "--out", folder)
        plain = self.write("plain.ini", base)
        self.assertIn("no checkpoint to evaluate anew", run("run", "--config", plain, "--out", training, "--eval.tasks", 20, expect=2).stderr)
        self.assertEqual(os.stat(os.path.join(training, "run.h5")).st_mtime_ns, stamp)

    def test_baselines_alone_need_no_model(self):
        out = self.path("baselines.h5")
        run("evaluate", "--config", self.write("base.ini", SWEEP[:SWEEP.index("[sweep]")]), "--out", out,
            "--eval.estimators", "em, bayes")
        with h5py.File(out) as file:
            self.assertNotIn("model", file)
        self.assertIn("baselines", run("report", out).stdout)

    def test_wrong_requests_exit_2_and_write_nothing(self):
        out = self.path("never.h5")
        model = ("--model", self.model())
        for options, words in (((*model, "--task.dim", 3), "at most 2 coordinates"),
                               ((*model, "--task.components", 3), "made for 2 components"),
                               ((*model, "--model.layers", 3), "the model was trained with"),
                               ((*model, "--input.init", "random"), "takes no initial guess"),
                               ((*model, "--task.point", 3), "nearest known one is task.points"),
                               ((*model, "--config", self.config), "configuration of its training"),
                               ((), "needs a model"), (("--model", self.folder), "no checkpoint.h5")):
            self.assertIn(words, run("evaluate", "--out", out, *options, expect=2).stderr)
            self.assertFalse(os.path.exists(out))
        self.assertIn("--out FILE is missing", run("evaluate", *model, expect=2).stderr)
        precious = self.write("precious.h5", "data")
        self.assertIn("has not written", run("evaluate", *model, "--out", precious, expect=2).stderr)
        with open(precious, encoding="utf-8") as file:
            self.assertEqual(file.read(), "data")


if __name__ == "__main__":
    TVEM, MPIEXEC = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
