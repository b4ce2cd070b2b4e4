"""The files of a run, read with libraries that are not ours, against io/SCHEMA.md.

usage: schema_test.py TVEM SCHEMA.md
"""

import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import h5py
import numpy as np
import xarray

import our_files

TVEM, SCHEMA = "", ""
METRICS = ("error", "excess_error", "ari", "nmi", "log_likelihood", "held_out_log_likelihood", "means_distance",
           "weights_distance", "covariances_distance", "matched_means_distance", "matched_weights_distance",
           "matched_covariances_distance", "expected_error", "effective_samples", "r_hat", "disagreement", "seconds")
ESTIMATORS = ["transformer", "em", "em:restarts=3", "lloyd", "bayes", "chance"]


def documented(sections):
    """Rows of the path tables in these sections: path -> (dimensions, type)."""
    rows, section = {}, ""
    with open(SCHEMA, encoding="utf-8") as file:
        for line in file:
            if line.startswith("## "):
                section = line[3:].strip()
            cells = [cell.strip() for cell in line.split("|")]
            if section in sections and len(cells) == 6 and cells[1].startswith("`/"):
                path = cells[1].replace("`", "").replace(" attribute ", "@")
                names = [path.replace("M_", metric + "_") for metric in METRICS] \
                    if "/M_" in path else [path]
                for name in names:
                    rows[name] = (cells[2], cells[3])
    return rows


def kind_of(dtype):
    return "text" if dtype.kind == "O" else dtype.name


