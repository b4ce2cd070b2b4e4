"""tvem cluster on points as other programs write them (tests/data/make_points.py), without a model. The rules by which files are read
are tested in tests/unit/io/points_test.cpp.

usage: points_test.py TVEM SOURCE_FOLDER [unittest arguments]
"""

import csv
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import warnings

import h5py
import numpy as np
import xarray

TVEM, SOURCE = "", ""


def run(*arguments):
    return subprocess.run([TVEM, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False)


def named(labels):
    names = {}
    return [names.setdefault(label, len(names)) for label in labels]


class Files(unittest.TestCase):
    LLOYD = ("--estimators", "lloyd:restarts=5")

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tvem-points-")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def points(self, name):
        return os.path.join(SOURCE, "tests/data/points", name)

    def cluster(self, data, components, *options):
        out = self.path("others.h5")
        if os.path.exists(out):
            os.remove(out)
        return run("cluster", "--data", data, "--components", components, "--out", out, *options), out

    def good(self, *arguments):
        done, out = self.cluster(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done, out

    def bad(self, words, *arguments):
        done, out = self.cluster(*arguments)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertFalse(os.path.exists(out))

    def test_committed_files_are_those_of_the_script(self):
        script = os.path.join(SOURCE, "tests/data/make_points.py")
        subprocess.run([sys.executable, script, self.path("points")], check=True)
        self.assertEqual(sorted(os.listdir(self.path("points"))), sorted(os.listdir(self.points(""))))
        for name in os.listdir(self.path("points")):
            if name.endswith((".csv", ".txt")):  # the bytes of HDF5 files depend on the library's version
                with open(self.points(name), "rb") as committed, open(os.path.join(self.path("points"), name), "rb") as made:
                    self.assertEqual(committed.read(), made.read(), name)

    def test_row_names_of_iris_change_no_result(self):
        done, out = self.good(self.points("iris_row_names.csv"), 3, "--labels", "Species", "--estimators", "em:restarts=20")
        self.assertIn("note: column 1", done.stdout)
        with h5py.File(out) as file:
            self.assertEqual(file["clustering/points"].shape, (150, 4))
            self.assertAlmostEqual(file["clustering/error"][0], 16 / 150, places=12)
        named, out = self.good(self.points("iris_row_names.csv"), 3, "--columns", "1, 2", "--labels", "6", *self.LLOYD)
        self.assertNotIn("note", named.stdout)
        with h5py.File(out) as file:
            np.testing.assert_array_equal(file["clustering/points"][:, 0], np.arange(1, 151))

    def test_header_of_numbers_names_columns(self):
        _, out = self.good(self.points("header_years.csv"), 2, *self.LLOYD)
        with h5py.File(out) as file:
            self.assertEqual(named(file["clustering/labels"][0]), [0, 0, 1, 1])
            self.assertEqual(file["clustering/coordinate"][0], b"1990")
        self.bad(["line 1", "--header yes or --header no"], self.points("header_numbers.csv"), 2)
        _, out = self.good(self.points("header_numbers.csv"), 2, "--header", "yes", *self.LLOYD)
        with h5py.File(out) as file:
            self.assertEqual(named(file["clustering/labels"][0]), [0, 0, 0, 1, 1, 1])
        self.bad(["--header maybe: yes or no"], self.points("header_numbers.csv"), 2, "--header", "maybe")

    def test_rows_left_out_keep_the_numbers_of_the_others(self):
        self.bad(["line 3", "--missing drop"], self.points("missing.csv"), 2)
        self.bad(["--missing none: drop or refuse"], self.points("missing.csv"), 2, "--missing", "none")
        done, out = self.good(self.points("missing.csv"), 2, "--missing", "drop", "--csv", self.path("others.csv"), *self.LLOYD)
        self.assertIn("note: 4 of 10 rows are left out for missing values: 2, 7, 9, 10\n", done.stdout)
        with xarray.open_dataset(out, group="clustering", engine="h5netcdf") as table:
            self.assertEqual(table.point.values.tolist(), [1, 3, 4, 5, 6, 8])
            self.assertEqual(float(table.points.sel(point=8, coordinate="b")), 9.75)
        with open(self.path("others.csv"), encoding="ascii") as file:
            self.assertEqual([row[0] for row in csv.reader(file)], ["point", "1", "3", "4", "5", "6", "8"])

    def test_texts_of_other_encodings_are_read_by_h5py_and_xarray(self):
        latin = os.path.join(self.folder.encode(), b"caf\xe9.csv")  # a file's name may be no UTF-8 either
        shutil.copy(self.points("latin1.csv"), latin)
        done = subprocess.run([TVEM, "cluster", "--data", latin, "--labels", "Getränk", "--components", "2", "--out",
                               self.path("others.h5"), *self.LLOYD], capture_output=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"note: the file is not UTF-8 (line 1, column 1)", done.stdout)
        with xarray.open_dataset(self.path("others.h5"), group="clustering", engine="h5netcdf") as table:
            self.assertEqual(table.coordinate.values.tolist(), ["größe", "b"])
            self.assertEqual(table.given_labels.values[0], "café")
            self.assertTrue(table.attrs["data_file"].endswith("café.csv"))
        os.remove(self.path("others.h5"))
        self.bad(["line 3, column 3", "UTF-8"], self.points("mixed_encodings.csv"), 2, "--labels", "kind")

    def test_matlab_netcdf_and_groups(self):
        done, out = self.good(self.points("matlab.mat"), 2, "--dataset", "points", "--labels", "names", *self.LLOYD)
        self.assertIn("note: MATLAB", done.stdout)
        with h5py.File(out) as file:
            self.assertEqual(file["clustering/error"][0], 0)
            self.assertEqual(file["clustering/given_labels"][0].decode(), "café")
        packed = self.points("netcdf.nc")
        self.bad(["row 3, column 1", "--missing drop"], packed, 2, "--dataset", "packed")
        _, out = self.good(packed, 2, "--dataset", "packed", "--missing", "drop", *self.LLOYD)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of several fill values
            with xarray.open_dataset(packed, engine="h5netcdf", phony_dims="sort") as table:
                expected = table.packed.values
        with h5py.File(out) as file:
            np.testing.assert_allclose(file["clustering/points"], expected[~np.isnan(expected).any(axis=1)], rtol=1e-6)
        self.bad(["a table of pandas", "fixed/block0_values (6 x 2)"], self.points("groups.h5"), 2, "--dataset", "fixed")
        self.bad(["--dataset", "deep/er/points (6 x 2)"], self.points("groups.h5"), 2)

    def test_names_of_columns(self):
        _, out = self.good(self.points("names_comma.csv"), 2, "--columns", '"a, in cm", b', *self.LLOYD)
        with h5py.File(out) as file:
            self.assertEqual(file["clustering/coordinate"][0], b"a, in cm")
        self.bad(["double quotes"], self.points("names_comma.csv"), 2, "--columns", "a, in cm")
        self.bad(["column 2 (b) is in --columns twice"], self.points("names_comma.csv"), 2, "--columns", "b,b")
        self.bad(["columns 1, 3 are all called"], self.points("names_twice.csv"), 2, "--columns", "a,b")

    def test_more_components_than_different_points(self):
        done, _ = self.good(self.points("few_distinct.csv"), 3, *self.LLOYD)
        self.assertIn("warning: --components 3 is more than the 2 different points among the", done.stdout)
        self.assertIn("dead_component", done.stdout)
        self.good(self.points("few_distinct.csv"), 2, *self.LLOYD)

    def test_without_a_model(self):
        done, out = self.good(self.points("pipes.csv"), 2)
        self.assertNotIn("transformer", done.stdout)
        with h5py.File(out) as file:
            self.assertEqual(file["clustering/estimator"][()].tolist(),
                             [b"em:restarts=20", b"em:restarts=20:covariance=full", b"lloyd:restarts=20"])
            self.assertEqual(file.attrs["run_id"], "no-model")
            self.assertIn("[em]", file["config"].attrs["text"])
            self.assertEqual(file["provenance/host"].shape, (1,))
            alone = file["clustering/log_likelihood"][()]
        # EM and Lloyd have the results that they have beside a model.
        model = self.path("model")
        trained = run("run", "--out", model, "--train.steps", 1, "--model.layers", 1, "--eval.tasks", 2, "--eval.estimators", "lloyd")
        self.assertEqual(trained.returncode, 0, trained.stderr)
        _, out = self.good(self.points("pipes.csv"), 2, "--model", model, "--estimators",
                           "em:restarts=20,em:restarts=20:covariance=full,lloyd:restarts=20")
        with h5py.File(out) as file:
            np.testing.assert_array_equal(file["clustering/log_likelihood"][()], alone)

    def test_estimators_that_need_a_model_ask_for_it(self):
        self.bad(['--model is missing: "transformer"'], self.points("pipes.csv"), 2, "--estimators", "transformer,em")
        self.bad(["--rescale", "--model is missing"], self.points("pipes.csv"), 2, "--rescale")


if __name__ == "__main__":
    TVEM, SOURCE = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
