"""tvem probe: a trained model's layers beside the iterations of algorithms, in a file that xarray reads.

usage: probe_test.py TVEM MPIEXEC [unittest arguments]
"""

import os

import numpy as np
import xarray

from swept import Folder, main, run

MODEL = ("--model.layers", 4, "--model.norm", "none", "--model.initial", "constructed", "--input.init", "random", "--input.frame", "none",
         "--train.steps", 0, "--task.scale", 3, "--eval.tasks", 40)


class Probe(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.path("model")
        run("run", "--out", cls.model, *MODEL, "--eval.estimators", "transformer, lloyd:start=given")

    def probed(self, *words, ranks=0):
        out = self.path("probe.h5")
        done = run("probe", "--model", self.model, "--out", out, "--fit-tasks", 50, "--iterations", 2, *words, ranks=ranks)
        with xarray.open_dataset(out, group="probe", engine="h5netcdf") as table:
            return table.load(), done.stdout

    def test_layers_and_iterations_with_names(self):
        table, text = self.probed()
        self.assertEqual(dict(table.sizes), {"layer": 5, "reading": 2, "algorithm": 3, "iteration": 3, "matrix": 24})
        self.assertEqual(list(table.algorithm.values), ["em:start=given", "lloyd:start=given", "gradient:start=given"])
        lloyd = table.disagreement_mean.sel(algorithm="lloyd:start=given", reading="readout")
        for iteration in (0, 1):
            self.assertLess(lloyd.sel(layer=2 * iteration + 2, iteration=iteration), 0.002)
        self.assertIn("layers.0.query", table.matrix.values)
        self.assertIn("nearest iteration", text)
        with xarray.open_dataset(os.path.join(self.model, "run.h5"), group="evaluation", engine="h5netcdf") as run_table:
            own = run_table.error.mean("task")
            self.assertAlmostEqual(float(table.error_mean.sel(layer=4, reading="readout")), float(own.sel(estimator="transformer")), 12)

    def test_on_any_ranks_the_same_bits(self):
        alone, _ = self.probed()
        for ranks in (2, 3):
            together, _ = self.probed(ranks=ranks)
            xarray.testing.assert_identical(together, alone)

    def test_of_other_tasks_and_algorithms(self):
        table, _ = self.probed("--algorithms", "em:start=given:known=all", "--task.points", 20, "--eval.tasks", 10)
        self.assertEqual(table.sizes["algorithm"], 1)
        self.assertEqual(table.attrs["tasks"], 10)
        self.assertTrue(np.isfinite(table.disagreement_mean).all())

    def test_wrong_input_is_a_sentence_and_nothing_is_written(self):
        out = self.path("wrong.h5")
        wrong = ((("--algorithms", "posterior"), "has no iterations"), (("--algorithms", "em:restarts=3"), "several starts"),
                 (("--algorithms", "emm"), "--algorithms"), (("--iterations", -1), "--iterations"), (("--iterations", "many"), "--iterations"),
                 (("--fit-tasks", 0), "--fit-tasks"),
                 (("--eval.trace", 3), "eval.trace is nothing that tvem probe reads"), (("--algorithms", "em, em"), "given twice"), (("--task.dim", 5), "5"), (("--model.width", 64), "was trained with"))
        for words, sentence in wrong:
            done = run("probe", "--model", self.model, "--out", out, *words, expect=2)
            self.assertIn(sentence, done.stderr)
            self.assertFalse(os.path.exists(out))
        self.assertIn("--model", run("probe", "--out", out, expect=2).stderr)
        self.assertIn("--out", run("probe", "--model", self.model, expect=2).stderr)
        run_file = os.path.join(self.model, "run.h5")
        self.assertIn(run_file, run("probe", "--model", self.model, "--out", run_file, expect=2).stderr)


if __name__ == "__main__":
    main()
