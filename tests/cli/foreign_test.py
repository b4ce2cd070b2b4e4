"""Nothing of a user's is overwritten: every command against every name of a file that it writes.

usage: foreign_test.py TVEM SOURCE_FOLDER [unittest arguments]
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py

TVEM, SOURCE = map(os.path.abspath, sys.argv[1:3])
SMALL = ("--train.steps", 3, "--train.checkpoint_every", 1, "--train.tasks_per_step", 4, "--model.layers", 1, "--model.width", 8,
         "--model.heads", 2, "--eval.tasks", 4, "--eval.estimators", "transformer, lloyd")
DIVERGING = ("--train.rate", "1e6", "--train.clip", 0, "--model.norm", "none", "--train.optimizer", "sgd", "--train.momentum", 0,
             "--train.warmup", 0, "--train.max_skipped", 1, "--train.steps", 50)


def tvem(*arguments):
    done = subprocess.run([TVEM, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def digest_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def digests(folder):
    """Of all files in it, by content."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if os.path.isfile(path):
                found.setdefault(digest_of(path), []).append(os.path.relpath(path, folder))
    return found


class ForeignTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tvem-foreign-")
        cls.run_arguments = ("run", *SMALL)
        cls.sweep_arguments = ("sweep", *SMALL, "--sweep.run.seed", "1, 2", "--sweep.evaluate.task.points", "20, 30")
        for arguments, out in ((cls.run_arguments, "run"), (cls.sweep_arguments, "sweep")):
            code, text = tvem(*arguments, "--out", cls.path(out))
            assert code == 0, text
        code, text = tvem("evaluate", "--model", cls.path("run"), "--out", cls.path("evaluation.h5"))
        assert code == 0, text
        # What a user may have put there: a note, an HDF5 file, a file of ours with a remark, and one of another kind.
        with open(cls.path("note"), "w", encoding="ascii") as file:
            file.write("measured on Monday\n")
        with h5py.File(cls.path("hdf5"), "w") as file:
            file["measured"] = [1, 2, 3]
        for name in ("run.h5", "checkpoint.h5"):
            shutil.copy(cls.path("run", name), cls.path("annotated " + name))
            with h5py.File(cls.path("annotated " + name), "r+") as file:
                file.attrs["remark"] = "looks good"

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def path(cls, *parts):
        return os.path.join(cls.folder, *parts)

    def keeps(self, arguments, name, base=None, codes=(0, 2)):
        """Every kind of file of a user's at `name` is still somewhere in the folder after the command."""
        kinds = ["note"]
        if name.endswith(".h5"):
            kinds += ["hdf5", "annotated checkpoint.h5" if "checkpoint" in name else "annotated run.h5", "evaluation.h5"]
        for kind in kinds:
            place = self.path("place")
            shutil.rmtree(place, ignore_errors=True)
            if base:
                shutil.copytree(self.path(base), place)
            path = os.path.join(place, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copy(self.path(kind), path)
            before = digests(place)
            code, text = tvem(*[str(a).replace("PLACE", place) for a in arguments])
            mine = digest_of(self.path(kind))
            after = digests(place)
            with self.subTest(command=arguments[0], name=name, kind=kind):
                self.assertIn(code, codes, text)
                self.assertIn(mine, after, f"{kind} at {name} is lost: {after}\n{text}")
                if code == 2:
                    self.assertEqual(before, after, "wrong input, and something was written")

    def test_run(self):
        for name in ("run.h5", "checkpoint.h5", "checkpoint.previous.h5", "failed.txt", "claim.txt", "diverged/checkpoint.h5",
                     "run.h5.tmp-mine", "checkpoint.previous.h5.link", "run.h5.kept-1"):
            for base in (None, "run"):
                if base is None or name not in ("run.h5", "checkpoint.h5"):
                    self.keeps((*self.run_arguments, "--out", "PLACE"), name, base)
            if name.endswith(".h5"):
                self.keeps((*self.run_arguments, "--out", "PLACE", "--eval.tasks", 6), name, "run")
                self.keeps((*self.run_arguments, *DIVERGING, "--out", "PLACE"), name, codes=(1, 2))

    def test_sweep(self):
        names = [os.path.relpath(os.path.join(root, name), self.path("sweep"))
                 for root, _, names in os.walk(self.path("sweep")) for name in names]
        self.assertTrue(any(name.startswith("evaluation-") for name in map(os.path.basename, names)), names)
        training = next(name for name in names if name.endswith("/run.h5"))
        for name in (*names, "claim.txt", os.path.join(os.path.dirname(training), "failed.txt")):
            self.keeps((*self.sweep_arguments, "--out", "PLACE"), name, codes=(0, 1, 2))

    def test_collect_evaluate_and_cluster(self):
        self.keeps(("collect", "PLACE"), "sweep.h5", "sweep")
        self.keeps(("collect", self.path("sweep"), "--out", "PLACE/all.h5"), "all.h5")
        self.keeps(("evaluate", "--model", self.path("run"), "--out", "PLACE/e.h5", "--task.points", 33), "e.h5")
        iris = os.path.join(SOURCE, "tests/data/iris.csv")
        cluster = ("cluster", "--model", self.path("run"), "--data", iris, "--labels", "Species", "--columns", "1, 2", "--components", 3)
        self.keeps((*cluster, "--out", "PLACE/c.h5"), "c.h5")
        self.keeps((*cluster, "--out", "PLACE/c.h5", "--csv", "PLACE/c.csv"), "c.csv")

    def test_what_only_reads_writes_nothing(self):
        for arguments in (("status", "PLACE"), ("report", "PLACE"), (*self.run_arguments, "--out", "PLACE", "--status"),
                          (*self.sweep_arguments, "--list")):
            self.keeps(arguments, "mine.h5", "run")
            self.keeps(arguments, "failed.txt", "run")

    def test_names_that_are_too_long_exit_2(self):
        long, iris = self.path(300 * "x"), os.path.join(SOURCE, "tests/data/iris.csv")
        cluster = ("cluster", "--labels", "Species", "--components", 3, "--estimators", "lloyd")
        for words in (("run", "--config", long, "--out", self.path("o")), ("run", "--out", long), ("report", long), ("status", long),
                      ("collect", long), ("collect", self.path("sweep"), "--out", long), ("sweep", "--out", long, "--sweep.run.seed", "1, 2"),
                      ("evaluate", "--out", long, "--eval.estimators", "em"), ("evaluate", "--model", long, "--out", self.path("o")),
                      (*cluster, "--data", long, "--out", self.path("o")), (*cluster, "--data", iris, "--out", long),
                      (*cluster, "--data", iris, "--out", self.path("o"), "--csv", long)):
            code, text = tvem(*words)
            self.assertEqual(code, 2, (words, text))
            self.assertIn("File name too long", text)
            self.assertNotIn("filesystem error", text)
            self.assertFalse(os.path.exists(self.path("o")))

    def test_labels_on_standard_output_take_the_place_of_the_table(self):
        iris = os.path.join(SOURCE, "tests/data/iris.csv")
        for target in ("-", "/dev/stdout"):
            code, text = tvem("cluster", "--data", iris, "--labels", "Species", "--components", 3, "--estimators", "lloyd",
                              "--out", self.path("labels.h5"), "--csv", target)
            self.assertEqual(code, 0, text)
            self.assertRegex(text, r'\Apoint,lloyd\n1,[012]\n(\d+,[012]\n){149}\Z')

    def test_kept_files_are_named(self):
        place = self.path("named")
        shutil.copytree(self.path("run"), place)
        shutil.copy(self.path("annotated run.h5"), os.path.join(place, "run.h5"))
        code, text = tvem(*self.run_arguments, "--out", place)
        self.assertEqual(code, 0, text)
        self.assertIn("or another program has changed it", text)
        self.assertIn("it is kept as run.h5.kept-1", text)
        with h5py.File(os.path.join(place, "run.h5.kept-1")) as file:
            self.assertEqual(file.attrs["remark"], "looks good")
        shutil.copy(self.path("note"), os.path.join(place, "run.h5"))
        code, text = tvem(*self.run_arguments, "--out", place)
        self.assertEqual(code, 2, text)
        self.assertIn("is not a file of tvem", text)
        self.assertIn("move this file away", text)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
