"""tvem evaluate, and the evaluations of a sweep: trained models on other tasks.

usage: evaluate_test.py TVEM MPIEXEC [unittest arguments]
"""

import os
import subprocess
import unittest

import h5py
import numpy as np

from swept import SWEEP, TVEM, Folder, main, run


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
        table = run("report", out, "--latex").stdout
        self.assertEqual(table.count(r"\\"), 1 + len(self.errors(out)))
        self.assertIn(r"\begin{tabular}{lrrrrrrrr}", table)
        self.assertIn(r"\toprule", run("report", self.sweep, "--latex").stdout)
        for options in (("--csv", "--latex"), ("--csv", "--detail"), ("--latex", "--control")):
            run("report", out, *options, expect=2)
        self.assertIn("--detail is for a run or an evaluation", run("report", self.sweep, "--detail", expect=2).stderr)

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

    def looped(self):
        folder = self.path("looped")
        run("run", "--out", folder, "--model.layers", 2, "--model.width", 16, "--model.heads", 2, "--model.tied", "true",
            "--train.steps", 20, "--train.tasks_per_step", 8, "--eval.tasks", 16, "--eval.estimators", "transformer, em, bayes")
        return folder

    def test_other_loops_and_ranks_and_pruned_units(self):
        model, out = self.looped(), self.path("loops.h5")
        own = self.errors(os.path.join(model, "run.h5"))["transformer"]

        def errors(*keys):
            run("evaluate", "--model", model, "--out", out, *keys)
            found = self.errors(out)
            os.remove(out)
            return found

        for same in (("--eval.layers", 2), ("--eval.rank", 16), ("--eval.layers", 2, "--eval.rank", 100)):
            np.testing.assert_array_equal(errors(*same)["transformer"], own)
        for other in (("--eval.layers", 9), ("--eval.rank", 1), ("--eval.pruned", 0.9), ("--eval.pruned", 0.5, "--eval.pruned_units", "largest")):
            self.assertTrue((errors(*other)["transformer"] != own).any(), other)
        np.testing.assert_array_equal(errors("--eval.layers", 9)["em"], self.errors(os.path.join(model, "run.h5"))["em"])
        wrong = (("--eval.layers", 3, "is of looped models"), ("--eval.rank", -1, "eval.rank"), ("--eval.pruned", 1.5, "eval.pruned"),
                 ("--eval.reference", "lloyd", "is not among eval.estimators"))
        for key, value, sentence in wrong:
            done = run("evaluate", "--model", self.model(), "--out", out, key, value, expect=2)
            self.assertIn(sentence, done.stderr)
            self.assertFalse(os.path.exists(out))
        note = run("evaluate", "--model", model, "--out", out, "--eval.pruned_units", "largest").stdout
        self.assertIn("eval.pruned_units = largest has no effect without eval.pruned above 0", note)
        os.remove(out)
        note = run("evaluate", "--model", model, "--out", out, "--eval.rank", 1, "--eval.estimators", "em, bayes").stdout
        self.assertIn("eval.rank = 1 has no effect without an estimator that needs the model", note)
        os.remove(out)

    def test_loops_as_an_axis_of_a_sweep_one_training_and_baselines_once(self):
        folder = self.path("loops")
        config = self.write("loops.ini", SWEEP[:SWEEP.index("[sweep]")].replace("layers = 1\n", "layers = 2\ntied = true\n")
                            + "[sweep]\neval.layers = 1, 2, 5\n")
        self.assertIn("2 runs: 2 finished", run("sweep", "--config", config, "--out", folder).stdout)
        table, _ = self.collected(folder, "--per-task", "error")
        errors = table.error.sel(estimator="transformer")
        self.assertTrue((errors.sel(eval_layers=1) != errors.sel(eval_layers=5)).any())
        np.testing.assert_array_equal(table.error.sel(estimator="em", eval_layers=1), table.error.sel(estimator="em", eval_layers=5))

    def test_a_reference_brings_all_estimators_to_the_model(self):
        folder = self.path("reference")
        config = self.write("reference.ini", SWEEP[:SWEEP.index("[sweep]")].replace("trace = 2", "reference = transformer")
                            + "[sweep]\nrun.seed = 1, 2\n")
        self.assertIn("2 runs: 2 finished", run("sweep", "--config", config, "--out", folder).stdout)
        table, _ = self.collected(folder)
        means = table.disagreement_mean
        self.assertTrue((means.sel(estimator="transformer") == 0).all())
        self.assertTrue((means.sel(estimator=["em", "bayes"]) > 0).all())

    def test_a_reference_with_estimators_that_suit_some_cells_alone(self):
        base = SWEEP[:SWEEP.index("[sweep]")].replace("trace = 2", "reference = transformer") \
            .replace("em, em:restarts=3, bayes", "em:known=weights, bayes")
        axis = "[sweep]\nevaluate.task.weights = equal, dirichlet\n"
        config = self.write("some.ini", base + axis)
        done = run("sweep", "--config", config, "--out", self.path("some"))
        self.assertIn("1 run: 1 finished", done.stdout)
        self.assertIn("\"em:known=weights\" is left out of 1 of the 2 cells", done.stdout)
        config = self.write("lost.ini", base.replace("reference = transformer", "reference = em:known=weights") + axis)
        self.assertIn("known=weights is for task.weights = equal", run("sweep", "--config", config, "--out", self.path("lost"), expect=2).stderr)
        config = self.write("axis.ini", base.replace("reference = transformer", "") + "[sweep]\neval.reference = none, transformer, bayes\n")
        run("sweep", "--config", config, "--out", self.path("of_reference"))
        table, _ = self.collected(self.path("of_reference"))
        own = table.disagreement_mean.sel(eval_reference="bayes", estimator="bayes")
        self.assertEqual(float(own), 0)

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
            names = set(os.listdir(training)) - before
            self.assertEqual("checkpoint.h5.kept-1" in names, is_damaged)
            name, = (name for name in names if name.endswith(".h5"))
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

    @unittest.skipIf("ASAN_OPTIONS" in os.environ, "the sanitizer needs more address space than any limit leaves")
    def test_tasks_that_the_memory_is_too_small_for_exit_2_and_write_nothing(self):
        wide, out = self.path("wide"), self.path("too_large.h5")
        run("run", "--out", wide, "--model.layers", 1, "--model.width", 512, "--model.mlp_ratio", 1, "--train.steps", 1,
            "--train.tasks_per_step", 1, "--train.evaluate_every", 0, "--eval.tasks", 2, "--eval.estimators", "transformer")
        limited = ["sh", "-c", 'ulimit -v 600000; exec "$@"', "sh", TVEM]
        words = ["evaluate", "--model", wide, "--out", out, "--eval.tasks", "2", "--eval.estimators"]
        done = subprocess.run([*limited, *words, "transformer", "--task.points", "50..100000"], capture_output=True,
                              text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertRegex(done.stderr, r"task\.points: 100000 points: the Transformer takes 2\.\d\d GB of memory")
        self.assertFalse(os.path.exists(out))
        subprocess.run([*limited, *words, "em", "--task.points", "100000"], capture_output=True, timeout=300, check=True)


if __name__ == "__main__":
    main()
