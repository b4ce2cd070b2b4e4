"""Stopping: signals and time limits end a run at a checkpoint with exit code 75; two processes never share a run.

usage: stop_test.py TVEM MPIEXEC [unittest arguments]
"""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import h5py

TVEM, MPIEXEC = "", ""
KEYS = ("--task.points", "20", "--model.layers", "1", "--model.width", "16", "--model.heads", "2", "--train.tasks_per_step", "64",
        "--train.checkpoint_every", "0")
EVALUATION = ("--eval.tasks", "16", "--eval.estimators", "transformer")


class Stop(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tvem-stop-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def start(self, *words, ranks=0, **environment):
        command = [TVEM, *map(str, words)]
        if ranks:
            command = [MPIEXEC, "-n", str(ranks), *command]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def train(self, out, steps, ranks=0, more=(), evaluation=EVALUATION, **environment):
        return self.start("run", "--out", self.path(out), *KEYS, *evaluation, "--train.steps", steps, *more, ranks=ranks, **environment)

    def end(self, process, expect):
        out, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, expect, out + errors)
        return out + errors

    def wait_for(self, condition, process):
        limit = time.monotonic() + 60
        while not condition() and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.01)
        self.assertTrue(condition(), "in vain")

    def await_start(self, process, out):
        """Until it trains: its run.h5 is written before the first step."""
        self.wait_for(lambda: os.path.exists(self.path(out, "run.h5")), process)
        time.sleep(0.3)
        self.assertIsNone(process.poll(), "it ended before it could be stopped")

    def state(self, out):
        """Everything in a checkpoint but times and hosts."""
        with h5py.File(self.path(out, "checkpoint.h5")) as file:
            values = {"step": file["state"].attrs["step"], "n_updates": file["optimizer"].attrs["n_updates"]}
            for group in ("parameters", "optimizer", "training", "learning_curve"):
                file[group].visititems(lambda name, item, group=group: values.__setitem__(f"{group}/{name}", item[()].tobytes())
                                       if isinstance(item, h5py.Dataset) else None)
        return values

    def test_each_signal_a_checkpoint_and_75_then_the_same_bits(self):
        steps = 3000
        self.end(self.train("whole", steps), 0)
        for number, (sign, ranks, resume_ranks) in enumerate(((signal.SIGUSR2, 0, 2), (signal.SIGTERM, 0, 3), (signal.SIGINT, 0, 0), (signal.SIGHUP, 0, 2),
                                                              (signal.SIGUSR2, 2, 0), (signal.SIGUSR2, 3, 2))):
            out = f"stopped{number}"
            process = self.train(out, steps, ranks)
            self.await_start(process, out)
            process.send_signal(sign)
            text = self.end(process, 75)
            self.assertIn("stopped on request after step", text)
            done = self.state(out)["step"]
            self.assertTrue(0 < done < steps)
            status = subprocess.run([TVEM, "status", self.path(out)], capture_output=True, text=True, check=False)
            self.assertEqual(status.returncode, 75)
            self.assertIn(f"unfinished  {self.path(out)}: step {done} of {steps}", status.stdout)
            self.end(self.train(out, steps, resume_ranks), 0)
            self.assertEqual(self.state(out), self.state("whole"))

    def test_interrupted_mpirun_leaves_time_for_a_checkpoint(self):
        process = self.train("interrupted", 10**6, 2, OMPI_MCA_odls_base_sigkill_timeout="5", TVEM_TEST_WRITE_DELAY_MS="400")
        self.await_start(process, "interrupted")
        time.sleep(1)
        process.send_signal(signal.SIGINT)  # as by Ctrl-C
        self.assertIn("stopped on request", self.end(process, 1))
        self.assertGreater(self.state("interrupted")["step"], 0)
        self.assertFalse(os.path.exists(self.path("interrupted", "claim.txt")))

    def test_second_signal_ends_at_once(self):
        process = self.start("run", "--out", self.path("step"), "--train.tasks_per_step", 10**6)  # a step takes minutes
        self.await_start(process, "step")
        process.send_signal(signal.SIGTERM)
        time.sleep(2.2)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        self.end(process, 128 + signal.SIGTERM)
        self.assertEqual(subprocess.run([TVEM, "status", self.path("step")], capture_output=True, check=False).returncode, 75)

    def test_signal_in_the_evaluation_75_and_it_goes_on(self):
        long = ("--eval.estimators", "transformer,em:restarts=20", "--eval.tasks", 20000)
        process = self.train("evaluation", 10, 2, evaluation=long)
        self.wait_for(lambda: os.path.exists(self.path("evaluation", "checkpoint.h5")), process)
        time.sleep(0.3)
        process.send_signal(signal.SIGUSR2)
        self.assertIn("what is done is kept", self.end(process, 75))
        self.assertIn("not evaluated", subprocess.run([TVEM, "status", self.path("evaluation")], capture_output=True, text=True,
                                                      check=False).stdout)
        self.end(self.train("evaluation", 10), 0)

    def test_time_limit(self):
        self.assertIn("stopped on request", self.end(self.train("limit", 10**6, 2, ("--max-minutes", "0.02")), 75))
        self.assertGreater(self.state("limit")["step"], 0)
        for wrong in ("0", "-1", "soon"):
            self.assertIn("--max-minutes", self.end(self.train("wrong", 10, 0, ("--max-minutes", wrong)), 2))
        self.assertFalse(os.path.exists(self.path("wrong")))

    def test_checkpoints_by_minutes(self):
        process = self.train("minutes", 10**6, 2, ("--train.checkpoint_minutes", "0.01"))
        self.wait_for(lambda: os.path.exists(self.path("minutes", "checkpoint.previous.h5")), process)
        process.send_signal(signal.SIGUSR2)
        self.end(process, 75)
        self.assertTrue(os.path.exists(self.path("minutes", "checkpoint.previous.h5")))

    def test_sweep_stops_between_and_within_runs(self):
        words = ("sweep", "--out", self.path("sweep"), *KEYS, *EVALUATION, "--train.steps", 700, "--sweep.run.seed", "1..6", "--groups", 2)
        process = self.start(*words, ranks=2)
        limit = time.monotonic() + 60
        while subprocess.run([TVEM, "status", self.path("sweep")], capture_output=True, text=True,
                             check=False).stdout.count("finished    ") < 2 and time.monotonic() < limit:
            time.sleep(0.1)
        process.send_signal(signal.SIGUSR2)
        text = self.end(process, 75)
        self.assertIn("stopped on request", text)
        claims = [name for name in os.listdir(self.path("sweep")) if os.path.exists(self.path("sweep", name, "claim.txt"))]
        self.assertEqual(claims, [])
        self.end(self.start(*words, ranks=2), 0)

    def test_status_of_what_is_asked_for(self):
        words = ("--out", self.path("asked"), *KEYS, "--train.schedule", "constant")
        self.end(self.start("run", "--status", *words), 75)
        self.assertFalse(os.path.exists(self.path("asked")))
        self.end(self.start("run", *words, "--train.steps", 20, *EVALUATION), 0)
        files = sorted(os.listdir(self.path("asked")))
        for steps, more, expect, message in ((20, EVALUATION, 0, "finished"), (30, EVALUATION, 75, "step 20 of 30"),
                                             (20, ("--eval.tasks", "17", *EVALUATION[2:]), 75, "not evaluated"),
                                             (20, (*EVALUATION, "--run.seed", "5"), 2, "another training"),
                                             (20, ("--eval.task", "5"), 2, "eval.tasks")):
            self.assertIn(message, self.end(self.start("run", "--status", *words, "--train.steps", steps, *more), expect))
        self.assertEqual(sorted(os.listdir(self.path("asked"))), files)

    def test_second_process_is_refused_and_names_the_first(self):
        first = self.train("shared", 10**6)
        self.await_start(first, "shared")
        text = self.end(self.train("shared", 10**6, 2), 2)
        self.assertIn(f"process {first.pid} on {os.uname().nodename}", text)
        first.send_signal(signal.SIGTERM)
        self.end(first, 75)
        self.assertFalse(os.path.exists(self.path("shared", "claim.txt")))

    def test_tasks_of_srun_that_are_no_world_are_refused(self):
        for environment, expect in (({"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "2"}, 2), ({"PMI_SIZE": "2", "PMI_RANK": "1"}, 2),
                                    ({"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"}, 0), ({"SLURM_NTASKS": "2"}, 0), ({"PMI_SIZE": "1"}, 0)):
            done = subprocess.run([TVEM, "run", "--out", self.path("world"), *KEYS, *EVALUATION, "--train.steps", "2"],
                                  capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment})
            self.assertEqual(done.returncode, expect, done.stderr)
            if expect:
                self.assertIn("each is an MPI world of its own", done.stderr)
                self.assertFalse(os.path.exists(self.path("world")))

    @staticmethod
    def seconds_of(pid):
        """Processor time of a process that runs."""
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            user, system = file.read().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def seconds_of_children():
        """Processor time of all processes that were started here and have ended."""
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    def test_signal_is_heeded_within_a_task(self):
        large = ("--task.dim", 768, "--task.components", 48, "--task.points", 1500, "--eval.tasks", 2)
        for number, estimators in enumerate(("em:covariance=full", "em:restarts=1000:max_iterations=1000", "hartigan:restarts=1000", "lloyd:restarts=1000")):
            process = self.start("evaluate", "--out", self.path(f"{number}.h5"), *large, "--eval.estimators", estimators)
            time.sleep(3)
            self.assertIsNone(process.poll(), "it ended before it could be stopped")
            # In the process's own seconds: the machine may be busy with other tests.
            ended_before, before = self.seconds_of_children(), self.seconds_of(process.pid)
            process.send_signal(signal.SIGTERM)
            self.end(process, 75)
            self.assertLess(self.seconds_of_children() - ended_before - before, 5, estimators)
            self.assertFalse(os.path.exists(self.path(f"{number}.h5")))

    def test_status_shows_how_far_a_run_is_between_checkpoints(self):
        process = self.train("far", 10**6)
        self.await_start(process, "far")
        time.sleep(11)  # a sign of life comes every ten seconds
        status = subprocess.run([TVEM, "status", self.path("far")], capture_output=True, text=True, check=False).stdout
        self.assertRegex(status, "^running .*: step [1-9][0-9]* of 1000000")
        self.assertFalse(os.path.exists(self.path("far", "checkpoint.h5")))
        process.send_signal(signal.SIGTERM)
        self.end(process, 75)

    def test_copy_of_a_folder_at_work_is_not_running(self):
        first = self.train("live", 10**6, 0, ("--train.checkpoint_minutes", "0.002"))
        self.await_start(first, "live")
        self.wait_for(lambda: os.path.exists(self.path("live", "checkpoint.h5")), first)
        shutil.copytree(self.path("live"), self.path("copy"), ignore=shutil.ignore_patterns("*.tmp-*"))
        os.symlink(self.path("live"), self.path("link"))
        states = {name: subprocess.run([TVEM, "status", self.path(name)], capture_output=True, text=True, check=False).stdout.split()[0]
                  for name in ("live", "link", "copy")}
        os.utime(self.path("copy", "claim.txt"))
        self.end(self.train("copy", 10**6, 0, ("--max-minutes", "0.02")), 75)  # it can be gone on with
        first.send_signal(signal.SIGTERM)
        self.end(first, 75)
        self.assertEqual(states, {"live": "running", "link": "running", "copy": "unfinished"})

    def claim(self, out, host, process, job="-", restarts="-", machine="another", start="-", age_s=0):
        os.makedirs(self.path(out), exist_ok=True)
        with open(self.path(out, "claim.txt"), "w", encoding="ascii") as file:
            file.write(f"host {host}\nprocess {process}\njob {job}\nrestarts {restarts}\nmachine {machine}\nstart {start}\n")
        os.utime(self.path(out, "claim.txt"), (time.time() - age_s,) * 2)

    def test_claims_that_are_left_over_are_taken(self):
        here = os.uname().nodename
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            machine = file.read().strip() + ":" + os.readlink("/proc/self/ns/pid")
        me, alive = os.getpid(), 2
        with open(f"/proc/{me}/stat", encoding="ascii") as file:
            start = file.read().rpartition(")")[2].split()[19]
        os.environ.update(SLURM_JOB_ID="77", SLURM_RESTART_COUNT="2")
        self.addCleanup(lambda: [os.environ.pop(name) for name in ("SLURM_JOB_ID", "SLURM_RESTART_COUNT")])
        for number, (claim, expect) in enumerate((
                ({"host": here, "process": 999999999, "machine": machine}, 0),              # a process that is gone
                ({"host": here, "process": me, "machine": machine, "start": start}, alive),
                ({"host": here, "process": me, "machine": machine, "start": start, "age_s": 9999}, 0),      # there, but suspended or elsewhere
                ({"host": here, "process": me, "machine": machine, "start": "1"}, 0),       # its number has come again
                ({"host": here, "process": 999999999, "machine": "earlier start"}, alive),  # of this name, but not seen from here
                ({"host": here, "process": 999999999, "machine": "earlier start", "age_s": 400}, 0),
                ({"host": "elsewhere", "process": 5, "job": 76, "age_s": 400}, 0),
                ({"host": "elsewhere", "process": 5, "job": 76, "restarts": 1, "age_s": 250}, alive),
                ({"host": "elsewhere", "process": 5, "job": 77, "restarts": 1}, 0),         # our own job, in an earlier round
                ({"host": "elsewhere", "process": 5, "job": 77}, 0),
                ({"host": "elsewhere", "process": 5, "job": 77, "restarts": 2}, alive),
                ({"host": "elsewhere", "process": 5, "job": 77, "restarts": 3}, alive),     # in a later one: we are the left-over
                ({"host": here, "process": 999999999, "machine": "-"}, alive))):            # where the system does not say
            out = f"claim{number}"
            self.claim(out, **claim)
            output = self.end(self.train(out, 5), expect)
            if expect:
                self.assertIn(f"process {claim['process']} on {claim['host']}", output)
                self.assertIn("Slurm job" if "job" in claim else "", output)
                self.assertEqual(os.listdir(self.path(out)), ["claim.txt"])
        # Whoever made it ended before it could write its name, or the power was cut.
        for text, age_s, expect in (("", 0, alive), ("", 40, 0), ("\0" * 150, 40, 0)):
            with open(self.path("claim0", "claim.txt"), "w", encoding="ascii") as file:
                file.write(text)
            os.utime(self.path("claim0", "claim.txt"), (time.time() - age_s,) * 2)
            self.end(self.train("claim0", 5), expect)

    def test_files_that_are_not_ours_are_left(self):
        os.makedirs(self.path("mine"))
        names = ["checkpoint.previous.h5.link", "run.h5.tmp-old", "claim.txt"]
        for name in names:
            with open(self.path("mine", name), "w", encoding="ascii") as file:
                file.write("I claim that\n")
            os.utime(self.path("mine", name), (1, 1))
        self.assertIn("is not of tvem", self.end(self.train("mine", 5), 2))
        os.remove(self.path("mine", "claim.txt"))
        for left in ("run.h5.tmp-gone-5", "checkpoint.previous.h5.tmp-gone-5", "evaluation-1234.h5.tmp-a-b-5"):
            open(self.path("mine", left), "w", encoding="ascii").close()
        self.end(self.train("mine", 5), 0)
        self.assertEqual(sorted(os.listdir(self.path("mine"))), sorted(["checkpoint.h5", "run.h5", *names[:2]]))

    def test_claim_is_renewed_while_its_process_is_busy(self):
        process = self.train("busy", 10**6, 0, ("--train.evaluate_every", "1", "--train.evaluate_tasks", "20000000"),
                             ("--eval.tasks", "20000000", "--eval.estimators", "transformer"))
        self.wait_for(lambda: os.path.exists(self.path("busy", "claim.txt")), process)
        self.assertTrue(os.path.exists(self.path("busy", "claim.txt")))
        time.sleep(12)  # in the first point of the learning curve
        self.assertLess(time.time() - os.stat(self.path("busy", "claim.txt")).st_mtime, 5)
        process.send_signal(signal.SIGTERM)
        self.assertIn("after step 0 of", self.end(process, 75))

    def test_process_that_slept_while_another_took_its_run_writes_nothing_more(self):
        # Suspended in a step, in a point of the learning curve with a checkpoint due after it, and amid a write.
        in_curve = ("--train.evaluate_every", "1", "--train.evaluate_tasks", "6000", "--train.checkpoint_minutes", "0.0001")
        for out, more, delay_ms in (("step", ("--train.checkpoint_minutes", "0.02"), 0), ("point", in_curve, 0), ("write", ("--train.checkpoint_minutes", "0.02"), 700)):
            first = self.train(out, 10**6, 0, more, ("--eval.tasks", "6000", "--eval.estimators", "transformer"),
                               TVEM_TEST_WRITE_DELAY_MS=str(delay_ms))
            checkpoint = self.path(out, "checkpoint.h5")
            self.wait_for(lambda: os.path.exists(checkpoint), first)
            time.sleep(0.5)
            is_writing = lambda: any(".tmp-" in name for name in os.listdir(self.path(out)))
            self.wait_for(lambda: is_writing() == (out == "write"), first)
            first.send_signal(signal.SIGSTOP)
            time.sleep(0.1)
            self.assertEqual(is_writing(), out == "write")
            os.remove(self.path(out, "claim.txt"))
            self.claim(out, "elsewhere", 5)
            before = os.stat(checkpoint).st_mtime_ns, os.stat(self.path(out, "run.h5")).st_mtime_ns
            first.send_signal(signal.SIGCONT)
            self.assertIn("was taken by process 5 on elsewhere", self.end(first, 1))
            self.assertEqual((os.stat(checkpoint).st_mtime_ns, os.stat(self.path(out, "run.h5")).st_mtime_ns), before)
            self.assertFalse(is_writing())
            with open(self.path(out, "claim.txt"), encoding="ascii") as file:
                self.assertIn("elsewhere", file.read())

    def test_sweep_that_slept_while_another_finished_its_run_leaves_it_as_it_is(self):
        words = ("sweep", "--out", self.path("slept"), *KEYS, *EVALUATION, "--train.steps", 200, "--sweep.run.seed", "1, 2")
        first = self.start(*words, TVEM_TEST_WRITE_DELAY_MS="700")
        writing = lambda: [os.path.join(root, name) for root, _, names in os.walk(self.path("slept")) for name in names if "h5.tmp-" in name]
        self.wait_for(writing, first)
        time.sleep(0.3)
        first.send_signal(signal.SIGSTOP)
        run = os.path.dirname(writing()[0])
        self.claim(os.path.join("slept", os.path.basename(run)), "elsewhere", 5, age_s=400)
        self.end(self.start(*words), 0)
        before = sorted(os.listdir(run))
        first.send_signal(signal.SIGCONT)
        self.assertIn("claim.txt is gone", self.end(first, 0))  # all is finished, by the other
        self.assertEqual(sorted(os.listdir(run)), before)
        self.assertNotIn("failed.txt", before)

    def test_guard_of_a_takeover_that_was_killed(self):
        self.claim("guarded", "elsewhere", 5, age_s=400)
        for age_s, expect in ((0, 2), (40, 0)):
            shutil.copy(self.path("guarded", "claim.txt"), self.path("guarded", "claim.txt.takeover"))
            os.utime(self.path("guarded", "claim.txt.takeover"), (time.time() - age_s,) * 2)
            self.end(self.train("guarded", 5), expect)
        self.assertEqual(sorted(os.listdir(self.path("guarded"))), ["checkpoint.h5", "run.h5"])

    def test_results_stay_until_a_longer_training_has_more(self):
        words = ("--out", self.path("longer"), *KEYS, *EVALUATION, "--train.schedule", "constant")
        self.end(self.start("run", *words, "--train.steps", 20), 0)
        stamp = os.stat(self.path("longer", "run.h5")).st_mtime_ns
        process = self.start("run", *words, "--train.steps", 10**6)
        self.wait_for(lambda: os.path.exists(self.path("longer", "claim.txt")), process)
        time.sleep(1)
        process.kill()
        process.wait()
        self.assertEqual(os.stat(self.path("longer", "run.h5")).st_mtime_ns, stamp)
        self.end(self.start("run", "--status", *words, "--train.steps", 20), 0)
        self.end(self.start("run", *words, "--train.steps", 10**6, "--max-minutes", "0.01"), 75)
        self.assertIn("of 1000000", self.end(self.start("run", "--status", *words, "--train.steps", 10**6), 75))

    def test_rank_that_alone_finds_its_input_wrong_ends_all(self):
        words = ["run", "--out", self.path("alone"), *KEYS, *EVALUATION, "--train.steps", "10"]
        for more, message, expect in ((("--train.rate", "-1"), "rank 1: command line: train.rate", 2),
                                      (("--train.rate", "0.01"), "have not read the same configuration", 1)):
            process = subprocess.Popen([MPIEXEC, "-n", "1", TVEM, *words, ":", "-n", "1", TVEM, *words, *more],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertIn(message, self.end(process, expect))
            self.assertFalse(os.path.exists(self.path("alone", "run.h5")))

    def test_ranks_that_see_different_files_end(self):
        words = (*KEYS, *EVALUATION, "--train.steps", "30")
        for out, period in (("one", 0), ("other", 30)):  # the same checkpoint but for its curve, which has one point more
            self.end(self.start("run", "--out", self.path(out), *words, "--train.evaluate_every", period), 0)
        for command, option in (("run", "--out"), ("evaluate", "--model")):
            of_rank = [[TVEM, command, option, self.path(out), *(words if command == "run" else ("--out", self.path("e.h5")))]
                       for out in ("one", "other")]
            process = subprocess.Popen([MPIEXEC, "-n", "1", *of_rank[0], ":", "-n", "1", *of_rank[1]], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
            self.assertRegex(self.end(process, 1), "the ranks (see|have read) different checkpoints")
        self.assertFalse(os.path.exists(self.path("e.h5")))

    def test_folder_that_vanishes_ends_the_run(self):
        process = self.train("vanishing", 10**6, 2, ("--train.checkpoint_minutes", "0.01"))
        self.await_start(process, "vanishing")
        os.rename(self.path("vanishing"), self.path("elsewhere"))
        text = self.end(process, 1)
        self.assertRegex(text, "vanishing/(checkpoint|run).h5|claim.txt is gone")
        self.assertFalse(os.path.exists(self.path("vanishing")))
        self.end(self.train("elsewhere", 10**6, 0, ("--max-minutes", "0.01")), 75)


if __name__ == "__main__":
    TVEM, MPIEXEC = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
