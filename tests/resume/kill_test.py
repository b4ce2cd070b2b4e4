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
        "--train.evaluate_tasks", "8", "--eval.tasks", "16", "--eval.estimators", "transformer,em", "--parallel.chunk", "2")


def command(out, ranks):
    words = [TVEM, "run", "--out", out, *map(str, KEYS)]
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

    def step_of(self, out):
        with h5py.File(self.path(out, "checkpoint.h5")) as file:
            return int(file["state"].attrs["step"])

    def test_full_disk_during_any_write_loses_nothing(self):
        half = self.path("half")
        subprocess.run([*command(half, 1), "--max-minutes", "0.0001"], stdout=subprocess.DEVNULL, timeout=60, check=False)
        start = self.step_of("half")
        self.assertTrue(0 < start < STEPS)
        size = os.path.getsize(os.path.join(half, "checkpoint.h5"))

        for number, limit in enumerate((0, 100, 1000, size // 4, size // 2, size - 500, size + 200)):
            out = f"full{number}"
            shutil.copytree(half, self.path(out))
            # Once MPI is up, which writes files of its own; writing past the limit is then an error, as on a full disk.
            process = subprocess.Popen(command(self.path(out), 1), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                       env={**os.environ, "TVEM_TEST_WRITE_DELAY_MS": "20"},
                                       preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
            while not os.path.exists(self.path(out, "claim.txt")) and process.poll() is None:
                time.sleep(0.001)
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
            output, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 1, f"limit {limit}: {output}{errors}")
            self.assertRegex(errors, r"run\.h5|checkpoint\.h5")
            self.check_files(out)
            self.assertGreaterEqual(self.step_of(out), start)
            self.finish(out, 2)


if __name__ == "__main__":
    TVEM, MPIEXEC = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
