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
        text = file.read()
    return text[text.index("all=(") + len("all=("):].split(")")[0].split()


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
            for table in ("table.txt", "table.csv", "sweep.h5") if name in figure_names() else ():
                self.assertGreater(os.stat(os.path.join(self.folder, name, table)).st_size, 0)

    def test_every_configuration_has_a_laptop_size_and_a_full_size(self):
        names = figure_names()
        self.assertEqual(len(names), 24)
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

    def script(self, name, *words, expect=0):
        """Its output, and its complaints."""
        done = subprocess.run([sys.executable, os.path.join(SOURCE, "experiments", "plots", name + ".py"), *words], capture_output=True,
                              text=True, timeout=100, check=False)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def result(self, name, keys, errors):
        """A file of results with these errors: {estimator: those of tasks}."""
        folder = os.path.join(self.folder, name)
        os.makedirs(folder)
        with h5py.File(os.path.join(folder, "evaluation.h5" if name.startswith("baselines") else "run.h5"), "w") as file:
            file.create_group("config").attrs["text"] = "[task]\n" + keys
            file["evaluation/estimator"] = list(errors)
            file["evaluation/error"] = list(errors.values())

    def test_slope_of_the_error(self):
        """On errors that fall by exp(-Delta^2 / 8) and by half of it."""
        random = np.random.default_rng(1)
        self.sweep_of("task.separation = 4, 5, 6", "run.seed = 1")
        for delta in (4, 5, 6):
            halves = np.tile([1.5, 0.5], 200)
            own = np.exp(-0.5 * delta**2 / 8) * halves
            self.result(f"run-{delta}", f"separation = {delta}\n", {"transformer": own, "noisy": own * random.uniform(0, 2, 400)})
            self.result(f"baselines-{delta}", f"separation = {delta}\n", {"bayes": np.exp(-delta**2 / 8) * halves})
        text = self.script("slope", self.folder, "--below", "0.2")
        slopes = {line.split()[0]: [float(word.strip("[],")) for word in line.split()[1:]] for line in text.splitlines()[1:-1]}
        self.assertEqual(slopes["bayes"], [1, 1, 1])  # all separations have the same tasks
        self.assertEqual(slopes["transformer"], [0.5, 0.5, 0.5])
        slope, low, high = slopes["noisy"]
        self.assertAlmostEqual(slope, 0.5, delta=0.1)
        self.assertTrue(low < slope < high)
        self.assertGreater(high - low, 0.02)
        self.assertIn("a line needs two", self.script("slope", self.folder, "--below", "0.01", expect=3))
        self.sweep_of("task.separation = 4, 5", "task.sigma = 2, 3")
        self.assertIn("task.separation, task.sigma", self.script("slope", self.folder, expect=1))

    def test_intervals_of_slopes_and_exponents_cover(self):
        """Trainings and tasks at random: 95 % intervals hold the true value about that often."""
        sys.path.insert(0, os.path.join(SOURCE, "experiments", "python"))
        from tvem.figures import fits

        random = np.random.default_rng(5)
        exponents, sizes, n = np.array([1.0, 2.0, 3.0]), np.array([10.0, 100.0, 1000.0]), 1500

        def column(mean, n_trainings, of_tasks):
            trainings, residuals = random.normal(0, 0.08, (n_trainings, 1)), random.normal(0, 0.3, (n_trainings, 60))
            return mean * (1 + trainings + residuals + of_tasks)

        for n_trainings in (3, 10):
            covered = np.zeros(2)
            for _ in range(n):
                of_tasks = random.normal(0, 0.5, 60)
                _, low, high = fits.slope_of_errors(exponents, [column(np.exp(-0.8 * x), n_trainings, of_tasks) for x in exponents])
                covered[0] += low <= 0.8 <= high
                limit = column(0.001, n_trainings, of_tasks)
                _, low, high = fits.exponent_of_excess(sizes, [limit.mean(axis=0) + column(x ** -0.5, n_trainings, of_tasks) for x in sizes], limit)
                covered[1] += low <= 0.5 <= high
            self.assertTrue((covered / n > 0.92).all() and (covered / n < 0.99).all(), (n_trainings, covered / n))

    def test_exponent_of_the_pool(self):
        random = np.random.default_rng(2)
        self.sweep_of("task.pool = 100, 1000, 10000, 0", "run.seed = 1..3")
        for pool, excess in ((100, 0.1), (1000, 0.01), (10000, 0.001), (0, 0)):
            for seed in range(3):
                tasks = np.tile([0.05, 0.15], 200) + excess * random.uniform(0.9, 1.1, 400)
                self.result(f"run-{pool}-{seed}", f"pool = {pool}\nlabel_noise = 0\n", {"transformer": tasks})
        words = self.script("pool_exponent", self.folder).splitlines()[0].split()
        self.assertAlmostEqual(float(words[4]), 1, delta=0.01)
        self.assertEqual(words[-3:], ["100", "1000", "10000"])
        self.sweep_of("task.points = 1, 2")
        self.assertIn("task.pool", self.script("pool_exponent", self.folder, expect=1))

    def test_figures_of_the_theory(self):
        self.figures("loops", "--", *REDUCED, "--sweep.eval.layers", "1, 4", "--sweep.model.layers", "1, 2")
        self.figures("rank", "--", *REDUCED, "--sweep.eval.rank", "1, 32")
        self.figures("pruning", "--", *REDUCED, "--sweep.eval.pruned", "0, 0.5")
        self.figures("noise", "--", *REDUCED, "--sweep.task.pool", "8, 16, 0", "--sweep.task.label_noise", "0, 0.3")
        self.figures("depth", "--", *REDUCED, "--sweep.model.layers", "1, 2", "--sweep.task.components", "2, 3")
        self.figures("capacity", "--", *REDUCED, "--sweep.model.width", "8, 16", "--sweep.task.dim", "2, 3")
        self.figures("rate", "--", *REDUCED, "--sweep.task.separation", "4, 5", "--sweep.task.points", "25, 50")
        self.figures("recovery", "--", *REDUCED, "--sweep.evaluate.task.separation", "4, 6")
        self.figures("agreement", "--", *REDUCED)
        self.figures("probe", "--", *REDUCED[2:])
        self.check("loops", "rank", "pruning", "noise", "exponent", "depth", "capacity", "rate", "recovery", "agreement", "probe")

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
                     "--sweep.model.layers", "1, 2", expect=1)  # three axes: differences ask for a choice
        plot = os.path.join(SOURCE, "experiments", "plots", "plot_sweep.py")
        for words, message in ((("--difference",), "--select"), (("--select", "points=25"), "the values are 20, 30"),
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
