"""The bits of tvem: digests of trained parameters, optimiser states, learning curves and evaluations, on 1 to 4 ranks and
with every instruction set of this processor, against those committed in bits.txt. A change that alters bits writes
them anew and says so in CHANGELOG.md.

usage: bits_test.py TVEM MPIEXEC [unittest arguments]
       bits_test.py TVEM MPIEXEC --write        (bits.txt anew)
       bits_test.py TVEM EMULATOR --emulator    (a program for another processor, on one rank; EMULATOR has its options)
       bits_test.py TVEM EMULATOR --emulator --all   (the cases too that take an emulator minutes)
"""

import hashlib
import os
import shlex
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
TVEM, MPIEXEC, EMULATED, ALL = "", "", False, True

ESTIMATORS = ("transformer, transformer+em, em, em:restarts=3:covariance=full, em:covariance=diagonal, em:covariance=tied, "
              "em:precision=float, em:start=given, em:start=two_round, em:known=means_prior, two_round, "
              "em:noise=student, em:noise=student:degrees=4:covariance=diagonal, em:outliers=true, "
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
FAMILIES = """
[task]
family = plain, full, heavy
[family.plain]
task.points = 30
[family.full]
task.covariance = full
task.dim = 3
[family.heavy]
task.noise = student
task.components = 4
[eval]
tasks = 30
estimators = em:covariance=full, em:noise=student, lloyd, bayes
"""
QUICK = ["--config", QUICKSTART, "--train.steps", "50", "--eval.tasks", "64"]
FEW = ["--train.steps", "4", "--train.tasks_per_step", "16", "--eval.tasks", "8"]
FIRST_STEPS = ["--config", QUICKSTART, *FEW]
READOUT = ["--task.dim", "3", "--task.components", "3", "--task.points", "40", "--model.readout", "parameters", "--loss.kind",
           "negative_log_likelihood", "--model.layers", "1", "--model.pooled_layers", "1",
           "--model.width", "20", "--model.heads", "2", "--model.activation", "relu", "--model.attention", "unnormalised",
           "--train.steps", "20", "--train.tasks_per_step", "8", "--eval.tasks", "16", "--eval.estimators",
           "transformer, transformer+em, em"]
POSTERIOR = ["--task.dim", "2..3", "--task.components", "2..4", "--task.points", "20..90", "--task.weights", "dirichlet",
             "--task.covariance", "spherical", "--task.sigma", "0.5..2", "--eval.tasks", "16",
             "--eval.estimators", "posterior:samples=20:burn_in=10, posterior:chains=2:samples=20:temperatures=3"]
FRAME = ["--task.dim", "2..4", "--input.frame", "canonical", "--input.init", "kmeans++", "--input.auxiliary", "true"]
PAPER = ["--config", os.path.join(os.path.dirname(QUICKSTART), "paper.ini"), *FEW]
SOFT = ["--train.average", "0.9", "--loss.targets", "posterior"]
# name: (command, file whose content counts)
CASES = {
    "quickstart": (["run", *QUICK, "--out", "{folder}"], "checkpoint.h5"),
    "quickstart-evaluation": (["run", *QUICK, "--out", "{folder}"], "run.h5"),
    "first-steps": (["run", *FIRST_STEPS, "--out", "{folder}"], "checkpoint.h5"),
    "frame": (["run", *FIRST_STEPS, *FRAME, "--out", "{folder}"], "checkpoint.h5"),
    "paper": (["run", *PAPER, "--out", "{folder}"], "checkpoint.h5"),
    "soft": (["run", *FIRST_STEPS, *SOFT, "--out", "{folder}"], "checkpoint.h5"),
    "posterior": (["evaluate", "--config", QUICKSTART, *POSTERIOR, "--out", "{folder}/evaluation.h5"], "evaluation.h5"),
    "ragged": (["run", "--config", "{small}", "--out", "{folder}"], "checkpoint.h5"),
    "ragged-evaluation": (["run", "--config", "{small}", "--out", "{folder}"], "run.h5"),
    "evaluate": (["evaluate", "--model", "{model}", "--task.points", "60", "--task.noise", "laplace", "--eval.tasks", "20",
                  "--out", "{folder}/evaluation.h5"], "evaluation.h5"),
    "families": (["evaluate", "--config", "{families}", "--out", "{folder}/evaluation.h5"], "evaluation.h5"),
    "ablation": (["evaluate", "--model", "{model}", "--eval.rank", "3", "--eval.pruned", "0.3", "--eval.reference", "transformer",
                  "--eval.tasks", "20", "--out", "{folder}/evaluation.h5"], "evaluation.h5"),
    "probe": (["probe", "--model", "{model}", "--algorithms", "em:start=given, lloyd:start=given", "--iterations", "2", "--fit-tasks", "20",
               "--eval.tasks", "20", "--out", "{folder}/probe.h5"], "probe.h5"),
    "parameters": (["run", *READOUT, "--out", "{folder}"], "checkpoint.h5"),
    "parameters-evaluation": (["run", *READOUT, "--out", "{folder}"], "run.h5"),
}
LONG = ("quickstart", "quickstart-evaluation")  # for an emulator
GROUPS = ("parameters", "optimizer", "training", "learning_curve", "evaluation", "probe")


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
        self.configs = {name: os.path.join(self.top, name + ".ini") for name in ("small", "families")}
        for name, text in (("small", SMALL), ("families", FAMILIES)):
            with open(self.configs[name], "w", encoding="utf-8") as file:
                file.write(text)

    def tvem(self, arguments, before, **places):
        command = [word.format(**self.configs, **places) for word in arguments]
        done = subprocess.run([*before, TVEM, *command], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def computed(self, before):
        """{case: digest} of the program, started by the words `before` it."""
        found, folders = {}, {}
        top = tempfile.mkdtemp(dir=self.top)
        for name in chosen_cases():
            arguments, file = CASES[name]
            key = tuple(arguments)
            if key not in folders:
                folders[key] = os.path.join(top, name)
                os.makedirs(folders[key])
                self.tvem(arguments, before, folder=folders[key], model=folders.get(tuple(CASES["ragged"][0]), ""))
            found[name] = digest(os.path.join(folders[key], file))
        return found

    def test_bits_are_the_committed_ones_with_every_instruction_set_on_1_2_3_4_ranks(self):
        if EMULATED:
            self.skipTest("one program on one rank")
        for ranks, name in enumerate(present_instruction_sets(), 1):
            with self.subTest(ranks=ranks, instruction_set=name):
                self.assertEqual(self.computed(mpirun(ranks, name)), read_golden())

    def test_bits_are_the_committed_ones_in_an_emulator(self):
        if not EMULATED:
            self.skipTest("no emulator is given")
        golden = read_golden()
        self.assertEqual(self.computed(shlex.split(MPIEXEC)), {name: golden[name] for name in chosen_cases()})


def chosen_cases():
    return [name for name in CASES if ALL or name not in LONG]


def mpirun(ranks, instruction_set):
    return ["env", "TVEM_INSTRUCTION_SET=" + instruction_set, MPIEXEC, "-n", str(ranks)]


def is_present(instruction_set):
    return subprocess.run([TVEM, "--version"], capture_output=True, check=False,
                          env={**os.environ, "TVEM_INSTRUCTION_SET": instruction_set}).returncode == 0


def present_instruction_sets():
    """For 1, 2, 3 and 4 ranks in turn; the portable one, which is slow, for 1 rank alone."""
    fast = [name for name in ("avx2", "avx512") if is_present(name)] or ["portable"]
    return ["portable", *(fast[i % len(fast)] for i in range(3))]


def read_golden():
    with open(GOLDEN, encoding="utf-8") as file:
        return dict(line.split() for line in file if line.strip() and not line.startswith("#"))


def write_golden():
    test = Bits("test_bits_are_the_committed_ones_in_an_emulator")
    test.setUp()
    digests = test.computed([])
    test.doCleanups()
    with open(GOLDEN, "w", encoding="utf-8") as file:
        file.write("# Case and digest: bits_test.py --write makes this file.\n")
        for name, value in digests.items():
            file.write(f"{name} {value}\n")


if __name__ == "__main__":
    TVEM, MPIEXEC = sys.argv[1:3]
    EMULATED = "--emulator" in sys.argv
    ALL = "--all" in sys.argv or not EMULATED
    if "--write" in sys.argv:
        write_golden()
    else:
        unittest.main(argv=[sys.argv[0], *(word for word in sys.argv[3:] if word not in ("--emulator", "--all"))], verbosity=2)
