"""What jobs/slurm decides after a round: finished, back into the queue, or given up. With stand-ins for Slurm's commands.

usage: job_test.py TVEM SOURCE_FOLDER [unittest arguments]
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TVEM, SOURCE = "", ""
KEYS = ("--task.points", "20", "--model.layers", "1", "--model.width", "16", "--model.heads", "2", "--train.tasks_per_step", "64",
        "--train.checkpoint_every", "0", "--eval.tasks", "16", "--eval.estimators", "transformer")
STAND_INS = {
    # As srun: starts what stands behind its options, when it works.
    "srun": 'shift 2; eval "${SRUN_DOES:-}"; [ -z "${SRUN_FAILS:-}" ] || exit "$SRUN_FAILS"'
            '\n[ -n "${SRUN_AFTER:-}" ] || exec "$@"; "$@"; code=$?; eval "$SRUN_AFTER"; exit $code',
    "scontrol": 'if [ "$1" = requeue ]; then echo "$2" >>"$REQUEUED"; else echo "JobId=77 JobState=${STATE:-RUNNING} Reason=None"; fi',
    "scancel": "kill -USR2 $(sed -n 's/^process //p' \"$CLAIM\")",
    # Every second call for the status fails.
    "flaky": 'case "$*" in *--status*) echo x >>"$CALLS"; [ $(($(wc -l <"$CALLS") % 2)) = 1 ] || exit 1 ;; esac; exec "$REAL_TVEM" "$@"',
    "noisy": 'echo "[node7:$$] a warning with a number that is never the same" >&2; exec "$REAL_TVEM" "$@"',
}


class Job(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tvem-job-")
        self.addCleanup(shutil.rmtree, self.folder)
        for name, text in STAND_INS.items():
            with open(self.path(name), "w", encoding="ascii") as file:
                file.write(f"#!/usr/bin/env bash\n{text}\n")
            os.chmod(self.path(name), 0o755)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def start(self, number, *words, kind="run", **environment):
        """Round `number` of job 77."""
        environment = {**os.environ, "PATH": self.folder + ":" + os.environ["PATH"], "TVEM_ROOT": SOURCE, "TVEM": TVEM, "REAL_TVEM": TVEM,
                       "SLURM_JOB_ID": "77", "SLURM_NTASKS": "1", "REQUEUED": self.path("requeued"),
                       "CLAIM": self.path("out", "claim.txt"), "CALLS": self.path("calls"), **environment}
        if number:
            environment["SLURM_RESTART_COUNT"] = str(number)
        return subprocess.Popen(["bash", os.path.join(SOURCE, "jobs", "slurm", kind + ".sbatch"), *map(str, words)],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd=self.folder)

    def end(self, process, expect, is_requeued):
        text, _ = process.communicate(timeout=90)
        self.assertEqual(process.returncode, expect, text)
        self.assertEqual(os.path.exists(self.path("requeued")), is_requeued, text)
        if is_requeued:
            os.remove(self.path("requeued"))
        return text

    def round(self, number, *words, expect, is_requeued, **more):
        return self.end(self.start(number, *words, **more), expect, is_requeued)

    def run_words(self, steps=20, *more):
        return ("--out", self.path("out"), *KEYS, "--train.steps", steps, *more)

    def claim(self, job, *parts, restarts="-"):
        os.makedirs(self.path(*parts), exist_ok=True)
        with open(self.path(*parts, "claim.txt"), "w", encoding="ascii") as file:
            file.write(f"host elsewhere\nprocess 5\njob {job}\nrestarts {restarts}\nmachine another\nstart -\n")

    def test_finished_run_ends_the_job(self):
        text = self.round(0, *self.run_words(), expect=0, is_requeued=False)
        self.assertIn("finished", text)
        self.assertEqual([name for name in os.listdir(self.path("out")) if name.startswith("stalled")], [])
        self.round(0, "--out=out", *self.run_words()[2:], expect=0, is_requeued=False)

    def test_warning_keeps_the_state_and_the_next_round_goes_on(self):
        for number in (0, 1):
            process = self.start(number, *self.run_words(10**6), TVEM_TEST_WRITE_DELAY_MS="600")
            limit = time.monotonic() + 60
            while not os.path.exists(self.path("out", "claim.txt")) and time.monotonic() < limit:
                time.sleep(0.02)
            time.sleep(3.5)  # past the write of run.h5 at the start
            process.send_signal(signal.SIGUSR2)
            time.sleep(1.5)  # amid the checkpoint: a second warning must not end the ranks
            process.send_signal(signal.SIGUSR2)
            text = self.end(process, 75, True)
            self.assertIn("stopped on request after step", text)
            self.assertEqual("going on from step" in text, number == 1, text)

    def test_gives_up_after_two_rounds_one_after_another_that_got_nowhere(self):
        words = self.run_words()
        for environment in ({}, {"TVEM": self.path("noisy")}):
            self.round(0, *words, expect=75, is_requeued=True, SRUN_FAILS="1", **environment)
            self.assertIn("nothing has come of two rounds", self.round(1, *words, expect=1, is_requeued=False, SRUN_FAILS="1", **environment))
        self.round(2, *words, expect=75, is_requeued=True, SRUN_FAILS="1")
        self.round(4, *words, expect=75, is_requeued=True, SRUN_FAILS="1")  # round 3 was another one's doing
        self.assertIn("TVEM_MAX_REQUEUES", self.round(7, *words, expect=75, is_requeued=False, SRUN_FAILS="1", TVEM_MAX_REQUEUES="7"))

    def test_failures_that_differ_in_their_message_alone_are_no_progress(self):
        seeds = ("--sweep.run.seed", "1..2")
        failure = self.path("sweep", self.runs_of_sweep(*seeds)[0], "failed.txt")
        os.makedirs(os.path.dirname(failure))
        for number, (expect, is_requeued) in enumerate(((75, True), (1, False))):
            self.round(number, *self.sweep_words(*seeds), kind="sweep", expect=expect, is_requeued=is_requeued, SRUN_FAILS="1",
                       SRUN_DOES=f"echo process $$ failed >{failure}")

    def test_wrong_input_ends_the_job(self):
        for words in (("--train.rats", "1"), ("--max-minutes", "soon")):
            self.round(0, *self.run_words(), *words, expect=2, is_requeued=False)
        self.assertFalse(os.path.exists(self.path("out")))
        self.round(0, "--config", "nowhere.ini", *self.run_words(), expect=2, is_requeued=False)
        self.round(0, *KEYS, expect=2, is_requeued=False)
        # Seen by the ranks alone.
        self.round(0, *self.run_words(), "--groups", 9, kind="sweep", expect=2, is_requeued=False)

    def test_waits_for_a_run_that_somebody_else_is_at(self):
        self.claim(76, "out")
        for number in range(3):
            self.assertIn("is at work there", self.round(number, *self.run_words(), expect=75, is_requeued=True))
        for after in ("rm $CLAIM", "touch -d '301 seconds ago' $CLAIM"):  # it was cancelled, or is silent, by the end of the round
            self.claim(76, "out")
            self.round(3, *self.run_words(), expect=75, is_requeued=True, SRUN_AFTER=after)
        # Its own ranks, of this round, that hang, are not somebody else.
        for number, expect in ((5, 75), (6, 1)):
            self.claim(77, "new", restarts=number)
            self.round(number, *self.run_words(), expect=expect, is_requeued=expect == 75, SRUN_FAILS="1",
                       SRUN_DOES=f"mkdir -p out; mv new/claim.txt {self.path('out')}")

    def test_waits_for_others_only_where_nothing_of_its_own_is_left(self):
        names = self.runs_of_sweep("--sweep.run.seed", "1..2")
        self.claim(76, "sweep", names[0])
        for number, expect in ((0, 75), (1, 1)):
            self.round(number, *self.sweep_words("--sweep.run.seed", "1..2"), kind="sweep", expect=expect, is_requeued=expect == 75, SRUN_FAILS="1")

    def test_run_that_failed_once_goes_on_over_many_rounds(self):
        words = ("--sweep.run.seed", "1", "--train.steps", 10**6)
        name, = self.runs_of_sweep(*words)
        os.makedirs(self.path("sweep", name))
        with open(self.path("sweep", name, "failed.txt"), "w", encoding="ascii") as file:
            file.write("no space left on device")
        for number in range(3):
            self.round(number, *self.sweep_words(*words), "--max-minutes", "0.01", kind="sweep", expect=75, is_requeued=True)

    def test_further_evaluations_are_progress(self):
        self.round(0, *self.sweep_words("--sweep.evaluate.task.points", "20, 21"), kind="sweep", expect=0, is_requeued=False)
        more = ("--sweep.evaluate.task.points", "20, 21, 22")
        status = lambda *form: subprocess.run([TVEM, "sweep", "--status", *form, *map(str, self.sweep_words(*more))], capture_output=True,
                                              text=True, check=False).stdout
        self.assertIn("\tunfinished\t20\t20\t2\t3\n", status("--tsv"))
        self.assertIn("2 of 3 evaluations", status())
        self.round(0, *self.sweep_words(*more), kind="sweep", expect=0, is_requeued=False)
        self.assertIn("\tfinished\t20\t20\t3\t3\n", status("--tsv"))

    def test_trouble_in_asking_for_the_status_is_no_end(self):
        words = ("--out", self.path("my run: 1"), *KEYS, "--train.steps", 10**6, "--max-minutes", "0.01")
        for number in range(3):
            self.round(number, *words, expect=75, is_requeued=True, TVEM=self.path("flaky"))

    def runs_of_sweep(self, *words):
        listed = subprocess.run([TVEM, "sweep", "--list", "--tsv", *map(str, self.sweep_words(*words)[2:])], capture_output=True, text=True, check=True)
        return [line.split("\t")[1] for line in listed.stdout.splitlines()[1:]]

    def sweep_words(self, *words):
        steps = () if "--train.steps" in words else ("--train.steps", 20)
        return ("--out", self.path("sweep"), *KEYS, *steps, *words)

    def test_cancelled_job_is_not_put_back(self):
        self.assertIn("was cancelled", self.round(0, *self.run_words(), expect=75, is_requeued=False, SRUN_FAILS="1", STATE="CANCELLED"))


if __name__ == "__main__":
    TVEM, SOURCE = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
