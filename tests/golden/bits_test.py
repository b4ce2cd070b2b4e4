"""The bits of tvem: digests of trained parameters, optimiser states, learning curves and evaluations, on 1 to 4 ranks,
against those committed in bits.txt for each instruction set. A change that alters bits writes them anew and says so in
CHANGELOG.md.

usage: bits_test.py TVEM MPIEXEC [unittest arguments]
       bits_test.py TVEM MPIEXEC --write        (this processor's lines of bits.txt anew)
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "bits.txt")
QUICKSTART = os.path.join(HERE, "..", "..", "experiments", "configs", "quickstart.ini")
TVEM, MPIEXEC = "", ""

ESTIMATORS = ("transformer, transformer+em, em, em:restarts=3:covariance=full, em:covariance=diagonal, em:covariance=tied, "
              "em:precision=float, em:start=given, em:start=two_round, em:known=means_prior, two_round, "
              "gradient:max_iterations=30, lloyd:restarts=3, hartigan, spectral, bayes, chance")
SMALL = """
[task]
dim = 2..3
components = 2..4
points = 20..40
weights = dirichlet
covariance = full
noise = student
outliers = 0.05
[input]
init = corrupted
auxiliary = true
standardize = true
[model]
layers = 2
heads = 2
width = 16
[train]
steps = 50
tasks_per_step = 13
warmup = 5
optimizer = adamw
weight_decay = 0.01
schedule = rsqrt
evaluate_every = 25
evaluate_tasks = 16
[em]
variance_floor = 1e-6
ratio_limit = 0
[eval]
tasks = 24
trace = 3
estimators = """ + ESTIMATORS + "\n"
QUICK = ["--config", QUICKSTART, "--train.steps", "50", "--eval.tasks", "64"]
# name: (command, file whose content counts)
CASES = {
    "quickstart": (["run", *QUICK, "--out", "{folder}"], "checkpoint.h5"),
    "quickstart-evaluation": (["run", *QUICK, "--out", "{folder}"], "run.h5"),
    "ragged": (["run", "--config", "{small}", "--out", "{folder}"], "checkpoint.h5"),
    "ragged-evaluation": (["run", "--config", "{small}", "--out", "{folder}"], "run.h5"),
    "evaluate": (["evaluate", "--model", "{model}", "--task.points", "60", "--task.noise", "laplace", "--eval.tasks", "20",
                  "--out", "{folder}/evaluation.h5"], "evaluation.h5"),
}
GROUPS = ("parameters", "optimizer", "training", "learning_curve", "evaluation")


def digest(path):
    """SHA-256 over names and values of all that is computed in a file, without times and names of families."""
    sha = hashlib.sha256()
    with h5py.File(path) as file:
        for group in GROUPS:
            names = []
            if group in file:
                file[group].visititems(lambda name, item: names.append((name, item)) if isinstance(item, h5py.Dataset) else None)
            for name, item in sorted(names, key=lambda pair: pair[0]):
                if not os.path.basename(name).startswith(("seconds", "family")):
                    values = np.asarray(item.asstr()[()] if h5py.check_string_dtype(item.dtype) else item[()])
                    sha.update(f"{group}/{name}{values.shape}".encode())
                    sha.update("\n".join(values.ravel()).encode() if values.dtype == object else values.tobytes())
    return sha.hexdigest()


class Bits(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="tvem-bits-")
        self.addCleanup(shutil.rmtree, self.top)
        self.small = os.path.join(self.top, "small.ini")
        with open(self.small, "w", encoding="utf-8") as file:
            file.write(SMALL)

    def tvem(self, arguments, ranks, **places):
        command = [word.format(small=self.small, **places) for word in arguments]
        done = subprocess.run([MPIEXEC, "-n", str(ranks), TVEM, *command], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def computed(self, ranks):
        """{case: digest} on so many ranks."""
        found, folders = {}, {}
        for name, (arguments, file) in CASES.items():
            key = tuple(arguments)
            if key not in folders:
                folders[key] = os.path.join(self.top, f"{ranks}-{name}")
                os.makedirs(folders[key], exist_ok=True)
                model = folders.get(tuple(CASES["ragged"][0]), "")
                self.tvem(arguments, ranks, folder=folders[key], model=model)
            found[name] = digest(os.path.join(folders[key], file))
        return found

    def test_bits_are_the_committed_ones_on_1_2_3_4_ranks(self):
        golden = read_golden().get(instruction_set())
        if golden is None:
            self.skipTest(f"{GOLDEN} has no digests for {instruction_set()}")
        for ranks in (1, 2, 3, 4):
            with self.subTest(ranks=ranks):
                self.assertEqual(self.computed(ranks), golden)


def instruction_set():
    text = subprocess.run([TVEM, "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"instruction set (\S+)", text).group(1)


def read_golden():
    golden = {}
    if os.path.exists(GOLDEN):
        with open(GOLDEN, encoding="utf-8") as file:
            for line in file:
                if line.strip() and not line.startswith("#"):
                    instructions, name, value = line.split()
                    golden.setdefault(instructions, {})[name] = value
    return golden


def write_golden():
    test = Bits("test_bits_are_the_committed_ones_on_1_2_3_4_ranks")
    test.setUp()
    golden = read_golden()
    golden[instruction_set()] = test.computed(1)
    test.doCleanups()
    with open(GOLDEN, "w", encoding="utf-8") as file:
        file.write("# Instruction set, case and digest: bits_test.py --write makes this file.\n")
        for instructions, digests in sorted(golden.items()):
            for name, value in digests.items():
                file.write(f"{instructions} {name} {value}\n")


if __name__ == "__main__":
    TVEM, MPIEXEC = sys.argv[1:3]
    if sys.argv[3:] == ["--write"]:
        write_golden()
    else:
        unittest.main(argv=sys.argv[:1] + sys.argv[3:])
