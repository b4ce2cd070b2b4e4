"""The program as a user meets it: exit codes, messages, files, and the same bits on any number of ranks.

usage: run_test.py TVEM MPIEXEC [unittest arguments]
"""

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

import our_files

TVEM, MPIEXEC = "", ""

# A small training over ragged tasks: seconds, not minutes.
SMALL = """
[task]
dim = 2
components = 2..4
points = 20..40
[model]
layers = 2
heads = 2
width = 16
[train]
steps = 50
tasks_per_step = 13
warmup = 5
schedule = constant
checkpoint_every = 20
evaluate_every = 25
evaluate_tasks = 16
[eval]
tasks = 24
estimators = transformer, em, lloyd, bayes, chance
"""

# Trainings whose rate is 1e6 diverge with these.
UNBOUNDED = ("--train.optimizer", "adam", "--train.clip", 0, "--model.norm", "none")


def run(*arguments, ranks=0, timeout=120):
    """Runs tvem (under mpirun with `ranks`) and returns the completed process."""
    command = [TVEM, *map(str, arguments)]
    if ranks:
        command = [MPIEXEC, "-n", str(ranks), *command]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)


def parameters(folder):
    with h5py.File(os.path.join(folder, "checkpoint.h5")) as file:
        names = []
        file["parameters"].visititems(
            lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        return {name: file["parameters"][name][()] for name in names}


class CliTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tvem-cli-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.config = self.path("small.ini")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(SMALL)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def train(self, out, *keys, ranks=0, expect=0):
        done = run("run", "--config", self.config, "--out", self.path(out), *keys, ranks=ranks)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def assert_same_parameters(self, a, b):
        a, b = parameters(self.path(a)), parameters(self.path(b))
        self.assertEqual(a.keys(), b.keys())
        self.assertGreater(len(a), 10)
        for name, value in a.items():
            self.assertEqual(value.tobytes(), b[name].tobytes(), name)


class Ranks(CliTest):
    def test_checkpoint_after_50_steps_same_bits_on_1_2_3_4_ranks(self):
        self.train("serial")
        for ranks in (1, 2, 3, 4):
            self.train(f"ranks{ranks}", ranks=ranks)
            self.assert_same_parameters("serial", f"ranks{ranks}")
            with h5py.File(self.path("serial", "run.h5")) as a, \
                    h5py.File(self.path(f"ranks{ranks}", "run.h5")) as b:
                for name in ("training/loss_mean", "training/error_mean", "learning_curve/error_mean",
                             "evaluation/error", "evaluation/log_likelihood"):
                    self.assertEqual(a[name][()].tobytes(), b[name][()].tobytes(), name)
                self.assertEqual(int(b["provenance/ranks"][0]), ranks)

    def test_another_seed_other_parameters(self):
        self.train("a")
        self.train("b", "--run.seed", 2)
        a, b = parameters(self.path("a")), parameters(self.path("b"))
        self.assertFalse(np.array_equal(a["readout.weight"], b["readout.weight"]))


class Output(CliTest):
    def shell(self, command):
        return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)

    def test_full_output_is_a_failure_with_a_sentence(self):
        self.train("run", "--train.steps", 3)
        for words in (f"report --csv {self.path('run')}", f"status --tsv {self.path('run')}", "--help", "run --help", "--version",
                      f"run --config {self.config} --out {self.path('other')} --train.steps 3"):
            done = self.shell(f"{TVEM} {words} > /dev/full")
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("standard output could not be written: No space left on device", done.stderr)
        self.assertIn("finished", run("status", self.path("other")).stdout)  # the work itself was done

    def test_training_outlives_whoever_reads_of_it(self):
        done = self.shell(f"{TVEM} run --config {self.config} --out {self.path('run')} | head -1; exit ${{PIPESTATUS[0]}}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count("\n"), 1)
        self.assertIn("finished", run("status", self.path("run")).stdout)

    def test_the_learning_curve_is_on_tasks_of_its_own(self):
        def curve_and_error(name, n_tasks=40, seed=5):
            self.train(name, "--train.steps", 4, "--train.evaluate_every", 4, "--train.evaluate_tasks", 40, "--eval.tasks",
                       n_tasks, "--eval.seed", seed)
            with h5py.File(self.path(name, "run.h5")) as file:
                return file["learning_curve/error_mean"][-1], file["evaluation/error"][0].mean()
        curve, error = curve_and_error("a")
        self.assertNotEqual(curve, error)  # though of the same model on as many tasks
        self.assertEqual(curve_and_error("b", n_tasks=20)[0], curve)
        self.assertNotEqual(curve_and_error("c", seed=3)[0], curve)

    def test_long_numbers_keep_apart(self):
        self.train("run", "--task.dim", 600, "--task.components", 2, "--task.points", 6, "--task.sigma", "1e9",
                   "--task.scale", "1e9", "--train.steps", 1, "--eval.tasks", 4)
        table = run("report", "--detail", self.path("run")).stdout
        self.assertRegex(table, r"(?m)^bayes +.* -\d{5}\.\d{3} +-\d{5}\.\d{3} ")
        rows = [line.replace("[", " ").replace(",", " ").replace("]", " ").split() for line in table.splitlines()]
        self.assertEqual({len(row) for row in rows if row and row[0] in ("lloyd", "bayes", "chance")}, {11, 10, 7}, table)


class WithoutMpi(CliTest):
    def test_commands_that_read_start_no_mpi(self):
        self.train("run", "--train.steps", 3)
        grid = ("--config", self.config, "--train.steps", 3, "--sweep.run.seed", "1, 2")
        self.assertEqual(run("sweep", *grid, "--out", self.path("sweep")).returncode, 0)
        os.environ["OMPI_MCA_btl"] = "none"  # as where there is no network
        self.addCleanup(os.environ.pop, "OMPI_MCA_btl")
        asked = ("--config", self.config, "--train.steps", 3, "--out", self.path("run"))
        self.assertNotEqual(run("run", *asked).returncode, 0)
        for words in (("--help",), ("--version",), ("run", "--help"), ("report", self.path("run")), ("status", self.path("run")),
                      ("run", *asked, "--status"), ("sweep", *grid, "--list"), ("sweep", *grid, "--out", self.path("sweep"), "--status"),
                      ("collect", self.path("sweep")), ("report", self.path("sweep"))):
            done = run(*words)
            self.assertEqual(done.returncode, 0, (words, done.stderr))
            self.assertTrue(done.stdout)

    def test_under_a_launcher_one_process_speaks(self):
        self.train("run", "--train.steps", 3)
        alone, three = run("report", self.path("run")), run("report", self.path("run"), ranks=3)
        self.assertEqual((three.returncode, three.stdout), (0, alone.stdout))
        self.assertEqual(run("report", self.path("nowhere"), ranks=3).stderr.count("there is no run"), 1)

    def test_files_without_a_table_are_named(self):
        self.train("run", "--train.steps", 3)
        run("sweep", "--config", self.config, "--train.steps", 3, "--sweep.run.seed", "1, 2", "--out", self.path("sweep"))
        run("collect", self.path("sweep"))
        for name, words in (("sweep/sweep.h5", "give the sweep's folder"), ("run/checkpoint.h5", "give the run's folder")):
            done = run("report", self.path(name))
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)


