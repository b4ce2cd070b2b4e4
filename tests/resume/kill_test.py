"""Kills and full disks: whatever is killed when, a run that is started again ends in the bits of one never stopped.

usage: kill_test.py TVEM MPIEXEC [unittest arguments]
"""

import glob
import os
import random
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
STEPS = 60
KEYS = ("--task.points", "15..25", "--task.components", "2..3", "--model.layers", "2", "--model.width", "16", "--model.heads", "2",
        "--train.steps", STEPS, "--train.tasks_per_step", "12", "--train.checkpoint_every", "4", "--train.evaluate_every", "6",
        "--train.evaluate_tasks", "8", "--eval.tasks", "16", "--eval.estimators", "transformer,em", "--parallel.chunk", "2",
        "--train.optimizer", "muon", "--train.average", "0.9")


os.environ["TVEM_TEST_STEPS_PER_FILE"] = "17"  # so that checkpoints have steps in files of their own


def command(out, ranks, before=()):
    words = [*before, TVEM, "run", "--out", out, *map(str, KEYS)]
    return [MPIEXEC, "-n", str(ranks), *words] if ranks > 1 else words


def processes_below(parent):
    """The ranks: processes called tvem that mpirun, or we, have started."""
    found = []
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            with open(folder + "/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")
            name, ppid = fields[0].partition("(")[2], int(fields[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        pid = int(folder[6:])
        if name == "tvem" and parent in (ppid, pid):
            found.append(pid)
    return found


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False


def wait_until_dead(pids):
    """mpirun may end a moment before the ranks that it has ended."""
    limit = time.monotonic() + 20
    while any(map(is_alive, pids)) and time.monotonic() < limit:
        time.sleep(0.01)


class Kill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tvem-kill-")
        subprocess.run(command(cls.path("whole"), 1), check=True, stdout=subprocess.DEVNULL, timeout=120)
        cls.whole = cls.everything("whole")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def path(cls, *parts):
        return os.path.join(cls.folder, *parts)

    @classmethod
    def everything(cls, out):
        """Parameters, optimiser, training and learning curves, of both files; the errors of the evaluation."""
        values = {}
        for name, groups in (("checkpoint.h5", ("parameters", "optimizer", "training", "learning_curve")),
                             ("run.h5", ("training", "learning_curve"))):
            with h5py.File(cls.path(out, name)) as file:
                for group in groups:
                    file[group].visititems(lambda member, item, key=(name, group):
                                           values.__setitem__((*key, member), item[()].tobytes())
                                           if isinstance(item, h5py.Dataset) else None)
                if name == "run.h5":
                    values["steps"] = file["training/step"][()].tolist()
                    values["curve"] = file["learning_curve/step"][()].tolist()
                    values["error"] = file["evaluation/error"][()].tobytes()
                else:
                    values["step"], values["n_updates"] = file["state"].attrs["step"], file["optimizer"].attrs["n_updates"]
        return values

    def check_files(self, out):
        """Every file in its place can be read."""
        for path in glob.glob(self.path(out, "*.h5")):
            with h5py.File(path) as file:
                self.assertIn("file_type", file.attrs)

    def finish(self, out, ranks):
        done = subprocess.run(command(self.path(out), ranks), capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(self.everything(out), self.whole)
        self.assertEqual([name for name in os.listdir(self.path(out)) if name.startswith(("run.h5.", "checkpoint.h5."))], [])
        self.assertFalse(os.path.exists(self.path(out, "claim.txt")))

    def test_uninterrupted_runs_have_every_row_once(self):
        self.assertEqual(self.whole["steps"], list(range(STEPS)))
        names = sorted(name for name in os.listdir(self.path("whole")) if name.startswith("steps-"))
        stored = []
        for name in names:
            with h5py.File(self.path("whole", name)) as file:
                stored += file["training/step"][()].tolist()
        self.assertEqual(stored, list(range(STEPS // 17 * 17)))
        with h5py.File(self.path("whole", "checkpoint.h5")) as file:
            self.assertEqual(file["training/step"][()].tolist(), list(range(STEPS // 17 * 17, STEPS)))
        self.assertEqual(self.whole["curve"], list(range(0, STEPS + 1, 6)))

    def test_killed_at_random_moments_resumed_on_other_ranks(self):
        chance = random.Random(20261125)
        n_resumed = 0
        for trial in range(20):
            out, ranks = f"killed{trial}", chance.randint(1, 4)
            environment = {**os.environ, "TVEM_TEST_WRITE_DELAY_MS": str(chance.choice((0, 5, 20)))}
            process = subprocess.Popen(command(self.path(out), ranks), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env=environment)
            limit = time.monotonic() + 60
            while not os.path.exists(self.path(out, "run.h5")) and process.poll() is None and time.monotonic() < limit:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 2.0 if environment["TVEM_TEST_WRITE_DELAY_MS"] == "20" else 0.6))
            pids = processes_below(process.pid)
            victims = pids if chance.random() < 0.5 else pids[:0] + chance.sample(pids, min(1, len(pids)))
            for pid in victims:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            process.wait(timeout=60)
            wait_until_dead(pids)
            self.check_files(out)
            n_resumed += os.path.exists(self.path(out, "checkpoint.h5")) and self.step_of(out) < STEPS
            self.finish(out, chance.choice([r for r in (1, 2, 3, 4) if r != ranks]))
        self.assertGreater(n_resumed, 5, "hardly any kill came amid a training")

    def test_damaged_steps_are_a_damaged_checkpoint(self):
        name = "steps-000000000017.h5"
        shutil.copytree(self.path("whole"), self.path("damaged"))
        os.truncate(self.path("damaged", name), 2000)
        done = subprocess.run(command(self.path("damaged"), 1), capture_output=True, text=True, timeout=120, check=True)
        self.assertRegex(done.stdout, name + " is damaged.*no good checkpoint is left.*; the training begins anew")
        self.assertEqual(self.everything("damaged"), self.whole)

    def test_model_needs_no_steps(self):
        out = self.path("model")
        os.mkdir(out)
        shutil.copy(self.path("whole", "checkpoint.h5"), out)
        subprocess.run([TVEM, "evaluate", "--model", out, "--out", self.path("model.h5")], check=True, stdout=subprocess.DEVNULL, timeout=60)

    def step_of(self, out):
        with h5py.File(self.path(out, "checkpoint.h5")) as file:
            return int(file["state"].attrs["step"])

    def test_full_disk_during_any_write_loses_nothing(self):
        slow = {**os.environ, "TVEM_TEST_WRITE_DELAY_MS": "20"}
        half, checkpoint = self.path("half"), self.path("half", "checkpoint.h5")
        process = subprocess.Popen(command(half, 1), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=slow)
        self.wait_for(lambda: os.path.exists(checkpoint), process)
        process.send_signal(signal.SIGUSR2)
        self.assertEqual(process.wait(timeout=60), 75)
        start, size = self.step_of("half"), os.path.getsize(checkpoint)
        self.assertTrue(0 < start < STEPS)
        # Ranks; the largest size that a file may have; checkpoints that are written before the disk is full, -1: all.
        cases = [(1, limit, 0) for limit in (0, 100, 1000, size // 4, size // 2, size - 500, size + 200)]
        cases += [(1, 0, 1), (1, size // 2, 3), (1, 0, -1), (3, 0, 0), (2, 1000, 2), (3, size // 2, -1)]
        for number, (ranks, limit, n_before) in enumerate(cases):
            out = f"full{number}"
            shutil.copytree(half, self.path(out))
            # Once MPI is up, which writes files of its own; writing past the limit is then an error, as on a full disk.
            words = command(self.path(out), ranks, ("sh", "-c", 'trap "" XFSZ; exec "$@"', "sh"))
            process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=slow)
            self.wait_for(lambda: self.claimed_by(out), process)
            writer, n_written, last = self.claimed_by(out), 0, self.step_of(out)
            while n_written != n_before and last != STEPS:
                self.wait_for(lambda: self.step_of(out) != last, process)
                n_written, last = n_written + 1, self.step_of(out)
            resource.prlimit(writer, resource.RLIMIT_FSIZE, (limit, limit))
            began = time.monotonic()
            output, errors = process.communicate(timeout=60)
            case = f"{ranks} ranks, limit {limit} after {n_before}: {output}{errors}"
            self.assertEqual(process.returncode, 1, case)
            self.assertLess(time.monotonic() - began, 20, case)
            self.assertRegex(errors, r"rank 0: .*(run\.h5|checkpoint\.h5)", case)
            self.check_files(out)
            self.assertGreaterEqual(self.step_of(out), max(start, last), case)
            self.finish(out, 2)

    def wait_for(self, condition, process):
        limit = time.monotonic() + 60
        while not condition() and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.001)
        self.assertTrue(condition(), "in vain")

    def claimed_by(self, out):
        """The process that has the run; 0: none yet."""
        try:
            with open(self.path(out, "claim.txt"), encoding="ascii") as file:
                return int(dict(line.split() for line in file)["process"])
        except (OSError, KeyError):
            return 0


if __name__ == "__main__":
    TVEM, MPIEXEC = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
