"""The figures' configurations, sweeps and plots, in a reduced form.

usage: figures_test.py TVEM SOURCE_FOLDER [unittest arguments]
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np

TVEM, SOURCE = "", ""
REDUCED = ("--train.steps", "20", "--train.tasks_per_step", "8", "--train.evaluate_every", "0", "--eval.tasks", "24",
           "--sweep.run.seed", "1, 2")


def figure_names():
    """Those of figures.sh."""
    with open(os.path.join(SOURCE, "experiments", "figures.sh"), encoding="utf-8") as file:
        line = next(line for line in file if line.startswith("all=("))
    return line[len("all=("):].rstrip(")\n").split()


class Figures(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tvem-figures-")
        self.addCleanup(shutil.rmtree, self.folder)

    def figures(self, *words, expect=0):
        done = subprocess.run(["bash", os.path.join(SOURCE, "experiments", "figures.sh"), "--out", self.folder, *words],
                              env={**os.environ, "TVEM": TVEM}, capture_output=True, text=True, timeout=500, check=False)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def check(self, *names):
        for name in names:
            with open(os.path.join(self.folder, name + ".png"), "rb") as file:
                self.assertTrue(file.read(8).startswith(b"\x89PNG"))
            with open(os.path.join(self.folder, name + ".pdf"), "rb") as file:
                self.assertTrue(file.read(4).startswith(b"%PDF"))
            self.assertGreater(os.stat(os.path.join(self.folder, name + ".png")).st_size, 20_000)
            for table in ("table.txt", "table.csv", "sweep.h5"):
                self.assertGreater(os.stat(os.path.join(self.folder, name, table)).st_size, 0)

    def test_every_configuration_has_a_laptop_size_and_a_full_size(self):
        names = figure_names()
        self.assertEqual(len(names), 14)
        for name in names:
            sizes = []
            for preset in ((), ("--preset", "full")):
                done = subprocess.run([TVEM, "sweep", "--list", "--config",
                                       os.path.join(SOURCE, "experiments", "configs", name + ".ini"), *preset],
                                      capture_output=True, text=True, timeout=60, check=True)
                sizes.append(len(done.stdout.splitlines()))
            self.assertGreater(sizes[1], sizes[0], name)
            self.assertGreater(sizes[0], 2, name)

    def test_layers_and_separation(self):
        skip = ("--sweep.skip", "run.seed > 1 and run.seed > 2")
        of_separation = (*REDUCED, "--sweep.task.separation", "2, 4", *skip)
        self.figures("layers", "--", *REDUCED, *skip)
        self.figures("separation", "--", *of_separation)
        self.check("layers", "separation")
        before = {path: os.stat(path).st_mtime_ns for path in glob.glob(self.folder + "/*/*/run.h5")}
        self.assertGreater(len(before), 4)
        self.assertEqual(self.figures("separation", "--", *of_separation).stdout.count("; 0 done now"), 1)
        self.assertEqual(before, {path: os.stat(path).st_mtime_ns for path in before})

    def test_slope_of_the_error(self):
        """On errors that fall by exp(-Delta^2 / 8) and by half of it."""
        random = np.random.default_rng(1)
        self.sweep_of("task.separation = 4, 5, 6", "run.seed = 1")
        for name, rate in (("run.h5", 0.5), ("evaluation.h5", 1)):
            for delta in (4, 5, 6):
                folder = os.path.join(self.folder, f"{'baselines-' if rate == 1 else 'run-'}{delta}")
                os.makedirs(folder)
                rows = np.exp(-rate * delta**2 / 8) * np.ones((1, 400))
                rows[:, ::2] *= 1.5
                rows[:, 1::2] *= 0.5
                with h5py.File(os.path.join(folder, name), "w") as file:
                    file.create_group("config").attrs["text"] = f"[task]\nseparation = {delta}\n"
                    file["evaluation/estimator"] = ["transformer", "noisy"] if rate < 1 else ["bayes"]
                    file["evaluation/error"] = [*rows, rows[0] * random.uniform(0, 2, 400)] if rate < 1 else rows
        command = [sys.executable, os.path.join(SOURCE, "experiments", "plots", "slope.py"), self.folder]
        done = subprocess.run([*command, "--below", "0.2"], capture_output=True, text=True, timeout=100, check=True)
        slopes = {line.split()[0]: [float(word.strip("[],")) for word in line.split()[1:]] for line in done.stdout.splitlines()[1:-1]}
        self.assertEqual(slopes["bayes"][0], 1)
        self.assertEqual(slopes["transformer"][0], 0.5)
        slope, low, high = slopes["noisy"]
        self.assertAlmostEqual(slope, 0.5, delta=0.1)
        self.assertTrue(low < slope < high)
        self.assertGreater(high - low, 0.02)
        self.assertEqual(slopes["bayes"], [1, 1, 1])  # the tasks of all separations are resampled together
        done = subprocess.run([*command, "--below", "0.01"], capture_output=True, text=True, timeout=100, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn("a line needs two", done.stderr)
        self.sweep_of("task.separation = 4, 5", "task.dim = 2, 3")
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("task.separation, task.dim", done.stderr)

    def sweep_of(self, *axes):
        with open(os.path.join(self.folder, "sweep.ini"), "w", encoding="utf-8") as file:
            print("[sweep]", *axes, sep="\n", file=file)

    def test_figures_with_more_than_lines(self):
        self.figures("pool", "guess", "iterations", "shift", "--", *REDUCED)
        self.figures("time", "--", *REDUCED[:4], "--train.evaluate_every", "10", "--eval.tasks", "24", "--sweep.run.seed", "1, 2")
        self.figures("constructed", "--", "--eval.tasks", "24")
        self.check("pool", "guess", "iterations", "constructed", "shift", "time")

    def test_table_of_families(self):
        folder = os.path.join(self.folder, "families")
        subprocess.run([TVEM, "sweep", "--config", os.path.join(SOURCE, "experiments", "configs", "families.ini"), "--out", folder,
                        "--train.steps", "3", "--train.tasks_per_step", "4", "--eval.tasks", "8"], capture_output=True,
                       timeout=300, check=True)
        subprocess.run([TVEM, "collect", folder], capture_output=True, timeout=100, check=True)
        done = subprocess.run([sys.executable, os.path.join(SOURCE, "experiments", "plots", "families_table.py"), folder],
                              capture_output=True, text=True, timeout=100, check=True)
        rows = {cells[1].strip(): cells[2:-1] for cells in (line.split("|") for line in done.stdout.split("\n\n")[0].splitlines())}
        self.assertEqual([cell.strip() for cell in rows["method"]],
                         ["shared", "student", "outliers", "unequal", "full", "±"])
        self.assertEqual([cell.strip() == "-" for cell in rows["`em:known=variance`"]], [False] * 3 + [True] * 2 + [False])
        self.assertNotIn("-", [cell.strip() for cell in rows["`transformer`"] + rows["`gradient:covariance=shared`"]])
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 110)

    def test_wrong_words_exit_2(self):
        self.assertIn("no figure layer;", self.figures("layer", expect=2).stderr)
        self.assertIn("unknown option --presets", self.figures("--presets", expect=2).stderr)

    def test_wrong_plots_say_what_to_do(self):
        self.figures("layers", "--", *REDUCED, "--sweep.task.points", "20, 30", "--sweep.task.dim", "2, 3",
                     "--sweep.model.layers", "1, 2", expect=1)  # three axes: the figure asks for a choice
        plot = os.path.join(SOURCE, "experiments", "plots", "plot_sweep.py")
        for words, message in (((), "--select"), (("--select", "points=25"), "the values are 20, 30"),
                               (("--select", "point=20"), "the axes are"), (("--x", "width"), "the axes are"),
                               (("--select", "dim=2", "--difference", "--time"), "not allowed with"),
                               (("--select", "dim=2", "--trace"), "eval.trace"), (("--select", "dim=2", "--time"),
                                                                                  "train.evaluate_every")):
            done = subprocess.run([sys.executable, plot, os.path.join(self.folder, "layers"), *words], capture_output=True,
                                  text=True, timeout=100, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(message, done.stderr)
        done = subprocess.run([sys.executable, plot, os.path.join(self.folder, "layers"), "--select", "dim=3", "--x", "points"],
                              capture_output=True, text=True, timeout=100, check=True)
        self.assertIn("figure: ", done.stdout)


if __name__ == "__main__":
    TVEM, SOURCE = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
