"""Evaluations that are stopped and killed go on from their finished blocks, in the same bits and in little memory.

usage: kept_evaluation_test.py TVEM MPIEXEC [unittest arguments]
"""

import glob
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import h5py

TVEM, MPIEXEC = "", ""
TASKS = ("--task.dim", "2", "--task.components", "2..3", "--task.points", "10..30")
BASELINES = (*TASKS, "--eval.trace", "3", "--eval.estimators", "em,lloyd:restarts=40,bayes")
MODEL = (*TASKS, "--model.layers", "1", "--model.width", "16", "--model.heads", "2", "--train.steps", "4",
         "--eval.estimators", "transformer,em:restarts=8")
SHORT_BLOCKS = {"TVEM_TEST_BLOCK_MS": "100"}
# So that no processor is so fast that it is done before the test stops it.
SLOW_BLOCKS = {"TVEM_TEST_BLOCK_MS": "5", "TVEM_TEST_WRITE_DELAY_MS": "60"}


def results(path):
    """All of /evaluation but times."""
    with h5py.File(path) as file:
        group = file["evaluation"]
        return {name: item[()].tolist() if item.dtype == object else item[()].tobytes() for name, item in group.items()
                if not name.startswith("seconds")}


class KeptEvaluation(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tvem-evaluation-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def command(self, kind, out, ranks=1, tasks=10000, more=()):
        words = (kind, *(BASELINES if kind == "evaluate" else MODEL), "--eval.tasks", str(tasks))
        before = (MPIEXEC, "-n", str(ranks)) if ranks > 1 else ()
        return [*before, TVEM, *words, "--out", self.path(out), *more]

    def start(self, *arguments, **environment):
        return subprocess.Popen(self.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                env={**os.environ, **SLOW_BLOCKS, **environment})

    def do(self, *arguments, expect=0):
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=300, check=False,
                              env={**os.environ, **SHORT_BLOCKS})
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def blocks(self, out):
        return sorted(glob.glob(self.path(out + ".blocks-*", "tasks-*.h5")))

    def wait_for_blocks(self, out, n, process):
        limit = time.monotonic() + 60
        while len(self.blocks(out)) < n and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.002)
        self.assertGreaterEqual(len(self.blocks(out)), n, "in vain")

    def kill(self, process):
        """All ranks, and mpirun."""
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and self.parent(name) == process.pid]
        for pid in (*pids, process.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.communicate(timeout=60)
        limit = time.monotonic() + 20
        while any(self.parent(pid) for pid in pids) and time.monotonic() < limit:
            time.sleep(0.01)

    @staticmethod
    def parent(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
            return int(fields[1]) if fields[0] not in "ZX" else 0
        except (OSError, IndexError, ValueError):
            return 0

    def check_is_tidy(self, out):
        self.assertEqual(glob.glob(self.path(out + ".*")), [])

    def test_killed_and_stopped_on_any_ranks_the_same_bits(self):
        chance = random.Random(17)
        for kind, file in (("evaluate", ""), ("run", "run.h5")):
            place = lambda name, file=file: os.path.join(name, file) if file else name
            self.do(kind, f"{kind}-whole")
            whole = results(self.path(place(f"{kind}-whole")))
            for trial in range(2):
                out = f"{kind}-{trial}"
                for _ in range(3):
                    n_before = len(self.blocks(place(out)))
                    process = self.start(kind, out, chance.choice((1, 2, 3)))
                    self.wait_for_blocks(place(out), n_before + 1, process)
                    time.sleep(chance.uniform(0, 0.2))
                    if chance.random() < 0.6:
                        self.kill(process)
                    else:
                        process.send_signal(signal.SIGUSR2)
                        text = process.communicate(timeout=60)[0]
                        self.assertEqual(process.returncode, 75, text)
                        self.assertRegex(text, r"stopped on request in the evaluation, after [1-9]\d* of \d+ tasks; what is done is kept")
                text = self.do(kind, out, chance.choice((1, 2, 3)))
                self.assertRegex(text, r"the evaluation goes on from task [1-9]")
                self.assertEqual(results(self.path(place(out))), whole)
                self.check_is_tidy(place(out))
                with h5py.File(self.path(place(out))) as stored:
                    self.assertGreaterEqual(stored["provenance/started_utc"].shape[0], 2 if kind == "run" else 4)

    def test_a_damaged_block_is_said_and_done_again(self):
        self.do("evaluate", "whole")
        process = self.start("evaluate", "damaged")
        self.wait_for_blocks("damaged", 4, process)
        self.kill(process)
        first, second = self.blocks("damaged")[:2]
        with open(second, "r+b") as file:
            file.seek(3000)
            file.write(b"x" * 100)
        text = self.do("evaluate", "damaged")
        start = int(re.search(r"tasks-0*(\d+)\.h5", second).group(1))
        self.assertIn(f"{second} is damaged", text)
        self.assertIn(f"goes on from task {start}", text)
        self.assertNotIn(first, text)
        self.assertEqual(results(self.path("damaged")), results(self.path("whole")))

    def test_blocks_that_are_left_beside_a_finished_evaluation_go(self):
        for kind, file in (("evaluate", ""), ("run", "run.h5")):
            out = os.path.join(kind, file) if file else kind
            process = self.start(kind, kind)
            self.wait_for_blocks(out, 1, process)
            self.kill(process)
            left = os.path.dirname(self.blocks(out)[0])
            shutil.copytree(left, self.path("aside-" + kind))
            self.do(kind, kind)
            self.check_is_tidy(out)
            shutil.copytree(self.path("aside-" + kind), left)
            self.do(kind, kind)
            self.check_is_tidy(out)

    def test_another_evaluation_into_the_same_file_has_blocks_of_its_own(self):
        process = self.start("evaluate", "out")
        self.wait_for_blocks("out", 2, process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        kept = self.blocks("out")
        self.assertNotIn("goes on", self.do("evaluate", "out", 1, 50))
        self.assertEqual(self.blocks("out"), kept)

    def test_two_at_once_the_second_is_refused(self):
        process = self.start("evaluate", "twice")
        self.wait_for_blocks("twice", 1, process)
        text = self.do("evaluate", "twice", expect=2)
        self.assertIn(f"process {process.pid} on", text)
        self.kill(process)

    def test_more_than_the_disk_holds_is_refused_with_its_size(self):
        small = "/dev/shm"
        if not os.path.isdir(small) or shutil.disk_usage(small).free > 4e11:
            self.skipTest("no small file system here")
        for kind in ("evaluate", "run"):
            out = os.path.join(small, f"tvem-test-{os.getpid()}")
            text = self.do(kind, out, 1, 10**9, expect=2)
            self.assertRegex(text, rf"eval\.tasks = {10**9} with [23] estimators takes \S+ GB of disk until it is done, and {small}\S* has")
            self.assertEqual(glob.glob(out + "*"), [])

    def test_what_is_to_come_is_said_at_once(self):
        process = self.start("evaluate", "long", 1, 900000)
        self.wait_for_blocks("long", 25, process)
        process.send_signal(signal.SIGTERM)
        self.assertRegex(process.communicate(timeout=60)[0],
                         r"evaluation of 900000 tasks by 3 estimators: about \d+ .*, and 436 MB on the disk; what is done is kept")

    def test_memory_does_not_grow_with_the_tasks(self):
        peaks = []
        for tasks in (20000, 200000):
            out = self.path(f"tasks{tasks}.h5")
            process = subprocess.Popen([TVEM, "evaluate", "--out", out, *TASKS, "--eval.tasks", str(tasks), "--eval.estimators",
                                        "bayes,lloyd"], stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0)
            peaks.append(usage.ru_maxrss / 1024)
        self.assertLess(peaks[1], 300)
        self.assertLess(peaks[1], peaks[0] + 120, peaks)


if __name__ == "__main__":
    TVEM, MPIEXEC = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