class Folder(CliTest):
    def test_finished_run_says_so_and_changes_nothing(self):
        self.train("run")
        with open(self.path("run", "run.h5"), "rb") as file:
            before = file.read()
        again = self.train("run")
        self.assertIn("finished", again.stdout)
        self.assertNotIn("note", again.stdout)
        named = self.train("run", "--run.name", "other", "--train.evaluate_every", 5)
        self.assertIn("run-", named.stdout)
        for words in ("run.name: run there, other asked for: the run is finished, so this has no effect",
                      "train.evaluate_every: 25 there, 5 asked for: the run is finished, so this has no effect"):
            self.assertIn(words, named.stdout)
        with open(self.path("run", "run.h5"), "rb") as file:
            self.assertEqual(before, file.read())

    def test_finished_run_of_another_user_is_finished(self):
        self.train("run", "--train.steps", 3)
        self.train("left", "--train.steps", 3, "--eval.tasks", 4)
        os.mkdir(self.path("closed"))
        program = shutil.copy(TVEM, self.path("tvem"))  # where everybody can read it
        os.chmod(self.folder, 0o755)
        for name, mode in (("run", 0o555), ("left", 0o555), ("closed", 0o700)):
            os.chmod(self.path(name), mode)
            self.addCleanup(os.chmod, self.path(name), 0o755)
        as_other = ["setpriv", "--reuid", "65534", "--clear-groups"] if os.getuid() == 0 else []
        for out, code, words in (("run", 0, "is finished"), ("left", 2, "left"), ("closed/run", 2, "Permission denied"),
                                 ("x" * 300, 2, "File name too long")):
            done = subprocess.run([*as_other, program, "run", "--config", self.config, "--train.steps", "3", "--out", self.path(out)],
                                  capture_output=True, text=True, timeout=60, check=False, cwd=self.folder)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            self.assertIn(words, done.stdout + done.stderr)
            self.assertNotIn("filesystem error", done.stderr)

    def test_more_steps_resume_on_other_ranks_same_bits_as_at_once(self):
        self.train("run", "--train.steps", 30, ranks=2)
        resumed = self.train("run", ranks=3)
        self.assertIn("from step 30", resumed.stdout)
        self.train("whole")
        self.assert_same_parameters("run", "whole")
        with h5py.File(self.path("run", "run.h5")) as a, h5py.File(self.path("whole", "run.h5")) as b:
            self.assertEqual(a["training/step"][()].tolist(), list(range(50)))
            self.assertEqual(a["training/loss_mean"][()].tobytes(),
                             b["training/loss_mean"][()].tobytes())
            self.assertEqual(a["provenance/ranks"][()].tolist(), [2, 3])

    def test_another_training_exit_2_and_the_keys_that_differ(self):
        self.train("run")
        before = sorted(os.listdir(self.path("run")))
        other = self.train("run", "--train.rate", 0.5, "--model.layers", 3, expect=2)
        self.assertIn("train.rate", other.stderr)
        self.assertIn("model.layers", other.stderr)
        self.assertNotIn("train.clip", other.stderr)
        self.assertEqual(before, sorted(os.listdir(self.path("run"))))
        self.train("run")

    def test_keys_without_effect_are_named(self):
        done = self.train("run", "--task.degrees", 3, "--train.optimizer", "adam", "--train.momentum", 0.5, "--em.rate", 0.2, "--em.restarts", 2,
                          "--em.max_iterations", 50, "--train.steps", 3)
        for words in ("note: task.degrees = 3 has no effect without task.noise = student",
                      "note: train.momentum = 0.5", "note: em.rate = 0.2"):
            self.assertIn(words, done.stdout)
        self.assertEqual(done.stdout.count("has no effect"), 3)
        self.assertIn("estimators that do not say otherwise have em.restarts = 2, em.max_iterations = 50, "
                      "em.rate = 0.2", done.stdout)

    def test_tasks_far_from_unit_size_are_named(self):
        for scale, is_far in ((1e-6, True), (1e20, True), (0.02, False), (1, False)):
            done = self.train(f"size{scale}", "--task.scale", scale, "--task.sigma", scale, "--train.steps", 1)
            note = re.search(r"note: coordinates of tasks are about (\S+) in size.*standardize = true", done.stdout)
            self.assertEqual(note is not None, is_far, done.stdout)
            self.assertTrue(not is_far or scale < float(note.group(1)) < 2 * scale, done.stdout)
        done = self.train("standardised", "--task.scale", 1e20, "--task.sigma", 1e20, "--input.standardize", "true",
                          "--train.steps", 1)
        self.assertNotIn("in size", done.stdout)

    def test_new_estimator_evaluates_and_does_not_retrain(self):
        self.train("run")
        before = parameters(self.path("run"))
        done = self.train("run", "--eval.estimators", "transformer, em:restarts=3, bayes")
        self.assertNotIn("training 1/", done.stdout)
        with h5py.File(self.path("run", "run.h5")) as file:
            names = [name.decode() for name in file["evaluation/estimator"][()]]
        self.assertEqual(names, ["transformer", "em:restarts=3", "bayes"])
        after = parameters(self.path("run"))
        for name, value in before.items():
            self.assertEqual(value.tobytes(), after[name].tobytes())

    def damage(self, *parts):
        with open(self.path(*parts), "r+b") as file:
            file.seek(5000)
            byte = file.read(1)
            file.seek(5000)
            file.write(bytes([byte[0] ^ 0xFF]))

    def errors(self, out):
        with h5py.File(self.path(out, "run.h5")) as file:
            return file["evaluation/error"][()].tobytes(), file["training/loss_mean"][()].tobytes()

    def test_finished_run_with_damaged_checkpoints_is_repaired(self):
        self.train("whole")
        self.train("run")
        expected = self.errors("run")
        for damaged, step, words in ((("checkpoint.h5",), 40, "goes on from there"),
                                     (("checkpoint.h5", "checkpoint.previous.h5"), 0, "trains anew")):
            for name in damaged:
                self.damage("run", name)
            status = run("status", self.path("run"))
            self.assertEqual(status.returncode, 75)
            self.assertRegex(status.stdout, f"^unfinished .*: step {step} of 50.* is damaged.*{words}")
            self.assertEqual(run("run", "--status", "--config", self.config, "--out", self.path("run")).returncode, 75)
            # Stopped on its way, it keeps its results, and is not finished.
            self.train("run", "--max-minutes", 0.000001, expect=75)
            self.assertEqual(self.errors("run"), expected)
            self.assertRegex(run("status", self.path("run")).stdout, f"^unfinished .*{words}")
            self.train("run", ranks=2)
            self.assertEqual(run("status", self.path("run")).returncode, 0)
            self.assert_same_parameters("run", "whole")
            self.assertEqual(self.errors("run"), expected)
            self.assertIn("is finished", self.train("run").stdout)
        self.assertTrue(os.path.exists(self.path("run", "checkpoint.h5.kept-1")))
        for name in ("checkpoint.h5", "checkpoint.previous.h5"):  # the user's own decision
            os.remove(self.path("run", name))
        self.assertEqual(run("status", self.path("run")).returncode, 0)
        self.assertIn("is finished", self.train("run").stdout)
        self.assertIn("no checkpoint to evaluate anew", self.train("run", "--eval.seed", 77, expect=2).stderr)

    def test_unfinished_run_with_damaged_checkpoints_alone_says_what_to_do(self):
        self.train("run", "--train.steps", 20)
        for name in os.listdir(self.path("run")):
            if name.startswith("checkpoint"):
                self.damage("run", name)
        self.assertIn("move its checkpoint files away", self.train("run", expect=2, ranks=2).stderr)
        for name in os.listdir(self.path("run")):
            if name.startswith("checkpoint"):
                os.remove(self.path("run", name))
        self.train("run")

    def test_state_of_another_build_is_noted(self):
        self.train("run", "--train.steps", 20)
        self.assertNotIn("computed by", self.train("run", "--train.steps", 30).stdout)

        def edit(file):
            file["provenance/git_revision"][-1] = "0123456"
        our_files.change(self.path("run", "run.h5"), edit)
        text = self.train("run").stdout
        self.assertRegex(text, r"note: until here it was computed by tvem .* \(0123456\), and goes on by tvem ")
        self.assertNotIn("computed by", self.train("run", "--eval.seed", 9).stdout)

    def test_divergence_exit_1_and_what_to_do(self):
        os.environ["TVEM_TEST_WRITE_DELAY_MS"] = "500"  # longer than mpirun waits for the others when the first rank has left
        self.addCleanup(os.environ.pop, "TVEM_TEST_WRITE_DELAY_MS", None)
        done = self.train("run", "--train.rate", "1e6", *UNBOUNDED, ranks=3,
                          expect=1)
        self.assertIn("training diverged: in step", done.stderr)
        self.assertIn("train.rate", done.stderr)
        self.assertFalse(os.path.exists(self.path("run", "claim.txt")))
        del os.environ["TVEM_TEST_WRITE_DELAY_MS"]
        os.mkdir(self.path("full"))
        open(self.path("full", "diverged"), "w", encoding="ascii").close()
        full = self.train("full", "--train.rate", "1e6", *UNBOUNDED, ranks=3, expect=1)
        self.assertRegex(full.stderr, "training diverged: in step .* could not be kept")
        # The state that is left repeats the steps.
        step = done.stderr.split("diverged: in step ")[1].split(",")[0]
        self.assertIn(self.path("run", "diverged"), done.stderr)
        again = self.train(os.path.join("run", "diverged"), "--train.rate", "1e6", *UNBOUNDED,
                           expect=1)
        self.assertIn(f"training diverged: in step {step},", again.stderr)

    def test_diverged_run_says_so_until_it_is_started_again(self):
        wrong = ("--train.rate", "1e6", *UNBOUNDED)
        self.train("run", *wrong, expect=1)
        status, report = run("status", self.path("run")), run("report", self.path("run"))
        self.assertRegex(status.stdout, "^failed .*training diverged: in step")
        self.assertIn("the last start failed: training diverged", report.stdout)
        self.assertEqual((status.returncode, report.returncode), (75, 0))
        self.train("run", "--train.rate", 0.001, expect=2)  # another training: the record stays
        self.assertIn("failed", run("status", self.path("run")).stdout)
        self.train("fine", "--train.steps", 10)
        with open(self.path("fine", "failed.txt"), "w", encoding="ascii") as file:
            file.write("# Written by tvem: why the last start failed.\nthat was yesterday")
        self.train("fine")
        self.assertFalse(os.path.exists(self.path("fine", "failed.txt")))

    def test_damaged_checkpoint_previous_one_is_used(self):
        self.train("run", "--train.steps", 40)
        self.damage("run", "checkpoint.h5")
        done = self.train("run")
        self.assertIn("checkpoint.h5", done.stdout + done.stderr)
        self.train("whole")
        self.assert_same_parameters("run", "whole")


