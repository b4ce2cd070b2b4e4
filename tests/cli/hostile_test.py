"""Files that somebody sends, through the program: damaged and sealed anew, or well made with values that cannot be.

Every command ends as with the undamaged file, or with a sentence that names the file; by no signal, and soon.

usage: hostile_test.py TVEM MPIEXEC [unittest arguments]
"""

import hashlib
import os
import random
import shutil
import subprocess

import h5py
import numpy as np

import our_files
from swept import SWEEP, TVEM, Folder, main

INPUTS = 12  # of each command and file; thousands are in the unit tests
RUN = ("--model.layers", 1, "--model.width", 8, "--model.heads", 2, "--task.components", 2, "--task.points", 20,
       "--train.tasks_per_step", 6, "--train.evaluate_every", 5, "--train.checkpoint_every", 5, "--eval.tasks", 9,
       "--train.steps", 12, "--eval.estimators", "transformer, em")
IRIS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "iris.csv")


def tvem(*arguments):
    done = subprocess.run([TVEM, *map(str, arguments)], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode >= 0, (arguments, done)
    return done


def damage(path, choice):
    """Other bytes somewhere behind the seal; most of them where HDF5 keeps what it believes."""
    with open(path, "rb") as file:
        content = bytearray(file.read())
    begin = 512 + choice.randrange(min(len(content) - 512, choice.choice((3000, 10 ** 9))))
    end = min(len(content), begin + choice.randint(1, 64))
    kind = choice.randrange(5)
    if kind == 0:
        content[begin] ^= 1 << choice.randrange(8)
    elif kind == 1:
        content[begin:end] = choice.randbytes(end - begin)
    elif kind == 2:
        content[begin:end] = bytes(end - begin)
    elif kind == 3:
        content[begin:end] = b"\xff" * (end - begin)
    else:
        del content[begin:]
    with open(path, "wb") as file:
        file.write(content)
    our_files.seal(path)


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def errors(path):
    with h5py.File(path) as file:
        return file["evaluation/error"][()]


def parameters(folder):
    with h5py.File(os.path.join(folder, "checkpoint.h5")) as file:
        return {name: item[()].tobytes() for name, item in file["parameters"].items()}


class Hostile(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.path("model")
        assert tvem("run", "--out", cls.model, *RUN).returncode == 0
        cls.evaluation = cls.path("evaluation.h5")
        assert tvem("evaluate", "--model", cls.model, "--out", cls.evaluation, "--task.points", 25).returncode == 0

    def damaged(self, original, name, seed):
        """Copies of a file or folder, in each of which the file `name` is damaged."""
        choice = random.Random(seed)
        copy = self.path("copy" + os.path.splitext(original)[1])
        for _ in range(INPUTS):
            if os.path.isdir(original):
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(original, copy)
            else:
                shutil.copy(original, copy)
            damage(os.path.join(copy, name) if name else copy, choice)
            yield copy

    def expect(self, done, undamaged, codes, name, says=""):
        """As with the undamaged file, or one of the codes with a sentence that names the file."""
        if done.returncode == 0 and done.stdout.strip() == undamaged.strip():
            return
        self.assertIn(done.returncode, codes, done)
        self.assertIn(name, done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, says or "damaged|could not be|not written|not a file of tvem")

    # ---- damaged and sealed anew

    def test_report_and_status_of_a_run(self):
        for name, seed in (("run.h5", 1), ("checkpoint.h5", 2)):
            for copy in self.damaged(self.model, name, seed):
                whole = tvem("report", self.model).stdout
                self.expect(tvem("report", copy), whole, (2,), name)
                self.expect(tvem("status", copy), f"finished    {copy}", (75,), name)

    def test_report_of_an_evaluation(self):
        whole = tvem("report", self.evaluation).stdout
        for copy in self.damaged(self.evaluation, "", 3):
            self.expect(tvem("report", copy), whole, (2,), copy)

    def test_evaluate_and_cluster_with_a_damaged_model(self):
        for has_previous in (True, False):
            model = self.path("of" + str(has_previous))
            shutil.copytree(self.model, model)
            if not has_previous:
                os.remove(os.path.join(model, "checkpoint.previous.h5"))
            codes = (0,) if has_previous else (2,)
            for copy in self.damaged(model, "checkpoint.h5", 4):
                out = os.path.join(copy, "new.h5")
                done = tvem("evaluate", "--model", copy, "--out", out, "--eval.estimators", "transformer")
                if done.returncode or "warning" in done.stdout:
                    self.expect(done, "", codes, "checkpoint.h5")
                else:
                    np.testing.assert_array_equal(errors(out), errors(os.path.join(self.model, "run.h5"))[:1])
                done = tvem("cluster", "--model", copy, "--data", IRIS, "--labels", "Species", "--columns", "3,4", "--components", 2,
                            "--estimators", "transformer", "--out", out + "c")
                if done.returncode or "warning: " + copy in done.stdout:
                    self.expect(done, "", codes, "checkpoint.h5")

    def test_files_in_the_place_of_results(self):
        for command, original in (("evaluate", self.evaluation), ("cluster", self.path("clusters.h5"))):
            words = ("--task.points", 25) if command == "evaluate" else \
                ("--data", IRIS, "--labels", "Species", "--columns", "3,4", "--components", 2, "--estimators", "transformer")
            if command == "cluster":
                self.assertEqual(tvem(command, "--model", self.model, "--out", original, *words).returncode, 0)
            for copy in self.damaged(original, "", 5):
                before = digest(copy)
                done = tvem(command, "--model", self.model, "--out", copy, *words)
                if done.returncode:
                    self.expect(done, "", (2,), copy)
                    self.assertEqual(digest(copy), before)

    def test_run_goes_on_from_the_previous_checkpoint_with_the_same_bits(self):
        begun, whole = self.path("begun"), parameters(self.model)
        shutil.copytree(self.model, begun)
        for copy in self.damaged(begun, "checkpoint.h5", 6):
            os.remove(os.path.join(copy, "run.h5"))
            done = tvem("run", "--out", copy, *RUN)
            self.assertEqual(done.returncode, 0, done)
            self.assertEqual(parameters(copy), whole)
            if "going on from step 10" in done.stdout:
                self.assertIn("using", done.stdout)
                self.assertIn("checkpoint.h5", done.stdout)
                # The damaged one has not taken the place of the good one.
                os.remove(os.path.join(copy, "checkpoint.h5"))
                self.assertEqual(tvem("evaluate", "--model", copy, "--out", os.path.join(copy, "e.h5")).returncode, 0)
        for copy in self.damaged(begun, "checkpoint.h5", 7):
            shutil.copy(os.path.join(copy, "checkpoint.h5"), os.path.join(copy, "checkpoint.previous.h5"))
            os.remove(os.path.join(copy, "run.h5"))
            done = tvem("run", "--out", copy, *RUN)
            if done.returncode:
                self.expect(done, "", (2,), "checkpoint.h5", "no good checkpoint")

    def test_run_writes_a_damaged_run_file_anew(self):
        for copy in self.damaged(self.model, "run.h5", 8):
            done = tvem("run", "--out", copy, *RUN)
            self.assertEqual(done.returncode, 0, done)
            if "is finished; tvem report" not in done.stdout:
                self.assertRegex(done.stdout, "run.h5.*written anew")

    def test_a_sweep_says_it_and_does_it_again(self):
        small = self.path("small")
        config = self.write("small.ini", SWEEP[:SWEEP.index("[sweep]")] + "[sweep]\nevaluate.task.points = 20, 25\n")
        self.assertEqual(tvem("sweep", "--config", config, "--out", small).returncode, 0)
        tvem("collect", small)
        report, status = tvem("report", small).stdout, tvem("status", small).stdout
        folders = sorted(os.listdir(small))
        training = next(name for name in folders if name.startswith("run-"))
        baselines = next(name for name in folders if name.startswith("baselines-"))
        other = next(name for name in os.listdir(os.path.join(small, training)) if name.startswith("evaluation-"))
        for seed, name in enumerate((os.path.join(training, "run.h5"), os.path.join(training, other),
                                     os.path.join(baselines, "evaluation.h5"), "sweep.h5")):
            for i, copy in enumerate(self.damaged(small, name, 9 + seed)):
                self.expect(tvem("report", copy), report, (0,), os.path.basename(name))
                self.expect(tvem("status", copy), status, (75,), "unfinished" if "run.h5" in name else "", ".")
                self.assertEqual(tvem("collect", copy).returncode, 0)
                if i % 4 == 0:
                    self.assertEqual(tvem("sweep", "--config", config, "--out", copy).returncode, 0)
                    self.assertEqual(tvem("status", copy).returncode, 0)

    def test_a_pipe_is_no_file(self):
        pipe = self.path("pipe.h5")
        os.mkfifo(pipe)
        self.expect(tvem("report", pipe), "", (2,), "pipe.h5", "cannot be read")

    # ---- values that cannot be, with both digests right

    def refused(self, original, name, edit, *words, digest=True):
        copy = self.path("made")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(original, copy)
        path = os.path.join(copy, name)
        if digest:
            our_files.change(path, edit)
        else:
            with h5py.File(path, "r+") as file:
                edit(file)
            our_files.seal(path)
        command = ("report", copy) if name == "run.h5" else ("evaluate", "--model", copy, "--out", os.path.join(copy, "e.h5"))
        if name != "run.h5":
            os.remove(os.path.join(copy, "checkpoint.previous.h5"))
        done = tvem(*command)
        self.assertEqual(done.returncode, 2, done)
        for word in (name, *words):
            self.assertIn(word, done.stderr[:2000])
        self.assertLess(len(done.stderr), 5000)

    def test_values_that_cannot_be(self):
        def put(path, value, **options):
            def edit(file):
                if path in file:
                    del file[path]
                file.create_dataset(path, data=value, **options)
            return edit

        def attribute(path, name, value):
            return lambda file: file[path].attrs.__setitem__(name, value)

        def status(file):
            file["evaluation/status"][0, 0] = 100

        def remove(path):
            return lambda file: file.__delitem__(path)
        cases = [
            (status, "evaluation: status 100 has no word in flag_meanings"),
            (put("evaluation/error", np.zeros((3, 9))), "evaluation: error has not the size"),
            (put("evaluation/error", np.zeros((2, 9), "f4")), "evaluation/error does not hold real numbers of 64 bits"),
            (put("evaluation/error", np.zeros((2, 9), "i8")), "evaluation/error does not hold real numbers"),
            (put("evaluation/estimator", np.zeros(2)), "evaluation/estimator does not hold texts"),
            (put("evaluation/iteration", np.zeros(2)), ""),
            (put("evaluation/trace_error_mean", np.zeros((2, 3))), "evaluation/iteration is not there"),
            (put("training/loss_mean", np.zeros(3)), "column loss_mean has another length"),
            (put("provenance/host", ["a", "b", "c"], dtype=h5py.string_dtype()), "column host has another length"),
            (put("learning_curve/step", np.arange(4)[::-1].astype("i8")), "is not after the one before"),
            (attribute("state", "steps_done", -1), "steps_done -1 is negative"),
            (attribute("state", "steps_done", 5), "not the records of 5 steps"),
            (attribute("state", "steps_done", 2.5), "steps_done (an attribute) does not hold integers"),
            (attribute("state", "chunk", [1, 2]), "chunk (an attribute) is not a single value"),
            (attribute("state", "training_seconds", np.inf), "training_seconds"),
            (attribute("/", "schema_version", 6), "schema version 6"),
            (attribute("config", "text", "x" * 10_000_000), "run.h5 holds a configuration"),
            (attribute("config", "text", "[task]\ndim = many\n"), "task.dim"),
            (remove("training"), "training is not there"),
            (remove("evaluation/ari"), "evaluation/ari is not there"),
        ]
        for edit, words in cases:
            if words:
                with self.subTest(words):
                    self.refused(self.model, "run.h5", edit, words)

    def test_structures_that_no_file_of_ours_has(self):
        def huge(file):
            del file["evaluation/error"]
            kind = h5py.h5s.create_simple((1 << 40, 1 << 20))
            h5py.h5d.create(file["evaluation"].id, b"error", h5py.h5t.IEEE_F64LE, kind)

        def chunked(file):
            del file["evaluation/error"]
            file.create_dataset("evaluation/error", shape=(1 << 33,), chunks=(1 << 20,), compression="gzip")
        cases = [
            (huge, "evaluation/error"),
            (chunked, "is stored as no array of tvem is"),
            (lambda file: file.__setitem__("loop", h5py.SoftLink("/loop")), "has a link"),
            (lambda file: file.__setitem__("other", h5py.ExternalLink("/etc/passwd", "/")), "has a link"),
            (lambda file: file["state"].__setitem__("again", file["/"]), "damaged"),
            (lambda file: [file["state"].__setitem__(f"m{i}", file["evaluation"]) for i in range(300)], "more content than fits"),
            (lambda file: file.__setitem__("kind", np.dtype("i4")), "is none of the objects"),
            (lambda file: file.attrs.__delitem__("content_sha256"), "content_sha256"),
        ]
        for edit, words in cases:
            with self.subTest(words):
                self.refused(self.model, "run.h5", edit, words, digest=False)

    def test_parameters_of_another_model(self):
        def renamed(file):
            file.move("parameters/readout.bias", "parameters/readout.offset")

        def offset(file):
            file["parameters/readout.bias"].attrs["offset"] = -5

        def moments(file):
            del file["optimizer/first_moment"]
            file["optimizer/first_moment"] = np.zeros(3, "f4")
        for edit, words in ((renamed, "not those of the model"), (offset, "has no place"), (moments, "moments")):
            with self.subTest(words):
                self.refused(self.model, "checkpoint.h5", edit, words)

    def test_files_of_version_1_are_read(self):
        copy = self.path("old")
        shutil.copytree(self.model, copy)
        for name in ("run.h5", "checkpoint.h5"):
            path = os.path.join(copy, name)
            with h5py.File(path, "r+") as file:
                file.attrs["schema_version"] = 1
                del file.attrs["content_sha256"]
                if name == "checkpoint.h5":
                    del file["state"].attrs["steps_in_files"], file["state"].attrs["steps_in_files_sha256"]
            our_files.seal(path)
        self.assertIn("finished", tvem("status", copy).stdout)
        self.assertEqual(tvem("report", copy).stdout, tvem("report", self.model).stdout)
        self.assertEqual(tvem("evaluate", "--model", copy, "--out", os.path.join(copy, "e.h5")).returncode, 0)

    def test_points_in_a_damaged_file(self):
        path = self.path("points.h5")
        for i, choice in enumerate(random.Random(seed) for seed in range(INPUTS)):
            with h5py.File(path, "w", userblock_size=512) as file:
                file.create_dataset("points", data=np.arange(60.0).reshape(30, 2), chunks=(5, 2), compression="gzip")
            if i > 0:
                damage(path, choice)
            done = tvem("cluster", "--model", self.model, "--data", path, "--dataset", "points", "--components", 2,
                        "--estimators", "lloyd", "--out", self.path("p.h5"))
            self.assertIn(done.returncode, (0, 2) if i else (0,), done)
            if done.returncode:
                self.assertIn("points.h5", done.stderr)
        with h5py.File(path, "w") as file:
            file.create_dataset("points", shape=(1 << 40, 2), chunks=(5, 2), dtype="f8")
            file["away"] = h5py.ExternalLink(self.evaluation, "/evaluation/error")
        for name, words in (("points", "half of the machine's memory"), ("away", "points.h5")):
            done = tvem("cluster", "--model", self.model, "--data", path, "--dataset", name, "--components", 2, "--out", self.path("p.h5"))
            self.assertEqual(done.returncode, 2, done)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    main()
