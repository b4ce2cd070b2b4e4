"""What the tests of tvem collect and tvem evaluate share: the programs, and a small sweep in a folder.

The tests are called with TVEM MPIEXEC [unittest arguments].
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import xarray

TVEM, MPIEXEC = map(os.path.abspath, sys.argv[1:3])

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
evaluate_every = 6
evaluate_tasks = 8
[eval]
tasks = 16
estimators = transformer, em, em:restarts=3, bayes
trace = 2
[sweep]
model.layers = 1, 2
task.separation = 1, 2.5
run.seed = 1..3
skip = model.layers = 2 and task.separation = 2.5 and run.seed = 3
"""


def run(*arguments, ranks=0, expect=0):
    command = [TVEM, *map(str, arguments)]
    if ranks:
        command = [MPIEXEC, "-n", str(ranks), *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != expect:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done


class Folder(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tvem-collect-")
        cls.config = cls.write("grid.ini", SWEEP)
        cls.sweep = cls.path("sweep")
        run("sweep", "--config", cls.config, "--out", cls.sweep)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def path(cls, *parts):
        return os.path.join(cls.folder, *parts)

    @classmethod
    def write(cls, name, text):
        with open(cls.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return cls.path(name)

    def collected(self, folder, *options):
        done = run("collect", folder, *options)
        table = xarray.open_dataset(os.path.join(folder, "sweep.h5"), engine="h5netcdf")
        self.addCleanup(table.close)
        return table, done.stdout


def main():
    unittest.main(module="__main__", argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
