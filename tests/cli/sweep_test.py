"""tvem sweep and tvem status: the same bits as each run alone, nothing done twice, failures recorded.

usage: sweep_test.py TVEM MPIEXEC [unittest arguments]
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import h5py

TVEM, MPIEXEC = "", ""

SWEEP = """
[task]
components = 2
points = 20
[model]
heads = 2
width = 8
layers = 1
[train]
steps = 12
tasks_per_step = 8
checkpoint_every = 5
[eval]
tasks = 16
estimators = transformer, em
[sweep]
model.layers = 1, 2
task.separation = 1, 2, 3
run.seed = 1..4
"""
N_TRAININGS, N_RUNS = 24, 27  # and three sets of baselines, which come first
N_BASELINES = N_RUNS - N_TRAININGS

# Trainings whose rate is 1e6 diverge with these.
UNBOUNDED = ("--train.optimizer", "adam", "--train.clip", 0, "--model.norm", "none")


def run(*arguments, ranks=0):
    command = [TVEM, *map(str, arguments)]
    if ranks:
        command = [MPIEXEC, "-n", str(ranks), *command]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


class SweepTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tvem-sweep-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.config = self.path("sweep.ini")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(SWEEP)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def sweep(self, out, *options, ranks=0, expect=0):
        done = run("sweep", "--config", self.config, "--out", self.path(out), *options, ranks=ranks)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done

    def runs(self):
        """id -> {axis: value}, as --list --tsv says."""
        done = run("sweep", "--config", self.config, "--list", "--tsv")
        self.assertEqual(done.returncode, 0, done.stderr)
        header, *lines = [line.split("\t") for line in done.stdout.splitlines()]
        self.assertEqual(header[:2], ["index", "id"])
        self.assertEqual([int(line[0]) for line in lines], list(range(len(lines))))
        return {line[1]: dict(zip(header[2:], line[2:])) for line in lines}

    def bits(self, *parts):
        with h5py.File(self.path(*parts, "checkpoint.h5")) as file:
            values = []
            file["parameters"].visititems(
                lambda name, item: values.append(item[()].tobytes()) if isinstance(item, h5py.Dataset) else None)
        return b"".join(values)

    def errors(self, *parts):
        """estimator -> bits of its errors"""
        with h5py.File(self.path(*parts)) as file:
            names = [name.decode() for name in file["evaluation/estimator"][()]]
            return {name: row.tobytes() for name, row in zip(names, file["evaluation/error"][()])}

    def status(self, out, expect):
        done = run("status", self.path(out))
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout

    def test_every_run_has_the_bits_that_it_has_alone(self):
        runs = self.runs()
        self.assertEqual(len(runs), N_RUNS)
        self.sweep("two", ranks=2)
        self.assertIn(f"{N_RUNS} finished", self.status("two", 0))
        for groups, ranks in ((2, 2), (2, 3)):
            done = self.sweep(f"groups{ranks}", "--groups", groups, ranks=ranks)
            self.assertIn(f"{N_RUNS} runs: {N_RUNS} finished, 0 running, 0 unfinished, 0 failed, 0 missing; {N_RUNS} done now",
                          done.stdout)
            self.assertEqual(done.stdout.count(": finished in"), N_RUNS)
            self.assertRegex(done.stdout, rf"; \d+ of {N_RUNS} runs finished, \d running, 0 failed")
        baselines = {values["task.separation"]: name for name, values in runs.items() if not values["run.seed"]}
        self.assertEqual(sorted(baselines), ["1", "2", "3"])
        for name, values in runs.items():
            if name in baselines.values():
                continue
            keys = [part for key, value in values.items() for part in ("--" + key, value)]
            base = self.path("base.ini")
            with open(base, "w", encoding="utf-8") as file:
                file.write(SWEEP[:SWEEP.index("[sweep]")])
            alone = run("run", "--config", base, "--out", self.path("alone", name), *keys)
            self.assertEqual(alone.returncode, 0, alone.stderr)
            errors = self.errors("alone", name, "run.h5")
            for out in ("two", "groups2", "groups3"):
                self.assertEqual(self.bits(out, name), self.bits("alone", name), name)
                self.assertEqual(self.errors(out, name, "run.h5"), {"transformer": errors["transformer"]})
                self.assertEqual(self.errors(out, baselines[values["task.separation"]], "evaluation.h5"), {"em": errors["em"]})
        # The report of a run joins the baselines of its tasks.
        name = list(runs)[-1]
        joined = run("report", self.path("two", name)).stdout
        alone = run("report", self.path("alone", name)).stdout
        row = lambda text, estimator: [line.split()[:4] for line in text.splitlines() if line.startswith(estimator + " ")]
        for estimator in ("transformer", "em"):
            self.assertEqual(len(row(joined, estimator)), 1, joined)
            self.assertEqual(row(joined, estimator), row(alone, estimator))

    def test_killed_and_started_again_no_finished_run_is_repeated(self):
        process = subprocess.Popen([TVEM, "sweep", "--config", self.config, "--out", self.path("killed"),
                                    "--train.steps", "60"], stdout=subprocess.DEVNULL)
        names = self.runs_of("--train.steps", 60)
        third = self.path("killed", names[N_BASELINES + 2], "run.h5")
        start = time.monotonic()
        while not os.path.exists(third) and time.monotonic() - start < 60:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertIn("missing", self.status("killed", 75))
        files = [os.path.join(name, "evaluation.h5" if i < N_BASELINES else "run.h5")
                 for i, name in enumerate(names[:N_BASELINES + 2])]
        before = {file: os.stat(self.path("killed", file)).st_mtime_ns for file in files}
        done = self.sweep("killed", "--train.steps", 60, "--groups", 2, ranks=2)
        self.assertIn(f"{N_RUNS} finished, 0 running, 0 unfinished, 0 failed, 0 missing; {N_RUNS - len(before)} done now",
                      done.stdout)
        for file, stamp in before.items():
            self.assertEqual(os.stat(self.path("killed", file)).st_mtime_ns, stamp)
        self.sweep("whole", "--train.steps", 60)
        for name in names[N_BASELINES:]:
            self.assertEqual(self.bits("killed", name), self.bits("whole", name), name)

    def runs_of(self, *options):
        done = run("sweep", "--config", self.config, "--list", "--tsv", *options)
        return [line.split("\t")[1] for line in done.stdout.splitlines()[1:]]

    def test_one_run_by_index_as_of_a_slurm_array(self):
        self.sweep("array", "--index", 5)
        status = self.status("array", 75)
        self.assertIn(f"1 finished, 0 running, 0 unfinished, 0 failed, {N_RUNS - 1} missing", status)
        name = list(self.runs())[5]
        self.assertTrue(os.path.exists(self.path("array", name, "run.h5")))
        self.assertIn("1 run: 1 finished, 0 running, 0 unfinished, 0 failed, 0 missing; 0 done now",
                      self.sweep("array", "--index", 5).stdout)
        self.sweep("array", "--index", 0)
        self.assertIn("2 finished", self.status("array", 75))
        self.sweep("array", "--index", N_RUNS, expect=2)
        self.assertIn("finished", run("status", self.path("array", name)).stdout)

    def test_status_of_what_is_asked_for(self):
        self.sweep("asked", "--index", 1)
        files = sorted(os.listdir(self.path("asked")))
        for more, expect in ((("--index", 1), 0), ((), 75), (("--index", 1, "--eval.tasks", 17), 75), (("--index", N_RUNS), 2),
                             (("--list",), 2)):
            done = self.sweep("asked", "--status", *more, expect=expect)
            self.assertIn("1 finished" if expect == 0 else "missing" if expect == 75 else "tvem: ", done.stdout + done.stderr)
        self.assertIn(f"{N_RUNS} missing", self.sweep("nowhere", "--status", expect=75).stdout)
        self.assertFalse(os.path.exists(self.path("nowhere")))
        self.assertEqual(sorted(os.listdir(self.path("asked"))), files)

    def test_claims_of_others_are_left_and_those_of_the_dead_are_taken(self):
        names = list(self.runs())
        alive = subprocess.Popen(["sleep", "100"])
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            here = f"machine {file.read().strip()}:{os.readlink('/proc/self/ns/pid')}\nhost {os.uname().nodename}"
        for name, text, age_s in ((names[0], f"{here}\nprocess {alive.pid}", 60), (names[1], "host elsewhere\nprocess 1\njob 77", 60),
                                  (names[2], "host elsewhere\nprocess 1\njob 77", 1000), (names[3], f"{here}\nprocess 999999999", 0)):
            os.makedirs(self.path("claimed", name))
            claim = self.path("claimed", name, "claim.txt")
            with open(claim, "w", encoding="ascii") as file:
                file.write(text + "\n")
            os.utime(claim, (time.time() - age_s,) * 2)
        done = self.sweep("claimed", "--groups", 2, ranks=2, expect=75)
        self.assertIn(f"{N_RUNS - 2} finished, 2 running, 0 unfinished, 0 failed, 0 missing; {N_RUNS - 2} done now", done.stdout)
        self.assertIn("2 running", self.status("claimed", 75))
        for name in names[2:]:
            self.assertFalse(os.path.exists(self.path("claimed", name, "claim.txt")))
        alive.kill()
        alive.wait()
        os.remove(self.path("claimed", names[1], "claim.txt"))
        self.assertIn("2 done now", self.sweep("claimed").stdout)

    def test_two_jobs_on_one_sweep_share_its_runs(self):
        jobs = [subprocess.Popen([TVEM, "sweep", "--config", self.config, "--out", self.path("shared"), "--train.steps",
                                  "100"], stdout=subprocess.PIPE, text=True) for _ in range(3)]
        done_now = [int(job.communicate()[0].split("; ")[-1].split()[0]) for job in jobs]
        self.assertEqual(sum(done_now), N_RUNS)
        self.assertGreater(sorted(done_now)[1], 0, "one job alone did all")
        self.status("shared", 0)

    def test_failing_run_is_recorded_and_the_others_go_on(self):
        options = ("--sweep.train.rate", "1e6, 0.001", *UNBOUNDED, "--sweep.run.seed",
                   "1", "--sweep.task.separation", "1", "--sweep.skip", "run.seed > 1", "--eval.estimators", "transformer")
        done = self.sweep("failing", *options, ranks=2, expect=1)
        self.assertIn("training diverged", done.stdout)
        self.assertIn("3 finished, 0 running, 0 unfinished, 1 failed, 0 missing; 3 done now", done.stdout)
        status = self.status("failing", 75)
        self.assertEqual(status.count("training diverged"), 1)
        self.assertIn("3 finished, 0 running, 0 unfinished, 1 failed, 0 missing", status)
        # What failed is tried again, and a failure that is over is forgotten.
        self.assertIn("1 failed, 0 missing; 0 done now", self.sweep("failing", *options, expect=1).stdout)

    def test_a_failure_is_not_tried_again_by_the_next_group_and_comes_last_next_time(self):
        options = ("--sweep.train.rate", "1e6, 0.001", *UNBOUNDED,
                   "--sweep.task.separation", "1", "--eval.estimators", "transformer", "--train.max_skipped", 0)
        done = self.sweep("once", *options, "--sweep.run.seed", "1, 2", "--groups", 2, ranks=2, expect=1)
        self.assertEqual(done.stdout.count("failed: training diverged"), 2)  # once for each of those with two layers
        self.assertIn("2 failed", self.status("once", 75))
        lines = self.sweep("once", *options, "--sweep.run.seed", "1, 2, 3", expect=1).stdout.splitlines()
        outcomes = ["diverged" in line for line in lines if line.startswith("run ")]
        self.assertEqual(len(outcomes), 4 + 2)
        self.assertEqual(outcomes[-2:], [True, True])

    def test_a_failure_of_one_rank_is_recorded_before_all_end(self):
        name = list(self.runs())[N_BASELINES + 1]
        os.makedirs(self.path("ends", name, "run.h5"))  # cannot be written
        done = run("sweep", "--config", self.config, "--out", self.path("ends"), ranks=2)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("1 failed", self.status("ends", 75))
        os.rmdir(self.path("ends", name, "run.h5"))
        self.sweep("ends")
        self.assertFalse(os.path.exists(self.path("ends", name, "failed.txt")))

    def test_a_run_whose_folder_cannot_be_made_fails_and_the_others_go_on(self):
        name = list(self.runs())[N_BASELINES + 1]
        os.makedirs(self.path("blocked"))
        open(self.path("blocked", name), "w", encoding="ascii").close()
        self.assertIn("the folder cannot be made", self.sweep("blocked", expect=1).stdout)
        self.assertIn(f"{N_RUNS - 1} finished", self.status("blocked", 75))

    def test_finished_runs_without_their_checkpoints_are_left_as_they_are(self):
        self.sweep("bare")
        before = {}
        for name in self.runs():
            for file in os.listdir(self.path("bare", name)):
                if file.startswith("checkpoint"):
                    os.remove(self.path("bare", name, file))
                else:
                    before[name, file] = os.stat(self.path("bare", name, file)).st_mtime_ns
        self.assertIn("; 0 done now", self.sweep("bare").stdout)
        for (name, file), stamp in before.items():
            self.assertEqual(os.stat(self.path("bare", name, file)).st_mtime_ns, stamp)

    def test_keys_without_effect_are_named(self):
        done = self.sweep("noted", "--sweep.task.degrees", "3, 5", "--sweep.run.seed", "1", "--sweep.model.layers", "1")
        self.assertEqual(done.stdout.count("note: task.degrees = 3 has no effect without task.noise = student"), 1)

    def test_trainings_on_tasks_far_from_unit_size_are_named(self):
        done = self.sweep("sizes", "--sweep.input.standardize", "false, true", "--sweep.run.seed", "1",
                          "--sweep.model.layers", "1", "--task.scale", "1e-6", "--task.sigma", "1e-6")
        self.assertEqual(done.stdout.count("in size, far from 1"), 1, done.stdout)

    def test_wrong_sweeps_exit_2_and_nothing_is_written(self):
        for options, words in ((("--sweep.model.layer", "1, 2"), "model.layers"),
                               (("--sweep.model.width", ""), "empty"),
                               (("--sweep.model.layers", "1, x"), "not accepted"),
                               (("--sweep.run.seed", "1..90000"), "more than 100000 runs"),
                               (("--sweep.model.heads", "2, 3"), "run "),
                               (("--sweep.task.covariance", "spherical, shared"), "task.sigma as a range"),
                               (("--sweep.evaluate.task.dim", "2, 3"), "at most 2 coordinates"),
                               (("--sweep.evaluate.input.init", "none, random"), "takes no initial guess"),
                               (("--preset", "full"), "no section [preset.full]"),
                               (("--list", "--index", "1"), "one of them"), (("--tsv",), "--list"),
                               (("--groups", "2"), "number of ranks"), (("--groups", "many"), "--groups many")):
            done = self.sweep("never", *options, expect=2)
            self.assertIn(words, done.stderr)
            self.assertFalse(os.path.exists(self.path("never")))
        os.makedirs(self.path("mine"))
        with open(self.path("mine", "sweep.ini"), "w", encoding="utf-8") as file:
            file.write("# notes\n")
        self.assertIn("is not of tvem sweep", self.sweep("mine", expect=2).stderr)
        self.assertEqual(os.listdir(self.path("mine")), ["sweep.ini"])
        # Its own sweep.ini would take the place of the user's.
        shutil.copy(self.config, self.path("kept.ini"))
        done = run("sweep", "--config", self.config, "--out", self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("choose another folder", done.stderr)
        with open(self.config, encoding="utf-8") as file:
            self.assertEqual(file.read(), SWEEP)
        self.assertEqual(run("status", self.path("never")).returncode, 2)
        done = run("run", "--config", self.config, "--out", self.path("never"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("tvem sweep", done.stderr)


if __name__ == "__main__":
    TVEM, MPIEXEC = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