class WrongInput(CliTest):
    def refused(self, *arguments, ranks=0):
        out = self.path("never")
        done = run("run", "--out", out, *arguments, ranks=ranks)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertFalse(os.path.exists(out), "something was written")
        return done.stderr

    def test_all_problems_at_once_and_nothing_written(self):
        text = self.refused("--task.dmi", 3, "--model.layers", "many", "--train.rate", -1,
                            "--task.components", "5..2", "--em.start", "oracel")
        for word in ("task.dmi", "task.dim", "model.layers", "many", "train.rate", "task.components",
                     "em.start", "kmeans++"):
            self.assertIn(word, text)

    def test_problems_of_all_modules_at_once(self):
        text = self.refused("--model.heads", 3, "--task.covariance", "spherical", "--eval.estimators",
                            "em:foo=1, lloyd", "--em.start", "oracle")
        for word in ("model.heads", "task.sigma as a range", "eval.estimators: \"em:foo=1\"", "lloyd:start=oracle"):
            self.assertIn(word, text)

    def test_pipe_as_configuration_is_refused_at_once(self):
        os.mkfifo(self.path("pipe"))
        self.assertIn("pipe", self.refused("--config", self.path("pipe")))

    def test_under_mpirun_each_problem_is_told_once(self):
        text = self.refused("--train.rate", "fast", ranks=3)
        self.assertEqual(text.count("train.rate"), 1, text)

    def test_problems_of_prior_and_estimators(self):
        text = self.refused("--task.separation", 50, "--eval.estimators", "em:restart=3, kmeans")
        for word in ("task.separation", "em:restart=3", "kmeans"):
            self.assertIn(word, text)

    def test_environment_that_names_nothing_exit_2_and_what_it_takes(self):
        for name, value, accepted in (("TVEM_INSTRUCTION_SET", "avx1024", "this processor has portable"), ("TVEM_CACHES", "48K", "as in 48,2048")):
            done = subprocess.run([TVEM, "run", "--out", self.path("out"), "--train.steps", "1"], capture_output=True, text=True,
                                  timeout=60, check=False, env={**os.environ, name: value})
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(f'{name} is "{value}"', done.stderr)
            self.assertIn(accepted, done.stderr)
            self.assertFalse(os.path.exists(self.path("out")))

    def test_missing_configuration_file(self):
        self.assertIn("no-such.ini", self.refused("--config", self.path("no-such.ini")))
        self.assertIn(self.folder, self.refused("--config", self.folder))

    def test_width_not_a_multiple_of_heads(self):
        text = self.refused("--model.width", 30, "--model.heads", 4)
        self.assertIn("model.width", text)

    def test_missing_out_and_unknown_commands(self):
        for arguments in (("run",), ("rum",), (), ("report",), ("report", self.path("nothing"))):
            done = run(*arguments)
            self.assertEqual(done.returncode, 2, (arguments, done.stdout, done.stderr))
            self.assertTrue(done.stderr.strip())

    def test_report_of_a_file_that_is_no_run(self):
        for content in (b"", b"text", b"tvem file\nsha256 " + b"0" * 600):
            with open(self.path("odd.h5"), "wb") as file:
                file.write(content)
            done = run("report", self.path("odd.h5"))
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("odd.h5", done.stderr)

    def test_help_and_version(self):
        for arguments, words in ((("--help",), ("run", "report")),
                                 (("run", "--help"), ("task.separation", "em.variance_floor", "--out")),
                                 (("report", "--help"), ("--csv",)),
                                 (("--version",), ("tvem", "Eigen", "HDF5"))):
            done = run(*arguments)
            self.assertEqual(done.returncode, 0)
            for word in words:
                self.assertIn(word, done.stdout)


