"""tvem cluster on a user's own points: Old Faithful and Iris, files of every kind, and wrong ones.

usage: cluster_test.py TVEM SOURCE_FOLDER MPIEXEC [unittest arguments]
"""

import csv
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np
import xarray

TVEM, SOURCE, MPIEXEC = "", "", ""


def run(*arguments, command=()):
    return subprocess.run([*command, TVEM, *map(str, arguments)], capture_output=True, text=True, timeout=300,
                          check=False)


def named(labels):
    names = {}
    return [names.setdefault(label, len(names)) for label in labels]


def golden():
    """(data set, covariance) -> (mean log-likelihood, labels)"""
    with open(os.path.join(SOURCE, "tests/golden/cluster_sklearn.txt"), encoding="ascii") as file:
        lines = [line.split() for line in file if not line.startswith("#")]
    return {(line[0], line[1]): (float(line[2]), [int(x) for x in line[3:]]) for line in lines}


FOLDER = tempfile.mkdtemp(prefix="tvem-cluster-")
MODEL, RAW_MODEL = os.path.join(FOLDER, "model"), os.path.join(FOLDER, "raw")


def setUpModule():
    """Two models for all tests: one that standardises its input, and a small one that does not."""
    standardising = run("run", "--config", os.path.join(SOURCE, "experiments/configs/cluster.ini"), "--out", MODEL,
                        "--train.steps", 150, "--train.evaluate_every", 0, "--eval.tasks", 2, "--eval.estimators",
                        "transformer", command=[MPIEXEC, "-n", "2"])
    assert standardising.returncode == 0, standardising.stderr
    raw = run("run", "--out", RAW_MODEL, "--train.steps", 3, "--model.layers", 1, "--eval.tasks", 2,
              "--eval.estimators", "transformer")
    assert raw.returncode == 0, raw.stderr


def tearDownModule():
    shutil.rmtree(FOLDER)


class ClusterTest(unittest.TestCase):
    folder, model, raw_model = FOLDER, MODEL, RAW_MODEL

    def path(self, name):
        return os.path.join(self.folder, name)

    def data(self, name):
        return os.path.join(SOURCE, "tests/data", name + ".csv")

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def cluster(self, data, components, *options, model=None):
        out = self.path("clusters.h5")
        if os.path.exists(out):
            os.remove(out)
        done = run("cluster", "--model", model or self.model, "--data", data, "--components", components, "--out", out,
                   *options)
        return done, out

    def good(self, *arguments, **keywords):
        done, out = self.cluster(*arguments, **keywords)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done, out

    def bad(self, words, *arguments, **keywords):
        done, out = self.cluster(*arguments, **keywords)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertFalse(os.path.exists(out))


