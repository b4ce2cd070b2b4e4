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
    "srun": 'shift 2; eval "${SRUN_DOES:-}"; [ -z "${SRUN_FAILS:-}" ] || exit "$SRUN_FAILS"; exec "$@"',
    "scontrol": 'if [ "$1" = requeue ]; then echo "$2" >>"$REQUEUED"; else echo "JobId=77 JobState=${STATE:-RUNNING} Reason=None"; fi',
    "scancel": "kill -USR2 $(sed -n 's/^process //p' \"$CLAIM\")",
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
                       "CLAIM": self.path("out", "claim.txt"), **environment}
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

    def claim(self, job):
        with open(self.path("out", "claim.txt"), "w", encoding="ascii") as file:
            file.write(f"host elsewhere\nprocess 5\njob {job}\nrestarts -\nmachine another\nstart -\n")

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
        keys = (*KEYS, "--train.steps", "20", "--sweep.run.seed", "1..2")
        listed = subprocess.run([TVEM, "sweep", "--list", "--tsv", *keys], capture_output=True, text=True, check=True).stdout
        failure = self.path("sweep", listed.splitlines()[1].split("\t")[1], "failed.txt")
        os.makedirs(os.path.dirname(failure))
        words = ("--out", self.path("sweep"), *keys)
        for number, (expect, is_requeued) in enumerate(((75, True), (75, True), (1, False))):
            text = self.round(number, *words, kind="sweep", expect=expect, is_requeued=is_requeued, SRUN_FAILS="1",
                              SRUN_DOES=f"echo process $$ failed >{failure}")
            self.assertRegex(text, "failed .*: process [0-9]+ failed")

    def test_wrong_input_ends_the_job(self):
        for words in (("--train.rats", "1"), ("--max-minutes", "soon")):
            self.round(0, *self.run_words(), *words, expect=2, is_requeued=False)
        self.assertFalse(os.path.exists(self.path("out")))
        self.round(0, "--config", "nowhere.ini", *self.run_words(), expect=2, is_requeued=False)
        self.round(0, *KEYS, expect=2, is_requeued=False)
        # Seen by the ranks alone.
        self.round(0, *self.run_words(), "--groups", 9, kind="sweep", expect=2, is_requeued=False)

    def test_waits_for_a_run_that_somebody_else_is_at(self):
        os.mkdir(self.path("out"))
        self.claim(76)
        for number in range(3):
            self.assertIn("is at work there", self.round(number, *self.run_words(), expect=75, is_requeued=True))
        self.claim(77)  # its own ranks, of this round, that hang: they are not somebody else
        self.round(5, *self.run_words(), expect=75, is_requeued=True, SRUN_FAILS="1")
        self.round(6, *self.run_words(), expect=1, is_requeued=False, SRUN_FAILS="1")

    def test_cancelled_job_is_not_put_back(self):
        self.assertIn("was cancelled", self.round(0, *self.run_words(), expect=75, is_requeued=False, SRUN_FAILS="1", STATE="CANCELLED"))


if __name__ == "__main__":
    TVEM, SOURCE = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