class Failure(CliTest):
    def test_a_rank_that_fails_ends_the_job_with_its_message(self):
        # Only rank 0 writes, so only it finds that the checkpoint cannot be put in its place.
        os.makedirs(self.path("run", "checkpoint.h5", "in-the-way"))
        start = time.monotonic()
        done = run("run", "--config", self.config, "--out", self.path("run"), ranks=3, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("checkpoint.h5", done.stderr)
        self.assertLess(time.monotonic() - start, 30)


class Report(CliTest):
    def test_table_and_csv_have_every_estimator(self):
        self.train("run")
        table = run("report", self.path("run")).stdout
        csv = run("report", self.path("run"), "--csv").stdout.strip().splitlines()
        self.assertEqual(len(csv), 6)
        columns = csv[0].split(",")
        with h5py.File(self.path("run", "run.h5")) as file:
            error = file["evaluation/error"][()]
            names = [name.decode() for name in file["evaluation/estimator"][()]]
        for line, name, row in zip(csv[1:], names, error):
            values = dict(zip(columns, line.split(",")))
            self.assertIn(name, table)
            self.assertEqual(values["estimator"], name)
            self.assertAlmostEqual(float(values["error_mean"]), row.mean(), places=12)
            self.assertAlmostEqual(float(values["error_standard_error"]),
                                   row.std(ddof=1) / np.sqrt(len(row)), places=12)
            difference = row - error[0]
            half = 1.96 * difference.std(ddof=1) / np.sqrt(len(row))
            for column, expected in (("mean", difference.mean()), ("low", difference.mean() - half),
                                     ("high", difference.mean() + half)):
                self.assertAlmostEqual(float(values["difference_" + column]), expected, places=12)
            self.assertLessEqual(float(values["bootstrap_low"]), difference.mean() + 1e-12)
            self.assertGreaterEqual(float(values["bootstrap_high"]), difference.mean() - 1e-12)
            if name != "transformer":
                cells = next(line for line in table.splitlines() if line.startswith(name + " ")).split()
                self.assertEqual(cells[1], f"{row.mean():.4f}")
                self.assertEqual(cells[3], f"{difference.mean():+.4f}")
            self.assertAlmostEqual(float(values["error_quantile_90"]), np.quantile(row, 0.9), places=12)
            self.assertAlmostEqual(float(values["win_rate"]),
                                   (row < error[0]).mean() + (row == error[0]).mean() / 2, places=12)
        detail = run("report", self.path("run"), "--detail").stdout
        self.assertIn("difference, bootstrap", detail)
        self.assertTrue(detail.startswith(table[:table.index("\n\nBayes")]))

    def test_the_bayes_error_as_control_variate(self):
        self.train("run", "--task.means", "simplex", "--task.separation", 2, "--task.components", 3, "--train.steps", 2)
        with h5py.File(self.path("run", "run.h5")) as file:
            error, control = file["evaluation/error"][()], file["evaluation/bayes_error_raw"][()]
            names = [name.decode() for name in file["evaluation/estimator"][()]]
        text = run("report", self.path("run"), "--control").stdout
        lines = text[text.index("with the Bayes error as control variate"):].splitlines()
        exact = float(re.search(r"(0\.\d{4}) by its closed form", text)[1])
        for line, name, row in zip(lines[1:], names, error):
            slope = np.cov(row, control)[0, 1] / control.var(ddof=1)
            rest = row - row.mean() - slope * (control - control.mean())
            cells = line.split()
            self.assertEqual(cells[0], name)
            self.assertAlmostEqual(float(cells[1]), row.mean() - slope * (control.mean() - exact), delta=1.5e-4)
            self.assertAlmostEqual(float(cells[2]), np.sqrt((rest**2).sum() / (len(row) * (len(row) - 2))), delta=6e-5)
            self.assertEqual(cells[3], f"{row.mean():.4f}")
        done = run("report", self.path("run"), "--control", "--csv")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("leave out --csv", done.stderr)

    def test_errors_above_the_posterior_optimum_are_paired(self):
        posterior = "posterior:samples=20:burn_in=10"
        done = self.train("run", "--task.separation", 0, "--train.steps", 2, "--eval.estimators", "transformer, lloyd, " + posterior)
        with h5py.File(self.path("run", "run.h5")) as file:
            error = file["evaluation/error"][()]
        lines = done.stdout.splitlines()
        lines = lines[next(i for i, line in enumerate(lines) if line.startswith("above the posterior optimum")):]
        columns, *rows = [line.split(",") for line in run("report", self.path("run"), "--csv").stdout.splitlines()]
        self.assertEqual(lines[3], "")  # the optimum itself has no row
        for name, line, row, values in zip(("transformer", "lloyd"), lines[1:], error, rows):
            difference = row - error[2]
            self.assertEqual(line.split()[0], name)
            self.assertIn(f"{difference.mean():+.4f} [", line)
            self.assertAlmostEqual(float(values[columns.index("above_posterior_mean")]), difference.mean(), places=12)
            self.assertAlmostEqual(float(values[columns.index("above_posterior_standard_error")]),
                                   difference.std(ddof=1) / np.sqrt(len(row)), places=12)
        self.assertNotIn("posterior optimum", self.train("without").stdout)

    def test_failed_tasks_have_rows_and_are_counted(self):
        # Without a floor, full covariances on few points end in steps without a finite result.
        done = self.train("run", "--task.dim", 3, "--task.components", 3, "--task.points", 14, "--train.steps", 2,
                          "--eval.tasks", 60, "--eval.estimators", "transformer, em:covariance=full:variance_floor=0",
                          ranks=2)
        with h5py.File(self.path("run", "run.h5")) as file:
            words = file["evaluation/status"].attrs["flag_meanings"].split()
            status = file["evaluation/status"][1]
            failed = status == words.index("failed")
            self.assertGreater(failed.sum(), 3)
            self.assertFalse(np.isnan(file["evaluation/error"][1]).any())
            self.assertLess(file["evaluation/error"][1][failed].mean(), 0.55)
            self.assertGreater(file["evaluation/ari"][1][failed].mean(), 0.02)
            self.assertLess(np.nanmax(file["evaluation/log_likelihood"][1]), 100)
        self.assertIn(f"{failed.sum()} failed", done.stdout)
        self.assertIn(f",{failed.sum()},", run("report", self.path("run"), "--csv").stdout)

    def test_simplex_tasks_have_their_closed_form(self):
        done = self.train("run", "--task.means", "simplex", "--task.separation", "2", "--task.components", "2")
        self.assertIn("closed form for equidistant means: 0.1587", done.stdout)  # Phi(-1)
        self.assertIn("minimax rate exp(-Delta^2 / 8): 0.6065", done.stdout)


if __name__ == "__main__":
    TVEM, MPIEXEC = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
