"""tvem tasks, and evaluations on tasks from a file.

usage: tasks_test.py TVEM MPIEXEC [unittest arguments]
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "experiments", "python"))
# pylint: disable=wrong-import-position
import h5py
import numpy as np
import tvem
import xarray

from swept import Folder, main, run

# Every size differs between tasks; one family has matrices for covariances, one heavy tails, one outliers.
FAMILIES = """
[task]
dim = 1..3
components = 2..4
points = 20..30
[family.full]
task.covariance = full
[family.tails]
task.noise = student
[family.outliers]
task.outliers = 0.1
[family.laplace]
task.noise = laplace
[eval]
tasks = 48
[input]
init = spectral
"""
MIXED = ("--task.family", "full, tails, outliers, laplace")
ESTIMATORS = "em, em:restarts=40:covariance=full, em:start=given, bayes, chance, lloyd:restarts=3"


class Tasks(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.families = cls.write("families.ini", FAMILIES)
        cls.tasks = cls.path("tasks.h5")
        run("tasks", "--config", cls.families, *MIXED, "--out", cls.tasks)

    def assert_same_evaluation(self, first, second):
        with h5py.File(first) as one, h5py.File(second) as other:
            names = [name for name in one["evaluation"] if not name.startswith("seconds")]
            self.assertGreater(len(names), 30)
            for name in names:
                np.testing.assert_array_equal(one["evaluation"][name][()], other["evaluation"][name][()], name)

    def evaluated_on(self, tasks, *words, ranks=0):
        out = self.path(f"on{len(os.listdir(self.folder))}.h5")
        run("evaluate", "--tasks", tasks, "--out", out, "--eval.estimators", ESTIMATORS, *words, ranks=ranks)
        return out

    def test_evaluated_the_same_bits_as_drawn(self):
        drawn = self.path("drawn.h5")
        run("evaluate", "--config", self.families, *MIXED, "--eval.estimators", ESTIMATORS, "--out", drawn)
        for ranks in (1, 2, 3, 4):
            self.assert_same_evaluation(drawn, self.evaluated_on(self.tasks, ranks=ranks))
        few = self.evaluated_on(self.tasks, "--eval.tasks", 8)
        with h5py.File(drawn) as all_of_them, h5py.File(few) as first:
            np.testing.assert_array_equal(
                first["evaluation/error"][()], all_of_them["evaluation/error"][:, :8])
            self.assertEqual(first["tasks_file"].attrs["path"], self.tasks)

    def test_a_model_on_tasks_from_a_file(self):
        model = os.path.join(self.sweep, sorted(name for name in os.listdir(self.sweep) if name.startswith("run-"))[0])
        tasks = self.path("of-model.h5")
        run("tasks", "--model", model, "--out", tasks)
        out = self.path("model.h5")
        self.assertIn("on the tasks of", run("evaluate", "--model", model, "--tasks", tasks, "--out", out).stdout)
        with h5py.File(out) as found, h5py.File(os.path.join(model, "run.h5")) as own:
            for name in ("error", "log_likelihood"):
                np.testing.assert_array_equal(found["evaluation"][name][0], own["evaluation"][name][0])

    def test_the_tasks_of_training_steps(self):
        out = self.path("steps.h5")
        run("tasks", "--config", self.config.replace("grid", "plain"), "--out", out, "--steps", "2..3", expect=2)
        plain = self.write("plain.ini", FAMILIES + "[train]\ntasks_per_step = 5\n")
        self.assertIn("10 training tasks", run("tasks", "--config", plain, "--out", out, "--steps", "2..3").stdout)
        tasks = tvem.read_tasks(out)
        self.assertEqual([task.id for task in tasks], list(range(10, 20)))
        one = self.path("one.h5")
        run("tasks", "--config", plain, "--out", one, "--steps", "3")
        np.testing.assert_array_equal(tvem.read_tasks(one)[0].points, tasks[5].points)
        self.assertIn("--steps 3..2", run("tasks", "--config", plain, "--out", one, "--steps", "3..2", expect=2).stderr)

    def test_the_file_has_the_mixtures_that_the_points_are_of(self):
        tasks = tvem.read_tasks(self.tasks)
        self.assertEqual({task.points.shape[1] for task in tasks}, {1, 2, 3})
        outliers = [task for task in tasks if (task.labels < 0).any()]
        self.assertGreater(len(outliers), 5)
        self.assertTrue(any(not np.isnan(task.mixture.degrees) for task in tasks))
        self.assertTrue(any(np.ptp(np.linalg.eigvalsh(task.mixture.matrices[0])) > 1e-3
                            for task in tasks if task.points.shape[1] > 1))
        for task in tasks:
            centred = [task.points[task.labels == j] - mean for j, mean in enumerate(task.mixture.means)]
            scaled = [points @ np.linalg.inv(np.linalg.cholesky(matrix)).T
                      for points, matrix in zip(centred, task.mixture.matrices)]
            self.assertLess(np.mean(np.concatenate(scaled) ** 2), 4)
            self.assertEqual(len(task.guess), len(task.points))

    def test_blind_has_no_truth_and_xarray_reads_it(self):
        blind = self.path("blind.h5")
        run("tasks", "--config", self.families, *MIXED, "--out", blind, "--blind")
        with h5py.File(blind) as file:
            self.assertEqual(set(file["tasks"]), {"task", "boundary", "point", "coordinate", "component", "offset",
                                                  "components", "dim", "points", "guess"})
        with xarray.open_dataset(self.tasks, group="tasks", engine="h5netcdf") as table:
            self.assertEqual(table["points"].dims, ("point", "coordinate"))
            self.assertEqual(table["mean"].dims, ("task", "component", "coordinate"))
            self.assertEqual(table.sizes["boundary"], 49)
        out = self.path("blind-evaluated.h5")
        said = run("evaluate", "--tasks", blind, "--out", out, "--eval.estimators", ESTIMATORS, expect=2).stderr
        self.assertIn('"bayes" needs the true mixtures, which the file of --tasks does not have', said)
        shared = self.path("shared-blind.h5")
        run("tasks", "--eval.tasks", 4, "--out", shared, "--blind")
        self.assertIn("needs the true mixtures", run("evaluate", "--tasks", shared, "--out", out, "--eval.estimators",
                                                     "em:known=variance", expect=2).stderr)
        run("evaluate", "--tasks", blind, "--out", out, "--eval.estimators", "em, lloyd", "--eval.reference", "lloyd")
        with h5py.File(out) as file:
            self.assertTrue(np.isnan(file["evaluation/error"][()]).all())
            disagreement = file["evaluation/disagreement"][()]
            self.assertTrue((disagreement[1] == 0).all() and (disagreement[0] > 0).any())

    def test_tasks_of_a_users_own(self):
        random = np.random.default_rng(1)
        own = self.path("own.h5")
        tasks = []
        for place in range(6):
            labels = random.integers(0, 2, 30 + place)
            mixture = tvem.Mixture(np.array([0.5, 0.5]), np.array([[-3.0, 0], [3, 0]]), np.ones(2))
            points = mixture.means[labels] + random.normal(size=(len(labels), 2))
            tasks.append(tvem.Task(place, points, 2, labels, (labels + 1) % 2, mixture))
        tvem.write_tasks(own, tasks)
        out = self.path("own-evaluated.h5")
        words = ("evaluate", "--tasks", own, "--out", out, "--eval.estimators")
        run(*words, "lloyd:start=given, bayes, em:covariance=full")
        with h5py.File(out) as file:
            self.assertLess(file["evaluation/error"][()].mean(), 0.01)
            self.assertEqual(file["evaluation/points"][()].tolist(), [30, 31, 32, 33, 34, 35])
        for estimator, problem in (("posterior", "needs the prior"), ("em:known=variance", "needs the prior")):
            self.assertIn(problem, run(*words, estimator, expect=2).stderr)
        for key, problem in (("--task.dim=3", "task.dim = 3: the tasks are those of --tasks, with 2"),
                             ("--eval.tasks=7", "eval.tasks = 7: the file of --tasks has 6"),
                             ("--eval.seed=9", "eval.seed = 9")):
            self.assertIn(problem, run(*words, "em", key, expect=2).stderr)
        without = [tvem.Task(task.id, task.points, 2) for task in tasks]
        tvem.write_tasks(own, without)
        out = self.path("own-without.h5")
        said = run("evaluate", "--tasks", own, "--out", out, "--eval.estimators", "em", "--input.init", "corrupted",
                   expect=2).stderr
        self.assertIn("input.init = corrupted needs labels", said)
        run("evaluate", "--tasks", own, "--out", out, "--eval.estimators", "em, lloyd")

    def damaged(self, change):
        """What is said of a file in which `change` has changed the group of tasks."""
        path = self.path("damaged.h5")
        with h5py.File(path, "w") as file:
            file["offset"] = np.array([0, 4, 9])
            file["components"] = np.array([2, 3])
            file["points"] = np.arange(18.0).reshape(9, 2)
            file["label"] = np.array([0, 1, 0, 1, 0, 1, 2, 0, 1])
            change(file)
        done = run("evaluate", "--tasks", path, "--out", self.path("none.h5"), "--eval.estimators", "lloyd", expect=2)
        self.assertFalse(os.path.exists(self.path("none.h5")))
        return done.stderr

    def test_each_way_to_be_wrong_has_its_sentence(self):
        def put(name, values):
            def change(file):
                del file[name]
                if values is not None:
                    file[name] = values
            return change

        def mixture(**arrays):
            def change(file):
                file["weight"] = np.full((2, 3), [0.5, 0.5, 0])
                file["mean"] = np.zeros((2, 3, 2))
                file["variance"] = np.ones((2, 3))
                for name, values in arrays.items():
                    del file[name]
                    if values is not None:
                        file[name] = values
            return change

        points = np.arange(18.0).reshape(9, 2)
        points[5, 1] = np.nan
        for change, sentence in (
            (put("points", None), "there is no dataset points"),
            (put("offset", None), "there is no dataset offset"),
            (put("components", None), "there is no dataset components"),
            (put("points", np.arange(9.0)), "points is of 9, and should be of any number x any number"),
            (put("points", points), "points[5, 1], of task 1, is nan: not a finite number"),
            (put("offset", np.array([0.0, 4, 9])), "offset is values of another kind, and should be integers"),
            (put("offset", np.array([0, 4, 8])), "offset goes from 0 to 8, and goes from 0 to the 9 points"),
            (put("offset", np.array([0, 12, 9])), "task 1 has points = -3, and should have 2 to 100000"),
            (put("components", np.array([2])), "components is of 1, and should be of 2"),
            (put("components", np.array([2, 99])), "task 1 has components = 99, and should have 2 to 64"),
            (put("label", np.array([0, 1, 2, 1, 0, 1, 2, 0, 1])), "label[2], of task 0, is 2, and is one of -1 to 1"),
            (put("label", np.array([-1, -1, -1, -1, 0, 1, 2, 0, 1])), "task 0 has outliers alone"),
            (mixture(weight=np.ones((2, 3))), "the mixture of task 0 has weights that are negative, or not of the sum"),
            (mixture(mean=np.zeros((2, 2, 2))), "mean is of 2 x 2 x 2, and should be of 2 x 3 x 2"),
            (mixture(mean=None), "there is no dataset mean"),
            (mixture(variance=None), "a mixture has a variance, or a covariance, and the file has neither"),
            (mixture(variance=np.zeros((2, 3))), "a variance that is not positive"),
        ):
            with self.subTest(sentence=sentence):
                self.assertIn(sentence, self.damaged(change))
        self.assertIn("there is no such file", run("evaluate", "--tasks", "/nowhere.h5", "--out", self.path("none.h5"),
                                                   "--eval.estimators", "em", expect=2).stderr)
        text = self.write("text.h5", "no HDF5")
        said = run("evaluate", "--tasks", text, "--out", self.path("none.h5"), "--eval.estimators", "em", expect=2).stderr
        self.assertIn(f"--tasks {text}: this is no file of tasks", said)
        changed = self.path("changed.h5")
        with open(self.tasks, "rb") as file:
            content = bytearray(file.read())
        content[len(content) // 2] ^= 1
        with open(changed, "wb") as file:
            file.write(content)
        self.assertIn("damaged", run("evaluate", "--tasks", changed, "--out", self.path("none.h5"),
                                     "--eval.estimators", "em", expect=2).stderr)

    def test_a_family_of_another_program_says_nothing(self):
        path = self.path("family.h5")
        with h5py.File(path, "w") as file:
            file["offset"], file["components"], file["points"] = [0, 4, 9], [2, 3], np.arange(18.0).reshape(9, 2)
            file["label"], file["family"] = [0, 1, 0, 1, 0, 1, 2, 0, 1], [1000000, -3]
        out = self.path("family-evaluated.h5")
        run("evaluate", "--tasks", path, "--out", out, "--eval.estimators", "lloyd")
        with h5py.File(out) as file:
            self.assertEqual(file["evaluation/family"][()].tolist(), [0, 0])
        self.assertIn("these are from a file", run("report", out, "--control", expect=2).stderr)

    def test_a_model_without_a_guess_on_tasks_that_have_one(self):
        model = os.path.join(self.sweep, sorted(name for name in os.listdir(self.sweep) if name.startswith("run-"))[0])
        tasks = self.path("with-guess.h5")
        run("tasks", "--model", model, "--out", tasks, "--input.init", "random")
        run("evaluate", "--model", model, "--tasks", tasks, "--out", self.path("no-guess.h5"))

    def test_a_guess_of_a_file_is_for_its_tasks_alone(self):
        said = run("run", "--input.init", "given", "--out", self.path("given"), expect=2).stderr
        self.assertIn("it is for tvem evaluate --tasks", said)


if __name__ == "__main__":
    main()
