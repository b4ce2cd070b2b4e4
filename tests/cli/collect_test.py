"""tvem collect: a sweep as one labelled array that xarray opens.

usage: collect_test.py TVEM MPIEXEC [unittest arguments]
"""

import csv
import io
import os
import shutil
import subprocess

import h5py
import numpy as np

import our_files
from swept import SWEEP, Folder, main, run


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

    def test_differences_over_trainings_by_analysis_of_variance(self):
        table, _ = self.collected(self.sweep, "--per-task", "error")
        difference = (table.error - table.error.sel(estimator="transformer")).sel(layers=1)
        s, t = difference.sizes["seed"], difference.sizes["task"]
        self.assertEqual((s, t), (3, 16))
        mean, of_seeds, of_tasks = difference.mean(("seed", "task")), difference.mean("task"), difference.mean("seed")
        rest = ((difference - of_seeds - of_tasks + mean) ** 2).sum(("seed", "task")) / ((s - 1) * (t - 1))
        tasks = (s * of_tasks.var("task", ddof=1) - rest).clip(min=0)
        error = np.sqrt((t * of_seeds.var("seed", ddof=1) + tasks) / (s * t))
        found = table.sel(layers=1)
        self.assertEqual(found.error_difference_of_trainings_mean.dims, ("separation", "estimator"))
        np.testing.assert_allclose(found.error_difference_of_trainings_mean, mean.transpose("separation", "estimator"), atol=1e-14)
        np.testing.assert_allclose(found.error_difference_of_trainings_standard_error,
                                   error.transpose("separation", "estimator"), atol=1e-13)
        self.assertTrue((found.error_difference_of_trainings_count == 3).all())
        self.assertTrue((table.sel(layers=2, separation=2.5).error_difference_of_trainings_count == 2).all())
        text = run("report", self.sweep).stdout
        self.assertIn("over tasks and n trainings", text)
        self.assertRegex(text, r"(?m)^2 +2.5 +em +[+-]\S+ \[\S+, \S+\]  2$")

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

        def age(file):
            file["provenance/program_version"][-1] = "0.0.9"
        our_files.change(other, age)
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
                           (self.folder, "is not a file")):
            self.assertIn(words, run("collect", self.sweep, "--out", out, expect=2).stderr)
        with open(precious, encoding="utf-8") as file:
            self.assertEqual(file.read(), "data")
        run("status", self.sweep)

    def test_wrong_folders_exit_2(self):
        self.assertIn("no sweep", run("collect", self.folder, expect=2).stderr)
        self.assertIn('"tvem collect" is not understood; usage: tvem collect DIR', run("collect", expect=2).stderr)
        self.assertIn("usage: tvem collect DIR", run("collect", self.sweep, "--axis", "x", expect=2).stderr)


if __name__ == "__main__":
    main()