def found(path):
    """The same of a file. Attributes of the netCDF conventions are left out."""
    rows = {}
    with h5py.File(path) as file:
        def visit(name, item):
            prefix = "/" + name if name else "/"
            if isinstance(item, h5py.Group):
                for key, value in item.attrs.items():
                    kind = "text" if isinstance(value, str) else value.dtype.name
                    rows[(prefix if name else "/") + "@" + key] = ("", kind)
            elif name.startswith("parameters/"):
                rows["/parameters/NAME"] = ("rows, cols", kind_of(item.dtype))
            elif name.startswith("optimizer/"):
                rows[prefix] = ("parameters", kind_of(item.dtype))
            else:
                if item.attrs.get("CLASS") == b"DIMENSION_SCALE":
                    dimensions = [name.split("/")[-1]]
                else:
                    dimensions = [dim[0].name.split("/")[-1] for dim in item.dims]
                rows[prefix] = (", ".join(dimensions), kind_of(item.dtype))
        visit("", file)
        file.visititems(visit)
    return rows


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tvem-schema-")
        cls.run_file = os.path.join(cls.folder, "run.h5")
        cls.checkpoint_file = os.path.join(cls.folder, "checkpoint.h5")
        settings = {"task.components": "2..3", "task.points": "20..30", "model.layers": 1,
                    "model.width": 8, "model.heads": 2, "train.steps": 12, "train.tasks_per_step": 6,
                    "train.evaluate_every": 5, "train.average": 0.5, "eval.tasks": 17, "train.warmup": 2, "eval.trace": 4,
                    "eval.estimators": ",".join(ESTIMATORS)}
        keys = [word for key, value in settings.items() for word in ("--" + key, str(value))]
        subprocess.run([TVEM, "run", "--out", cls.folder, *keys], check=True,
                       stdout=subprocess.DEVNULL, timeout=120)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def test_run_file_is_what_the_schema_says(self):
        self.assertEqual(found(self.run_file), documented({"Every file", "run.h5 and checkpoint.h5", "run.h5"}))

    def test_checkpoint_is_what_the_schema_says(self):
        self.assertEqual(found(self.checkpoint_file), documented({"Every file", "run.h5 and checkpoint.h5", "checkpoint.h5"}))

    def test_clustering_file_is_what_the_schema_says(self):
        data = os.path.join(os.path.dirname(SCHEMA), "..", "tests", "data", "iris.csv")
        out = os.path.join(self.folder, "clusters.h5")
        subprocess.run([TVEM, "cluster", "--model", self.folder, "--data", data, "--columns", "3,4", "--labels", "Species",
                        "--components", "3", "--out", out], check=True, stdout=subprocess.DEVNULL, timeout=120)
        self.assertEqual(found(out), documented({"Every file", "The file of tvem cluster"}))

    def test_probe_file_is_what_the_schema_says(self):
        out = os.path.join(self.folder, "probe.h5")
        subprocess.run([TVEM, "probe", "--model", self.folder, "--out", out, "--iterations", "1", "--fit-tasks", "5"], check=True,
                       stdout=subprocess.DEVNULL, timeout=120)
        self.assertEqual(found(out), documented({"Every file", "The file of tvem probe"}))

    def test_tasks_file_is_what_the_schema_says(self):
        out = os.path.join(self.folder, "some-tasks.h5")
        subprocess.run([TVEM, "tasks", "--model", self.folder, "--out", out, "--task.covariance", "full", "--input.init", "random"],
                       check=True, stdout=subprocess.DEVNULL, timeout=120)
        self.assertEqual(found(out), documented({"Every file", "The file of tvem tasks"}))

    def test_evaluation_file_is_what_the_schema_says(self):
        out = os.path.join(self.folder, "evaluation.h5")
        tasks = os.path.join(self.folder, "tasks.h5")
        subprocess.run([TVEM, "tasks", "--model", self.folder, "--out", tasks], check=True, stdout=subprocess.DEVNULL, timeout=120)
        subprocess.run([TVEM, "evaluate", "--model", self.folder, "--out", out, "--tasks", tasks], check=True,
                       stdout=subprocess.DEVNULL, timeout=120)
        rows = {path: row for path, row in documented({"Every file", "run.h5"}).items() if not path.startswith("/state")}
        self.assertEqual(found(out), {**rows, **documented({"The file of tvem evaluate"})})

    def test_blocks_and_steps_are_what_the_schema_says(self):
        environment = {**os.environ, "TVEM_TEST_BLOCK_MS": "1", "TVEM_TEST_STEPS_PER_FILE": "5"}
        out = os.path.join(self.folder, "blocks.h5")
        process = subprocess.Popen([TVEM, "evaluate", "--model", self.folder, "--out", out, "--eval.tasks", "100000"], env=environment,
                                   stdout=subprocess.DEVNULL)
        limit = time.monotonic() + 60
        while not glob.glob(out + ".blocks-*/tasks-*.h5") and time.monotonic() < limit:
            time.sleep(0.01)
        process.kill()
        process.wait()
        rows = {path: row for path, row in documented({"Every file", "run.h5"}).items()
                if not path.startswith("/state") and "/trace_" not in path and path != "/evaluation/iteration"}
        block = sorted(glob.glob(out + ".blocks-*/tasks-*.h5"))[0]
        self.assertEqual(found(block), {**rows, **documented({"Blocks of an evaluation"})})
        steps = os.path.join(self.folder, "steps")
        subprocess.run([TVEM, "run", "--out", steps, "--model.layers", "1", "--model.width", "8", "--model.heads", "2", "--train.steps", "7",
                        "--eval.tasks", "2", "--eval.estimators", "transformer"], check=True, stdout=subprocess.DEVNULL, timeout=60, env=environment)
        self.assertEqual(found(os.path.join(steps, "steps-000000000000.h5")),
                         {path: row for path, row in documented({"Every file", "run.h5 and checkpoint.h5"}).items()
                          if path.startswith("/training") or path in documented({"Every file"})})

    def test_sweep_file_is_what_the_schema_says(self):
        out = os.path.join(self.folder, "sweep")
        keys = ["--model.layers", "1", "--model.width", "8", "--model.heads", "2", "--train.steps", "4", "--train.evaluate_every",
                "2", "--train.tasks_per_step", "4", "--eval.tasks", "5", "--eval.trace", "2", "--eval.estimators", "transformer,em"]
        subprocess.run([TVEM, "sweep", "--out", out, *keys, "--sweep.run.seed", "1, 2", "--sweep.task.points & evaluate.task.noise",
                        "20 & laplace, 30 & gaussian"], check=True, stdout=subprocess.DEVNULL, timeout=120)
        subprocess.run([TVEM, "collect", out, "--per-task", "error"], check=True, stdout=subprocess.DEVNULL, timeout=120)
        rows = found(os.path.join(out, "sweep.h5"))
        axes = {"/seed": ("seed", "int64"), "/points": ("points", "int64"), "/evaluate_noise": ("points", "text")}
        for axis, row in axes.items():
            self.assertEqual(rows.pop(axis), row)
        rows = {path: (re.sub("^points, estimator", "other axes, estimator", dims.replace("seed, points", "axes")), kind)
                for path, (dims, kind) in rows.items()}
        expected = documented({"Every file", "sweep.h5"})
        del expected["/AXIS"]
        self.assertEqual(rows, expected)

    def test_every_array_has_a_description(self):
        with h5py.File(self.run_file) as file:
            def visit(name, item):
                if isinstance(item, h5py.Dataset) and not name.endswith("/start"):
                    self.assertTrue(item.attrs["long_name"], name)
            file.visititems(visit)
            self.assertEqual(file["evaluation/seconds"].attrs["units"], "s")

    def test_user_block_holds_the_digest_of_the_rest(self):
        for path in (self.run_file, self.checkpoint_file):
            with open(path, "rb") as file:
                content = file.read()
            digest = hashlib.sha256(content[512:]).hexdigest()
            self.assertTrue(content.startswith(f"tvem file\nsha256 {digest}\n".encode()))

    def test_content_sha256_is_what_the_schema_says(self):
        for path in (self.run_file, self.checkpoint_file):
            with h5py.File(path) as file:
                self.assertEqual(file.attrs["content_sha256"], hashlib.sha256(our_files.content(file)).hexdigest())

    def test_xarray_reads_named_dimensions_and_coordinates(self):
        with xarray.open_dataset(self.run_file, group="evaluation", engine="h5netcdf") as table:
            self.assertEqual(dict(table.sizes), {"estimator": 6, "task": 17, "iteration": 5})
            self.assertEqual(table.estimator.values.tolist(), ESTIMATORS)
            self.assertEqual(table.task.values.tolist(), list(range(17)))
            self.assertEqual(table.error.dims, ("estimator", "task"))
            one = table.error.sel(estimator="em:restarts=3", task=5)
            with h5py.File(self.run_file) as file:
                self.assertEqual(float(one), file["evaluation/error"][2, 5])
            difference = table.error.sel(estimator="em") - table.error.sel(estimator="transformer")
            self.assertEqual(difference.dims, ("task",))
            self.assertTrue((table.error.sel(estimator="bayes") <= table.bayes_error_raw).all())
            self.assertTrue(set(table.components.values.tolist()) <= {2, 3})
            np.testing.assert_allclose(table.excess_error, table.error - table.bayes_error)
            self.assertTrue((table.excess_error.sel(estimator="bayes") == 0).all())
            trace = table.trace_log_likelihood_mean.sel(estimator="em").values
            self.assertTrue((np.diff(trace) > 0).all())
            self.assertTrue(np.isnan(table.trace_error_mean.sel(estimator="transformer")).all())
            self.assertTrue(((table.points >= 20) & (table.points <= 30)).all())
        with xarray.open_dataset(self.run_file, group="training", engine="h5netcdf") as training:
            self.assertEqual(training.step.values.tolist(), list(range(12)))
            self.assertEqual(training.loss_mean.dims, ("step",))
        with xarray.open_dataset(self.run_file, group="learning_curve", engine="h5netcdf") as curve:
            self.assertEqual(curve.step.values.tolist(), [0, 5, 10, 12])
        with xarray.open_dataset(self.run_file, group="provenance", engine="h5netcdf") as provenance:
            self.assertEqual(dict(provenance.sizes), {"start": 1})
            self.assertIn("tvem run", str(provenance.command.values[0]))

    def test_sums_agree_with_the_arrays(self):
        with h5py.File(self.run_file) as file:
            group = file["evaluation"]
            for metric in METRICS:
                values = group[metric][()]
                np.testing.assert_allclose(group[metric + "_sum"], np.nansum(values, axis=1), rtol=1e-13)
                np.testing.assert_allclose(group[metric + "_square_sum"],
                                           np.nansum(values ** 2, axis=1), rtol=1e-13)
                np.testing.assert_array_equal(group[metric + "_count"],
                                              np.sum(~np.isnan(values), axis=1))
                np.testing.assert_array_equal(group[metric + "_nan_count"],
                                              np.sum(np.isnan(values), axis=1))
            self.assertEqual(group["log_likelihood_nan_count"][0], 17)

    def test_parameters_fill_the_flat_vector(self):
        with h5py.File(self.checkpoint_file) as file:
            ends = sorted((item.attrs["offset"], item.attrs["offset"] + item.size)
                          for item in file["parameters"].values())
            self.assertEqual(ends[0][0], 0)
            for (_, end), (begin, _) in zip(ends, ends[1:]):
                self.assertEqual(end, begin)
            self.assertEqual(ends[-1][1], file["optimizer/first_moment"].size)
            self.assertEqual(file["parameters/layers.0.qkv.weight"].shape, (8, 24))
            self.assertEqual(file["parameters/components.weight"].shape, (2, 8))

    def test_configuration_in_the_file_repeats_the_run(self):
        again = os.path.join(self.folder, "again")
        config = os.path.join(self.folder, "again.ini")
        with h5py.File(self.run_file) as file, open(config, "w", encoding="utf-8") as text:
            text.write(file["config"].attrs["text"])
        subprocess.run([TVEM, "run", "--config", config, "--out", again], check=True,
                       stdout=subprocess.DEVNULL, timeout=120)
        with h5py.File(self.run_file) as a, h5py.File(os.path.join(again, "run.h5")) as b:
            self.assertEqual(a.attrs["run_id"], b.attrs["run_id"])
            self.assertEqual(a["training/loss_mean"][()].tobytes(), b["training/loss_mean"][()].tobytes())


if __name__ == "__main__":
    TVEM, SCHEMA = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
