"""The scripts of jobs/ on a Slurm of its own: time limits, requeues, cancelled jobs, arrays, a launcher without MPI.

usage: minislurm.sh run DIR 2 2 -- python3 slurm_test.py TVEM SOURCE_FOLDER [unittest arguments]
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import h5py

TVEM, SOURCE = "", ""
KEYS = ("--task.points", "20", "--model.layers", "1", "--model.width", "16", "--model.heads", "2", "--train.tasks_per_step", "64",
        "--eval.tasks", "16", "--eval.estimators", "transformer")
# A training that no processor is through with before the test stops it: each checkpoint takes 0.3 s.
LONG = ("--train.checkpoint_every", "400")
LONG_WRITES = {"TVEM_TEST_WRITE_DELAY_MS": "300"}


def run(*words, expect=0, **environment):
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, **environment})
    if done.returncode != expect:
        raise AssertionError(f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def wait_for(condition, what, seconds=300):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("in vain: " + what)


class Slurm(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tvem-slurm-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(lambda: run("scancel", "-u", str(os.getuid())))

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def submit(self, kind, *words, options=(), site="default", **environment):
        text = run("bash", os.path.join(SOURCE, "jobs", "submit.sh"), "--ntasks", 2, "--time", "5", "--site", site,
                   "--logs", self.folder, "--sbatch", "--chdir=" + self.folder, *options, kind, *words, TVEM=TVEM, **environment)
        return re.search(r"Submitted batch job (\d+)", text).group(1)

    def sbatch(self, kind, *words, **environment):
        return run("env", "-C", self.folder, "sbatch", "--parsable", "--ntasks=2", "--time=5", "--output=" + self.path("tvem-%j.log"), "--chdir=" + self.folder,
                   os.path.join(SOURCE, "jobs", "slurm", kind + ".sbatch"), *words, TVEM=TVEM, **environment).strip()

    def log(self, job):
        text = ""
        for name in sorted(os.listdir(self.folder)):
            if name.startswith(f"tvem-{job}") and name.endswith(".log"):
                with open(self.path(name), encoding="utf-8") as file:
                    text += file.read()
        return text

    def field(self, job, name):
        text = run("scontrol", "show", "job", job)
        return re.search(rf"{name}=(\S+)", text).group(1)

    def is_over(self, job):
        return run("squeue", "-h", "-j", job, "-t", "PD,R,CG,CF,S", "-o", "%i").strip() == ""

    def steps(self, out):
        status = subprocess.run([TVEM, "status", self.path(out)], capture_output=True, text=True, check=False)
        found = re.search(r"step (\d+) of", status.stdout)
        return int(found.group(1)) if found else -1

    def await_training(self, job, out):
        """Until this round of the job trains."""
        run_file, started = self.path(out, "run.h5"), time.time()
        wait_for(lambda: os.path.exists(run_file) and os.stat(run_file).st_mtime > started - 5 and
                 self.field(job, "JobState") == "RUNNING" and os.path.exists(self.path(out, "claim.txt")),
                 f"job {job} to train\n" + self.log(job))
        time.sleep(0.5)

    def requeued_now(self, job, restarts):
        wait_for(lambda: self.field(job, "JobState") == "PENDING" and self.field(job, "Reason") == "BeginTime" and int(self.field(job, "Restarts")) >= restarts,
                 f"job {job} to be requeued: " + self.log(job))
        # Without the two minutes that Slurm waits; not before it has cleared away the last round.
        time.sleep(7)

        def has_begun():
            subprocess.run(["scontrol", "update", f"jobid={job}", "starttime=now"], capture_output=True, check=False)
            time.sleep(2)
            return self.field(job, "JobState") != "PENDING"
        wait_for(has_begun, f"job {job} to go on")

    def bits(self, *parts):
        values = {}
        with h5py.File(self.path(*parts, "checkpoint.h5")) as file:
            for group in ("parameters", "optimizer", "training"):
                file[group].visititems(lambda name, item, group=group: values.__setitem__(f"{group}/{name}", item[()].tobytes())
                                       if isinstance(item, h5py.Dataset) else None)
        return values

    def whole(self, steps):
        run(TVEM, "run", "--out", self.path("whole"), *KEYS, "--train.steps", steps)
        return self.bits("whole")

    def test_time_limits_rounds_and_the_same_bits(self):
        for site in ("default", "mpirun"):
            steps = 8000
            job = self.submit("run", "--out", self.path(site), *KEYS, *LONG, "--train.steps", steps, site=site, **LONG_WRITES)
            for number in (1, 2):
                self.await_training(job, site)
                run("scancel", "--batch", "--signal=USR2", job)  # as Slurm does before the limit
                self.requeued_now(job, number)
                self.assertTrue(0 < self.steps(site) < steps, self.log(job))
            wait_for(lambda: self.is_over(job), f"job {job} to end: " + self.log(job))
            self.assertEqual(self.field(job, "JobState"), "COMPLETED", self.log(job))
            self.assertEqual(self.log(job).count("back into the queue"), 2)
            run(TVEM, "status", self.path(site))
            self.assertEqual(self.bits(site), self.whole(steps), site)
            shutil.rmtree(self.path("whole"))

    def process_of(self, *parts):
        with open(self.path(*parts, "claim.txt"), encoding="ascii") as file:
            return int(re.search(r"process (\d+)", file.read()).group(1))

    def test_rank_that_hangs_until_the_limit_is_cut_off_and_goes_on(self):
        for site in ("default", "mpirun"):
            steps = 6000
            job = self.submit("run", "--out", self.path(site), *KEYS, *LONG, "--train.steps", steps, site=site, **LONG_WRITES)
            self.await_training(job, site)
            os.kill(self.process_of(site), signal.SIGSTOP)
            run("scancel", "--batch", "--signal=USR2", job)
            time.sleep(2)
            self.assertEqual(self.field(job, "JobState"), "RUNNING")
            run("scancel", "--batch", "--signal=TERM", job)  # as Slurm does at the limit
            self.requeued_now(job, 1)
            wait_for(lambda: self.is_over(job), f"job {job} to end: " + self.log(job))
            self.assertEqual(self.field(job, "JobState"), "COMPLETED", self.log(job))
            self.assertEqual(self.bits(site), self.whole(steps), site)
            shutil.rmtree(self.path("whole"))

    def test_writes_that_take_longer_than_the_patience_with_mpirun_are_ended(self):
        job = self.submit("run", "--out", self.path("slow"), *KEYS, "--train.steps", 10**7, site="mpirun", TVEM_TEST_WRITE_DELAY_MS="2700")
        self.await_training(job, "slow")
        run("scancel", "--batch", "--signal=USR2", job)
        wait_for(lambda: "back into the queue" in self.log(job), "the job to be put back: " + self.log(job))
        self.assertGreater(self.steps("slow"), 0)
        self.assertFalse([name for name in os.listdir(self.path("slow")) if ".tmp-" in name])

    def test_other_evaluation_of_a_finished_run_goes_on_after_a_stop(self):
        run(TVEM, "run", "--out", self.path("out"), *KEYS, "--train.steps", 20)
        other = ("--eval.tasks", "20000", "--eval.estimators", "transformer,em:restarts=40")
        words = [*KEYS[:KEYS.index("--eval.tasks")], "--train.steps", "20", *other]
        # On any processor: a block takes 0.3 s to write.
        job = self.submit("run", "--out", self.path("out"), *words, TVEM_TEST_BLOCK_MS="20", TVEM_TEST_WRITE_DELAY_MS="300")
        wait_for(lambda: os.path.exists(self.path("out", "claim.txt")), "the job to begin: " + self.log(job))
        time.sleep(2)
        run("scancel", "--batch", "--signal=USR2", job)
        self.requeued_now(job, 1)
        run(TVEM, "status", self.path("out"))  # of what is in the folder: the earlier evaluation
        run(TVEM, "run", "--status", "--out", self.path("out"), *words, expect=75)
        wait_for(lambda: self.is_over(job), f"job {job} to end: " + self.log(job))
        self.assertEqual(self.field(job, "JobState"), "COMPLETED", self.log(job))
        run(TVEM, "run", "--status", "--out", self.path("out"), *words)

    def test_folder_of_another_training_and_wrong_keys_end_the_job_at_once(self):
        run(TVEM, "run", "--out", self.path("out"), *KEYS, "--train.steps", 20)
        for words, message in ((("--train.rate", "0.1"), "another training"), (("--train.rats", "0.1"), "the nearest known one is train.rate")):
            wrong = ("--out", self.path("out"), *KEYS, "--train.steps", "20", *words)
            self.assertIn(message, run("bash", os.path.join(SOURCE, "jobs", "submit.sh"), "run", *wrong, expect=2, TVEM=TVEM))
            job = self.sbatch("run", *wrong, TVEM_ROOT=SOURCE)  # without a look at it before
            wait_for(lambda: self.is_over(job), f"job {job} to end")
            self.assertEqual((self.field(job, "JobState"), self.field(job, "ExitCode")), ("FAILED", "2:0"), self.log(job))
            self.assertIn(message, self.log(job))

    def test_requeue_and_cancel_by_others(self):
        steps = 8000
        job = self.submit("run", "--out", self.path("out"), *KEYS, *LONG, "--train.steps", steps, **LONG_WRITES)
        self.await_training(job, "out")
        run("scontrol", "requeue", job)
        self.requeued_now(job, 1)
        self.await_training(job, "out")
        run("scancel", job)
        wait_for(lambda: self.is_over(job), f"job {job} to be cancelled")
        run(TVEM, "status", self.path("out"), expect=75)
        again = self.submit("run", "--out", self.path("out"), *KEYS, "--train.steps", steps)
        wait_for(lambda: self.is_over(again), f"job {again} to end: " + self.log(again))
        self.assertEqual(self.field(again, "JobState"), "COMPLETED", self.log(again))
        self.assertEqual(self.bits("out"), self.whole(steps))

    def test_array_with_a_killed_run_does_only_what_is_missing(self):
        words = ("--out", self.path("sweep"), *KEYS, "--train.steps", "3000", "--sweep.run.seed", "1..8")
        job = self.submit("sweep", *words, **LONG_WRITES)
        claims = lambda: [name for name in os.listdir(self.path("sweep")) if os.path.exists(self.path("sweep", name, "claim.txt"))] \
            if os.path.exists(self.path("sweep")) else []
        index = 7  # the last one, whose job has the array's own number
        victim = run(TVEM, "sweep", "--list", "--tsv", *words[2:]).splitlines()[1 + index].split("\t")[1]
        wait_for(lambda: victim in claims(), "the last run to begin: " + self.log(job))
        os.kill(self.process_of("sweep", victim), signal.SIGKILL)
        wait_for(lambda: "back into the queue" in self.log(f"{job}_{index}"), "the killed run to be put back: " + self.log(job))
        # The words come right before the requeue. A scancel between the two would be undone by it.
        wait_for(lambda: self.field(f"{job}_{index}", "JobState") != "RUNNING", "the killed run's job to end")
        run("scancel", f"{job}_{index}")
        wait_for(lambda: self.is_over(job), "the array to end")
        self.assertIn("8 runs: 7 finished", run(TVEM, "status", self.path("sweep"), expect=75))
        before = {name: os.stat(self.path("sweep", name, "run.h5")).st_mtime_ns for name in os.listdir(self.path("sweep"))
                  if name.startswith("run-") and name != victim}
        self.assertEqual(len(before), 7)
        again = self.submit("sweep", *words)
        wait_for(lambda: self.is_over(again), "the array to end again")
        self.assertIn("8 finished", run(TVEM, "status", self.path("sweep")))
        self.assertEqual(before, {name: os.stat(self.path("sweep", name, "run.h5")).st_mtime_ns for name in before})

    def test_tasks_that_are_no_world_are_refused(self):
        # Open MPI notices itself; others take each task for a world, which tvem notices (stop_test.py).
        run("srun", "-n", 2, "--mpi=none", TVEM, "run", "--out", self.path("never"), *KEYS, expect=1)
        self.assertFalse(os.path.exists(self.path("never")))
        run("srun", "-n", 2, "--mpi=pmix", TVEM, "run", "--out", self.path("two"), *KEYS, "--train.steps", 5)

    def ask(self, *words, expect=0, root=None, **environment):
        return run("bash", os.path.join(root or SOURCE, "jobs", "submit.sh"), *words, expect=expect, **{"TVEM": TVEM, **environment})

    def test_wrong_submissions_exit_2_and_submit_nothing(self):
        before = run("squeue", "-h", "-a")
        for words, message in ((("--site", "mars", "run"), "no jobs/sites/mars.env"), (("--nodes", "2", "run"), "unknown option"),
                               (("sweep", "--out", "x", "--sweep.model.layer", "1"), "model.layers"), ((), "Submits"),
                               (("--parallel", "x", "sweep"), "--parallel x: the number"), (("--ntasks", "0", "run"), "--ntasks 0"),
                               (("--ntasks",), "--ntasks needs a value"),
                               (("run", "--out", "x", "--config", "missing.ini"), "missing.ini"), (("run", *KEYS), "--out DIR is missing"),
                               (("run", "--out", "x", "--train.step", "5"), "train.steps"), (("sweep", "--sweep.run.seed", "1, 2"), "--out DIR is missing")):
            self.assertIn(message, self.ask(*words, expect=2))
        self.assertIn("there is no program", self.ask("run", "--out", "x", expect=2, TVEM=self.path("tvem")))
        clone = self.path("clone")
        shutil.copytree(os.path.join(SOURCE, "jobs"), os.path.join(clone, "jobs"))
        with open(os.path.join(clone, "jobs/sites/wrong.env"), "w", encoding="ascii") as file:
            file.write("TVEM_LAUNCHER=srun\nTVEM_LAUNCHER_OPTIONS=--mpi=pmi9\n")
        self.assertIn("jobs/sites/wrong.env asks for srun --mpi=pmi9", self.ask("--site", "wrong", "run", "--out", "x", expect=2, root=clone))
        self.assertEqual(before, run("squeue", "-h", "-a"))

    def test_help_and_dry_runs(self):
        self.assertIn("--dry-run", self.ask("--help"))
        self.assertIn("usage: tvem run", self.ask("run", "--help"))
        sweep = ("sweep", "--out", "a b", "--eval.estimators", "transformer", "--sweep.run.seed", "1..8")
        text = self.ask("--dry-run", "--ntasks=2", "-t", "3:00", *sweep)
        for words in ("--array=0-7 ", "a\\ b", "--ntasks=2 ", "--time=3:00 "):
            self.assertIn(words, text)
        self.assertNotIn("warning", text)
        self.assertIn("--time 2:00 is not above the notice of 120 s", self.ask("--dry-run", "-n", "2", "--time", "2:00", *sweep))
        self.assertIn("--time 1-0 is not above the notice of 90000 s", self.ask("--dry-run", "--time", "1-0", "--sbatch", "--signal=B:USR2@90000", *sweep))
        own = self.ask("--dry-run", "--sbatch", "--array=3,5", *sweep)
        self.assertEqual(own.count("--array"), 1)
        with open(self.path("scontrol"), "w", encoding="ascii") as file:
            file.write("#!/bin/sh\necho 'MaxArraySize            = 3'\n")
        os.chmod(self.path("scontrol"), 0o755)
        cut = self.ask("--dry-run", "--parallel", "2", *sweep, PATH=self.folder + ":" + os.environ["PATH"])
        self.assertEqual(re.findall(r"TVEM_FIRST_INDEX=(\d+) .*--array=(\S+)", cut), [("0", "0-2%2"), ("3", "0-2%2"), ("6", "0-1%2")])
        self.assertEqual(cut.count("--dependency=afterany:"), 2)

    def test_finished_run_is_not_submitted(self):
        words = ("run", "--out", self.path("out"), *KEYS, "--train.steps", "5")
        run(TVEM, *words)
        self.assertIn("nothing to submit", self.ask(*words))

    def test_part_of_an_array_counts_from_its_first_index(self):
        words = ("--out", self.path("sweep"), *KEYS, "--train.steps", "5", "--sweep.run.seed", "1..8")
        job = self.submit("sweep", *words, options=("--sbatch", "--array=0-1"), TVEM_FIRST_INDEX="6")
        wait_for(lambda: self.is_over(job), f"job {job} to end: " + self.log(job))
        states = [line.split()[0] for line in run(TVEM, "status", self.path("sweep"), expect=75).splitlines()[:8]]
        self.assertEqual(states, 6 * ["missing"] + 2 * ["finished"])

    def test_sbatch_from_another_folder_says_what_to_do(self):
        job = self.sbatch("run", "--out", self.path("out"))
        wait_for(lambda: self.is_over(job), f"job {job} to end")
        self.assertIn("is no clone of tvem: call sbatch in the clone, set TVEM_ROOT to it, or use jobs/submit.sh", self.log(job))
        self.assertFalse(os.path.exists(self.path("out")))


if __name__ == "__main__":
    TVEM, SOURCE = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