class Results(ClusterTest):
    def test_em_has_the_labels_and_likelihood_of_scikit_learn(self):
        for name, options, k in (("faithful", (), 2), ("iris", ("--labels", "Species"), 3)):
            words = ("spherical", "tied", "diagonal", "full")
            estimators = [f"em:restarts=50:tolerance=1e-12:max_iterations=10000:covariance={word}" for word in words]
            _, out = self.good(self.data(name), k, *options, "--estimators", ",".join(estimators))
            with h5py.File(out) as file:
                for e, word in enumerate(words):
                    log_likelihood, labels = golden()[name, word]
                    self.assertEqual(named(file["clustering/labels"][e]), labels, (name, word))
                    self.assertAlmostEqual(file["clustering/log_likelihood"][e], log_likelihood, places=6)

    def test_criteria_are_those_of_scikit_learn_and_prefer_two_components_of_iris(self):
        expected = {"full": (829.98, 574.02, 580.84), "spherical": (1804.09, 1012.24, 853.81),
                    "tied": (829.98, 688.10, 632.96)}  # tests/golden/make_bic_golden.py
        base = "em:restarts=50:tolerance=1e-10:max_iterations=10000:covariance="
        done, out = self.good(self.data("iris"), "1..3", "--labels", "Species",
                              "--estimators", ",".join([*(base + kind for kind in expected), "lloyd"]))
        self.assertIn(f"least BIC: {base}full:components=2", done.stdout)
        self.assertIn(f"least ICL: {base}full:components=2", done.stdout)
        with xarray.open_dataset(out, group="clustering", engine="h5netcdf") as table:
            for kind, values in expected.items():
                for k, value in zip((1, 2, 3), values):
                    one = table.sel(estimator=f"{base}{kind}:components={k}")
                    self.assertAlmostEqual(float(one.bic), value, places=1)
                    self.assertGreaterEqual(float(one.icl), float(one.bic) - 1e-9)
                    self.assertEqual(int(one.components), k)
                    self.assertEqual(int(np.isfinite(one.weights).sum()), k)
                    np.testing.assert_allclose(one.responsibilities[:, :k].sum("component"), 1)
            self.assertTrue(np.isnan(table.bic.sel(estimator="lloyd:components=2")))
        robust, _ = self.good(self.data("iris"), "1..2", "--labels", "Species", "--estimators", "em:outliers=true")
        self.assertNotIn("least BIC", robust.stdout)  # the mixture has but a part of that likelihood
        labels = self.path("labels.csv")
        for _ in range(2):  # the second time it replaces its own file
            self.good(self.data("iris"), "2..3", "--labels", "Species", "--csv", labels, "--estimators", "em,lloyd")
        self.assertNotIn("BIC", self.good(self.data("iris"), 2, "--labels", "Species", "--estimators", "em")[0].stdout)
        for wrong in ("3..1", "0..2", "1..", "..3"):
            self.bad([f"--components {wrong}", "a range such as 1..6"], self.data("iris"), wrong, "--labels", "Species")

    def test_transformer_on_iris_has_its_error_against_the_species(self):
        done, out = self.good(self.data("iris"), 3, "--labels", "Species")
        with open(self.data("iris"), encoding="ascii") as file:
            species = named([row[4] for row in csv.reader(file)][1:])
        with xarray.open_dataset(out, group="clustering", engine="h5netcdf") as table:
            error = float(table.error.sel(estimator="transformer"))
            self.assertLess(error, 0.4)  # of a training of a few seconds; chance is about 0.6
            labels = table.labels.sel(estimator="transformer").values
            confusion = np.zeros((3, 3))
            np.add.at(confusion, (species, labels), 1)
            from itertools import permutations
            best = max(sum(confusion[a, p[a]] for a in range(3)) for p in permutations(range(3)))
            self.assertAlmostEqual(error, 1 - best / 150, places=12)
            self.assertEqual(table.given_labels.values[0], "setosa")
            responsibilities = table.responsibilities.sel(estimator="transformer").values
            np.testing.assert_allclose(responsibilities.sum(axis=1), 1, atol=1e-6)
            np.testing.assert_array_equal(responsibilities.argmax(axis=1), labels)
            self.assertEqual(table.coordinate.values.tolist(),
                             ["Sepal.Length", "Sepal.Width", "Petal.Length", "Petal.Width"])
            self.assertTrue(np.isnan(table.means.sel(estimator="transformer")).all())
        self.assertIn("transformer", done.stdout)
        self.assertNotIn("warning", done.stdout)

    def test_parameters_are_in_the_units_of_the_points(self):
        _, out = self.good(self.data("faithful"), 2, "--estimators", "em:restarts=9:covariance=full")
        with h5py.File(out) as file:
            group = file["clustering"]
            points, labels = group["points"][()], group["labels"][0]
            for j in range(2):
                np.testing.assert_allclose(group["means"][0, j], points[labels == j].mean(axis=0), rtol=0.02)
                np.testing.assert_allclose(group["covariances"][0, j], np.cov(points[labels == j].T), rtol=0.2)
            np.testing.assert_allclose(group["weights"][0].sum(), 1)
            np.testing.assert_allclose(group["responsibilities"][0].sum(axis=1), 1)

    def test_every_kind_of_file_gives_the_same_labels(self):
        def labels(*arguments):
            _, out = self.good(*arguments)
            with h5py.File(out) as file:
                return file["clustering/labels"][()]
        expected = labels(self.data("faithful"), 2)
        rows = np.loadtxt(self.data("faithful"), delimiter=",", skiprows=1)
        for separator in (",", ";", "\t", " "):
            text = "\r\n".join(separator.join(map(repr, map(float, row))) for row in rows)
            np.testing.assert_array_equal(labels(self.write("points.txt", text + "\r\n\r\n"), 2), expected)
        with h5py.File(self.path("points.h5"), "w") as file:
            file["group/points"] = rows
            file["truth"] = expected[0]
        np.testing.assert_array_equal(
            labels(self.path("points.h5"), 2, "--dataset", "group/points", "--labels", "truth"), expected)
        with h5py.File(self.path("clusters.h5")) as file:
            self.assertEqual(file["clustering/error"][0], 0)
        for kind in (h5py.string_dtype(), "S9"):  # of variable and of fixed length
            with h5py.File(self.path("points.h5"), "a") as file:
                del file["truth"]
                file["truth"] = np.array([f"kind {label}" for label in expected[0]], dtype=kind)
            labels(self.path("points.h5"), 2, "--dataset", "group/points", "--labels", "truth")
            with h5py.File(self.path("clusters.h5")) as file:
                self.assertEqual(file["clustering/error"][0], 0)
                self.assertEqual(file["clustering/given_labels"][0], f"kind {expected[0][0]}".encode())
        # Sodium is no missing number, and separators may stand in quotes.
        text = '"RI, the index";Na;1st\n' + "\n".join(f"{x};{y};{x}" for x, y in rows)
        np.testing.assert_array_equal(
            labels(self.write("glass.csv", text), 2, "--columns", "Na, 1st"), labels(self.write(
                "plain.csv", text.split("\n", 1)[1]), 2, "--columns", "2, 3"))
        # Quotes, names with blanks, old line ends, a sign before a number, names of rows without a name.
        text = '"","a ""b""","c d"\r' + "\r".join(f'"{i}",+{x},{y}' for i, (x, y) in enumerate(rows))
        np.testing.assert_array_equal(
            labels(self.write("quotes.csv", text), 2, "--columns", 'a "b", c d'), expected)
        again = labels(self.data("iris"), 2, "--columns", "Petal.Length, 4", "--labels", "Species")
        self.assertEqual(again.shape[1], 150)

    def test_points_out_of_range_are_warned_of_and_rescaled_on_request(self):
        done, _ = self.good(self.data("faithful"), 3, model=self.raw_model)
        for words in ("272 points", "task.points = 50", "column waiting: its mean", "standard deviation 13.6"):
            self.assertIn(words, done.stdout)
        self.assertNotIn("training steps", done.stdout)
        rescaled, _ = self.good(self.data("faithful"), 3, "--rescale", model=self.raw_model)
        self.assertNotIn("column waiting", rescaled.stdout)

    def test_csv_of_labels_and_figure(self):
        self.good(self.data("faithful"), 2, "--csv", self.path("labels.csv"))
        with open(self.path("labels.csv"), encoding="ascii") as file:
            rows = list(csv.reader(file))
        self.assertEqual(len(rows), 273)
        self.assertEqual(rows[0][:2], ["point", "transformer"])
        plot = os.path.join(SOURCE, "experiments/plots/plot_clusters.py")
        done = subprocess.run([sys.executable, plot, self.path("clusters.h5"), "--out", self.path("clusters.png")],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(os.path.getsize(self.path("clusters.png")), 10000)
        self.good(self.data("iris"), 3, "--labels", "Species", "--estimators", "em,lloyd")  # four coordinates
        done = subprocess.run([sys.executable, plot, self.path("clusters.h5")], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = subprocess.run([sys.executable, plot, self.data("iris")], capture_output=True, text=True, check=False)
        self.assertIn("plot_clusters.py: ", done.stderr)
        self.assertIn("is no file that tvem cluster wrote", done.stderr)


@unittest.skipIf("ASAN_OPTIONS" in os.environ, "the sanitizer needs more address space than any limit leaves")
class Memory(ClusterTest):
    """Of the small model, whose attention on 6000 points is 576 MB as a whole."""

    def points(self, n):
        with h5py.File(self.path(f"{n}.h5"), "w") as file:
            file["points"] = np.random.default_rng(1).normal(size=(n, 2))
        return self.path(f"{n}.h5")

    def limited(self, n):
        out = self.path("limited.h5")
        words = ("cluster", "--model", self.raw_model, "--data", self.points(n), "--dataset", "points", "--components",
                 3, "--estimators", "transformer", "--out", out)
        return run(*words, command=["sh", "-c", 'ulimit -v 600000; exec "$@"', "sh"]), out

    def test_transformer_takes_memory_linear_in_the_points(self):
        done, out = self.limited(6000)
        self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File(out) as file:
            self.assertEqual(file["clustering/labels"].shape, (1, 6000))
        os.remove(out)

    def test_points_that_the_memory_is_too_small_for_are_refused_before_work_starts(self):
        done, out = self.limited(600000)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertRegex(done.stderr, r"600000 points: the Transformer takes 0\.\d\d GB of memory for them, and "
                                      r"0\.\d\d GB are left; give fewer points")
        self.assertFalse(os.path.exists(out))

    def test_much_memory_is_said_beforehand(self):
        words = ("cluster", "--model", self.raw_model, "--data", self.points(1000000), "--dataset", "points",
                 "--components", 3, "--out", self.path("much.h5"))
        with subprocess.Popen(["timeout", "60", TVEM, *map(str, words)], stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                if "the Transformer takes" in line:
                    break
            process.terminate()
        self.assertRegex(line, r"1000000 points: the Transformer takes 1\.\d\d GB of memory")


class Models(ClusterTest):
    def test_knowledge_of_the_models_evaluation_is_not_asked_of_own_points(self):
        model = self.path("knowing")
        done = run("run", "--out", model, "--train.steps", 2, "--model.layers", 1, "--eval.tasks", 2, "--em.known",
                   "variance", "--em.precision", "float", "--eval.estimators", "em")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.good(self.data("faithful"), 3, model=model)

    def test_unfinished_or_damaged_model_is_warned_of(self):
        model = self.path("unfinished")
        shutil.copytree(self.model, model)
        with open(os.path.join(model, "checkpoint.h5"), "r+b") as file:
            file.truncate(5000)
        previous = os.path.join(model, "checkpoint.previous.h5")
        if os.path.exists(previous):
            os.remove(previous)
        self.bad(["checkpoint.h5"], self.data("faithful"), 2, model=model)
        shutil.copy(os.path.join(self.model, "checkpoint.h5"), previous)
        done, _ = self.good(self.data("faithful"), 2, model=model)
        self.assertIn("warning: ", done.stdout)
        self.assertIn("checkpoint.previous.h5", done.stdout)


class WrongInput(ClusterTest):
    def test_files(self):
        cases = {"": ["empty"], "\n\n": ["empty"], "a,b\n": ["no data"],
                 "a,b\n1,2\n3,x\n": ["line 3", "column 2 (b)", '"x"'],
                 "1,2\n3,nan\n": ["line 2", "column 2", '"nan"'], "1,2\n3,inf\n": ["line 2"],
                 "1,2\n3\n4,5\n": ["line 2", "1 values, not 2"], "1,2\n3,4,5\n": ["line 2", "3 values, not 2"],
                 "1,2\n3,\n": ["line 2", "column 2", "no value"], "1,2\n1e999,3\n": ["line 2", "column 1"],
                 "1,2\n": ["more than the 1 points"],
                 "1,2,3,4,5\n6,7,8,9,1\n": ["5 coordinates", "task.dim = 2..4"],
                 "h,g\n" + "1,x\n" * 20: ["line 2", "line 11", "further problems"],
                 # What stands for a missing number is no name of a column: no point is lost for a header.
                 "nan,nan\n1,2\n3,4\n": ["line 1", "nan"], "NA,NA\n1,2\n3,4\n": ["line 1"],
                 "1e400,1e400\n1,2\n3,4\n": ["line 1"], ",\n1,2\n3,4\n": ["line 1", "no value"],
                 '1"2"3,5\n1,2\n3,4\n': ["line 1", "a quote within"], '"1"junk,5\n1,2\n': ["line 1", "junk"],
                 '1,2\n3,"4\n5,6\n': ["line 2", "not closed"], "1\x002,3\n": ["not text in UTF-8"],
                 'x,y"\n1,2\n3,4\n': ["line 1", "a quote within"]}
        for text, words in cases.items():
            self.bad(words, self.write("bad.csv", text), 2)

    def test_options(self):
        good = self.data("faithful")
        self.bad(["4", "task.components = 2..3"], good, 4)
        self.bad(["--components none", "integer"], good, "none")
        self.bad(["no column \"width\"", "eruptions, waiting"], good, 2, "--columns", "width")
        self.bad(["no column \"7\""], good, 2, "--labels", 7)
        self.bad(["no column is left"], self.write("one.csv", "a\n1\n2\n3\n"), 2, "--labels", "a")
        self.bad(["bayes", "truth"], good, 2, "--estimators", "bayes,em")
        self.bad(["--estimators: \"em:restart=2\""], good, 2, "--estimators", "em:restart=2")
        self.bad(["given twice"], good, 2, "--estimators", "em,em")
        self.bad(["--components, for all"], good, 2, "--estimators", "em:components=4")
        self.bad(["--components -1"], good, -1)
        labels = "".join(f"{i},{i % 7},s{i}\n" for i in range(300))
        self.bad(["300 different labels"], self.write("many.csv", labels), 2, "--labels", 3)
        self.bad(["line 2", "no label"], self.write("none.csv", "1,2,a\n3,4,\n5,6,b\n"), 2, "--labels", 3)
        self.bad(["no HDF5 file"], good, 2, "--dataset", "x")
        self.bad(["this is not a file"], self.path("nothing.csv"), 2)
        self.bad(["no checkpoint.h5"], good, 2, model=self.folder)
        self.bad(["unknown"], good, 2, "--colour", "red")
        with h5py.File(self.path("odd.h5"), "w") as file:
            file["line"], file["nan"] = np.arange(5.0), np.array([[1, 2], [3, np.nan], [4, 5]])
            file["points"], file["few"] = np.arange(10.0).reshape(5, 2), np.arange(3)
            file["shares"], file["square"] = np.full(5, 0.2), np.zeros((5, 2))
            file["texts"] = np.array([["a", "b"]] * 5, dtype="S1")
        odd = self.path("odd.h5")
        self.bad(["--dataset"], odd, 2)
        self.bad(["not a matrix"], odd, 2, "--dataset", "line")
        self.bad(["row 2, column 2"], odd, 2, "--dataset", "nan")
        self.bad(["/missing", "few (3), line (5)"], odd, 2, "--dataset", "missing")
        self.bad(["/a/b", "not there"], odd, 2, "--dataset", "a/b")
        self.bad(["not a dataset of numbers"], odd, 2, "--dataset", "texts")
        for labels, words in (("few", "3 labels for 5 points"), ("square", "no list of labels"),
                              ("shares", "label 1 is not an integer"), ("none", "not there")):
            self.bad([words], odd, 2, "--dataset", "points", "--labels", labels)
        with h5py.File(odd, "a") as file:
            file["large"], file["empty"] = 2**53 + np.arange(5), np.array(["a", "", "b", "c", "d"], dtype="S2")
        done, out = self.good(odd, 2, "--dataset", "points", "--labels", "large", "--estimators", "lloyd")
        with h5py.File(out) as file:
            self.assertEqual(len(set(file["clustering/given_labels"][()])), 5)
        self.bad(["no label 2"], odd, 2, "--dataset", "points", "--labels", "empty")
        done = run("cluster")
        self.assertEqual(done.returncode, 2)
        for option in ("--data", "--components", "--out"):
            self.assertIn(option + " is missing", done.stderr)


class Targets(ClusterTest):
    """Nothing of a user's is ever written over."""

    def refused(self, words, data, *options):
        with open(data, "rb") as file:
            before = file.read()
        done = run("cluster", "--model", self.model, "--data", data, "--components", 2, *options)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn(words, done.stderr)
        with open(data, "rb") as file:
            self.assertEqual(before, file.read())

    def test_files_that_are_not_ours_are_refused(self):
        data = shutil.copy(self.data("faithful"), self.path("mine.csv"))
        link = self.path("link.csv")
        os.link(data, link)
        out = self.path("fresh.h5")
        for target in (data, link, os.path.join(self.folder, ".", "mine.csv")):
            self.refused("file of --data", data, "--out", target)
            self.refused("file of --data", data, "--out", out, "--csv", target)
        for name in ("run.h5", "checkpoint.h5", "checkpoint.previous.h5"):
            self.refused("file of the model", data, "--out", os.path.join(self.model, name))
        self.refused("file of the model", data, "--out", out, "--csv", os.path.join(self.model, "run.h5"))
        self.refused("has not written", data, "--out", self.write("notes.txt", "notes"))
        self.refused("has not written", data, "--out", out, "--csv", self.path("notes.txt"))
        mine = self.write("points.csv", 'point,"x","y"\n1,2,3\n')
        self.refused("has not written", data, "--out", out, "--csv", mine)
        os.mkfifo(self.path("pipe"))
        self.refused("not a file", data, "--out", out, "--csv", self.path("pipe"))
        self.refused("not a file", data, "--out", self.folder)
        self.refused("not a file", data, "--out", "/dev/null")
        self.refused("not there", data, "--out", self.path("no/where.h5"))
        self.refused("not there", data, "--out", out, "--csv", self.path("no/where.csv"))
        self.refused("the same file", data, "--out", out, "--csv", out)
        self.assertFalse(os.path.exists(out))
        with open(self.path("notes.txt"), encoding="ascii") as file:
            self.assertEqual(file.read(), "notes")

    def test_own_files_are_written_anew(self):
        options = ("--estimators", "lloyd", "--csv", self.path("own.csv"))
        for components in (2, 3):
            done = run("cluster", "--model", self.model, "--data", self.data("faithful"), "--components", components,
                       "--out", self.path("own.h5"), *options)
            self.assertEqual(done.returncode, 0, done.stderr)
        with h5py.File(self.path("own.h5")) as file:
            self.assertEqual(file["clustering/labels"][()].max(), 2)


class Units(ClusterTest):
    """The unit and the origin of the points, and the value of a constant column, change no clustering."""

    estimators = ("transformer", "transformer+em", "transformer+em:covariance=full", "em", "em:precision=float",
                  "em:covariance=spherical:precision=float", "em:covariance=spherical", "em:covariance=tied",
                  "em:covariance=diagonal", "em:covariance=full", "two_round", "two_round:covariance=full", "gradient",
                  "gradient:precision=float", "lloyd", "lloyd:precision=float", "hartigan", "spectral")

    def results(self, columns, k, *options, **keywords):
        names = "abcd"[: len(columns)]
        lines = [",".join(names), *(",".join(repr(float(x)) for x in row) for row in np.transpose(columns))]
        data = self.write("units.csv", "\n".join(lines) + "\n")
        done, out = self.good(data, k, *options, **keywords)
        with xarray.open_dataset(out, group="clustering", engine="h5netcdf") as table:
            return done.stdout, table.load()

    def test_a_constant_column_has_no_part(self):
        x = [0, 1, 2, 10, 11, 12]
        options = ("--estimators", ",".join(self.estimators))
        _, expected = self.results([x, [0] * 6], 2, *options)
        for value in (0.1, -7.3, 1e8, 1e-300, 1e300):
            text, table = self.results([x, [value] * 6], 2, *options)
            self.assertIn("warning: column b has one value, ", text)
            self.assertNotIn("column a", text)
            for name in ("labels", "log_likelihood", "responsibilities", "status"):
                np.testing.assert_array_equal(table[name], expected[name], f"{name} {value}")
        for name in ("em", "lloyd", "hartigan"):
            self.assertEqual(named(expected.labels.sel(estimator=name).values), [0, 0, 0, 1, 1, 1])

    def test_a_constant_column_has_no_part_for_a_model_with_units_of_its_own(self):
        x, options = [0, 1, 2, 5, 6, 7], ("--estimators", "transformer,transformer+em")
        _, expected = self.results([x, [0] * 6], 3, *options, model=RAW_MODEL)
        for value in (0.1, 1e8):
            _, table = self.results([x, [value] * 6], 3, *options, model=RAW_MODEL)
            np.testing.assert_array_equal(table.responsibilities, expected.responsibilities)
            np.testing.assert_array_equal(table.log_likelihood, expected.log_likelihood)
            np.testing.assert_allclose(table.means[..., 1].sel(estimator="transformer+em"), value, 1e-12)

    def test_a_column_constant_but_for_rounding_has_no_part(self):
        x = [0, 1, 2, 10, 11, 12]
        text, table = self.results([x, [0.1, 0.1, np.nextafter(0.1, 1), 0.1, np.nextafter(0.1, 0), 0.1]], 2)
        _, expected = self.results([x, [0.1] * 6], 2)
        self.assertIn("column b has one value, 0.1", text)
        np.testing.assert_array_equal(table.labels, expected.labels)

    def check(self, columns, k, *options, **keywords):
        _, expected = self.results(columns, k, *options, **keywords)
        for unit in (1e-160, 1e-25, 1e-20, 1e19, 1e100, 1e150):
            for offset in (0, 1e8):
                message = f"{unit} {offset}"
                moved = [unit * (np.array(column) + offset) for column in columns]
                _, table = self.results(moved, k, *options, **keywords)
                np.testing.assert_array_equal(table.labels, expected.labels, message)
                np.testing.assert_array_equal(table.status, expected.status, message)
                shifted = table.log_likelihood + len(columns) * np.log(unit)
                np.testing.assert_allclose(shifted, expected.log_likelihood, atol=1e-4, err_msg=message)
                np.testing.assert_allclose(table.responsibilities, expected.responsibilities, 0, 1e-3, err_msg=message)
                np.testing.assert_allclose(table.means / unit - offset, expected.means, atol=1e-2, err_msg=message)
                self.assertTrue(np.isfinite(table.covariances.sel(estimator="transformer+em")).all())

    def groups(self, *centres):
        random = np.random.default_rng(1)
        return np.concatenate([centre + random.normal(size=(60, len(centre))) for centre in centres]).T

    def test_every_method_in_all_units_and_from_all_origins(self):
        self.check(self.groups([0, 0, 1], [6, 3, 0]), 2, "--estimators", ",".join(self.estimators))

    def test_a_model_without_standardised_input_when_rescaled(self):
        self.check(self.groups([0, 0], [6, 3], [0, 8]), 3, "--estimators", "transformer,transformer+em", "--rescale",
                   model=self.raw_model)

    def test_fewer_places_than_clusters(self):
        text, table = self.results([[1, 1, 1, 5, 5], [1, 1, 1, 5, 5]], 3, "--estimators", "lloyd,hartigan,spectral")
        self.assertEqual(table.status.values.tolist(), ["dead_component"] * 3)
        self.assertEqual(text.count(" 3 2 0  dead_component"), 3)

    def test_equal_points(self):
        options = ("--estimators", ",".join(self.estimators))
        _, table = self.results([[5] * 8, [0.1] * 8], 2, *options)
        for name in self.estimators:
            fit = table.sel(estimator=name)
            if name.startswith(("em", "two_round", "gradient")):
                self.assertEqual(fit.status.item(), "collapsed", name)
            if name != "transformer":
                self.assertTrue(np.isfinite(fit.log_likelihood), name)
                np.testing.assert_array_equal(fit.means, [[5, 0.1]] * 2)


if __name__ == "__main__":
    TVEM, SOURCE, MPIEXEC = sys.argv[1:4]
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
