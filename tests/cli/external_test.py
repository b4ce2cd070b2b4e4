"""Estimators from outside: external:NAME=COMMAND.

usage: external_test.py TVEM MPIEXEC [unittest arguments]
"""

import os
import shutil
import signal
import subprocess
import sys
import time

import h5py
import numpy as np

from swept import TVEM, Folder, main, run

PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "experiments", "python")
os.environ["PYTHONPATH"] = os.path.abspath(PACKAGE)

TASKS = """
[task]
components = 2..3
points = 20..25
[input]
init = kmeans++
[eval]
tasks = 12
"""

GUESS = """
import sys
import tvem

@tvem.estimator("guess")
def guess(task):
    assert task.labels is None and task.mixture is None
    print("at work")
    return task.guess
"""

# Means and labels of the guess, so that both of a program's answers are tried.
MIXTURE = """
import numpy as np
import tvem

@tvem.estimator("mixture")
def mixture(task):
    share = np.eye(task.components)[task.guess]
    means = share.T @ task.points / share.sum(axis=0)[:, None]
    covariances = np.stack([np.eye(task.points.shape[1])] * task.components)
    return tvem.Fit(mixture=tvem.Mixture(share.mean(axis=0), means, covariances))
"""


class External(Folder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tasks = cls.write("tasks.ini", TASKS)
        cls.guess = f"{sys.executable} {cls.write('guess.py', GUESS)}"
        cls.mixture = f"{sys.executable} {cls.write('mixture.py', MIXTURE)}"

    def evaluate(self, out, estimators, *words, ranks=0, expect=0):
        return run("evaluate", "--config", self.tasks, "--out", self.path(out), "--eval.estimators", estimators, *words,
                   ranks=ranks, expect=expect)

    def row(self, out, estimator, column="error"):
        with h5py.File(self.path(out)) as file:
            names = [name.decode() for name in file["evaluation/estimator"][()]]
            return file["evaluation"][column][names.index(estimator)]

    def program(self, name, lines):
        return f"sh {self.write(name, lines)}"

    def test_a_program_answers_like_an_estimator_of_tvem(self):
        estimators = f"lloyd:start=given:max_iterations=1, external:guess={self.guess}, external:mix={self.mixture}, bayes"
        for ranks in (1, 2, 3, 4):
            out = f"answers{ranks}.h5"
            said = self.evaluate(out, estimators, ranks=ranks).stdout
            self.assertIn("has answered in", said)
            self.assertIn("external:guess ", said)
            for column in ("error", "log_likelihood", "held_out_log_likelihood", "means_distance"):
                for name in ("external:guess", "external:mix"):
                    np.testing.assert_array_equal(self.row(out, name, column), self.row("answers1.h5", name, column))
        self.assertTrue(np.isnan(self.row("answers1.h5", "external:guess", "log_likelihood")).all())
        self.assertTrue(np.isfinite(self.row("answers1.h5", "external:mix", "held_out_log_likelihood")).all())
        self.assertTrue((self.row("answers1.h5", "external:mix", "seconds") > 0).all())
        self.assertLess(self.row("answers1.h5", "external:mix").mean(), self.row("answers1.h5", "external:guess").mean() + 0.05)
        # A guess is the nearest centre's: with the guess as its start, the first step of Lloyd goes on from it.
        self.assertLess(self.row("answers1.h5", "external:guess").mean(), 0.4)
        self.assertIn("external:guess", run("report", self.path("answers1.h5"), "--csv").stdout)

    def test_answers_are_kept_with_their_identity(self):
        counter = self.path("counter")
        program = self.program("count.sh", f'echo x >> {counter}\nexec {self.guess} "$@"\n')

        def n_starts():
            with open(counter, encoding="utf-8") as file:
                return len(file.read().split())

        self.evaluate("kept.h5", f"em, external:count={program}")
        self.assertEqual(n_starts(), 1)
        os.remove(self.path("kept.h5"))
        self.assertIn("its answers are kept", self.evaluate("kept.h5", f"em, lloyd, external:count={program}").stdout)
        self.assertEqual(n_starts(), 1)
        folder = self.path("kept.h5.external")
        kept = next(name for name in os.listdir(folder) if name.startswith("count-"))
        with open(os.path.join(folder, kept, "finished.txt"), encoding="utf-8") as file:
            self.assertIn(f"command {program}\n", file.read())
        with open(os.path.join(folder, kept, "log.txt"), encoding="utf-8") as file:
            self.assertEqual(file.read().count("at work"), 12)
        for change in (("--eval.tasks", 10), ("--task.scale", 2), ("--input.init", "random")):
            os.remove(self.path("kept.h5"))
            self.evaluate("kept.h5", f"external:count={program}", *change)
        self.assertEqual(n_starts(), 4)
        # Damaged answers are made anew.
        os.remove(self.path("kept.h5"))
        with open(os.path.join(folder, kept, "answers.h5"), "r+b") as file:
            file.truncate(100)
        self.evaluate("kept.h5", f"external:count={program}")
        self.assertEqual(n_starts(), 5)

    def test_what_fails_says_so_and_leaves_nothing(self):
        def label(values):
            script = self.write(f"script{len(os.listdir(self.folder))}.py", f"""
import sys, h5py, numpy as np
n = len(h5py.File(sys.argv[1])["tasks/points"])
file = h5py.File(sys.argv[2], "w")
if {values is not None}:
    file["label"] = {values}
""")
            return f"{sys.executable} {script}"

        for command, sentence in (
            ("sh -c 'kill -9 $$'", "was ended by signal 9"),
            ("sh -c 'echo no licence; exit 3'", "ended with exit code 3; its last words"),
            ("no-such-program", "ended with exit code 127"),
            ("true", "the program has written no answers"),
            (self.program("text.sh", 'echo text > "$2"\n'), "its answers cannot be read"),
            (label(None), "there is no dataset label"),
            (label("np.arange(n - 1)"), "label is of"),
            (label("np.full(n, np.nan)"), "label is values of another kind, and should be integers"),
            (label("np.arange(n) + 5"), "is one of 0 to 63, or -1 for noise"),
        ):
            with self.subTest(command=command):
                for ranks in (0, 2) if command == "true" else (0,):
                    done = self.evaluate("fails.h5", f"em, external:fails={command}", ranks=ranks, expect=2)
                    self.assertIn(sentence, done.stderr)
                    self.assertIn("external:fails", done.stderr)
                self.assertFalse(os.path.exists(self.path("fails.h5")))
        self.assertIn("is nan", self.evaluate("fails.h5", "external:nan=" + self.nan_of("seconds"), expect=2).stderr)
        self.assertIn("the mixture of task 0 has a mean that is not finite",
                      self.evaluate("fails.h5", "external:nan=" + self.nan_of("mean"), expect=2).stderr)

    def nan_of(self, name):
        script = self.write(f"nan-{name}.py", MIXTURE + f"""
import h5py, sys
with h5py.File(sys.argv[2], "r+") as file:
    values = file["{name}"][()]
    values[...] = np.nan
    file["{name}"][...] = values
""")
        return f"{sys.executable} {script}"

    def test_a_task_without_an_answer_counts_as_failed(self):
        script = self.write("some.py", GUESS.replace("return task.guess", "return None if task.id < 5 else task.guess"))
        self.assertIn("external:some: 5 failed", self.evaluate("some.h5", f"external:some={sys.executable} {script}").stdout)
        self.assertTrue(np.isfinite(self.row("some.h5", "external:some")).all())

    def script(self, name, body):
        return f"{sys.executable} {self.write(name, body)}"

    def test_answers_of_several_kinds_in_one_file(self):
        some = MIXTURE.replace("    share =", "    if task.id in (2, 7):\n        return None\n    share =")
        self.assertIn("external:some: 2 failed", self.evaluate("kinds.h5", "external:some=" + self.script("kinds.py", some)).stdout)
        self.evaluate("all.h5", "external:all=" + self.script("all.py", MIXTURE))
        answered = [task for task in range(12) if task not in (2, 7)]
        for column in ("error", "log_likelihood", "means_distance"):
            rows, whole = self.row("kinds.h5", "external:some", column), self.row("all.h5", "external:all", column)
            np.testing.assert_array_equal(rows[answered], whole[answered])
        self.assertTrue(np.isnan(self.row("kinds.h5", "external:some", "log_likelihood")[[2, 7]]).all())

    def test_more_clusters_than_components_beside_a_mixture(self):
        more = MIXTURE.replace("return tvem.Fit(mixture=", "labels = np.arange(len(task.points)) % 7 - 1\n    return tvem.Fit(labels=labels, mixture=")
        self.evaluate("more.h5", "external:more=" + self.script("more.py", more))
        self.assertTrue(np.isfinite(self.row("more.h5", "external:more", "means_distance")).all())
        self.assertGreater(self.row("more.h5", "external:more").mean(), 0.5)

    def test_rows_are_of_the_answers_that_are_there(self):
        name = self.write("version.py", GUESS)
        words = [TVEM, "evaluate", "--config", self.tasks, "--out", self.path("version.h5"), "--eval.tasks", "3000",
                 "--eval.estimators", f"em:restarts=300, external:version={sys.executable} {name}"]
        environment = {**os.environ, "TVEM_TEST_BLOCK_MS": "1"}
        done = subprocess.run([*words, "--max-minutes", "0.05"], capture_output=True, text=True, env=environment, check=False, timeout=300)
        self.assertEqual(done.returncode, 75, done.stdout + done.stderr)
        self.write("version.py", GUESS.replace("return task.guess", "return 0 * task.guess"))
        shutil.rmtree(self.path("version.h5.external"))
        done = subprocess.run([*words, "--max-minutes", "0.05"], capture_output=True, text=True, env=environment, check=False, timeout=300)
        self.assertNotIn("the evaluation goes on", done.stdout)

    def test_the_shell_of_the_caller_does_not_matter(self):
        os.makedirs(self.path("elsewhere"), exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": os.environ["PYTHONPATH"]}
        script = self.write("moved.py", GUESS)
        command = [TVEM, "evaluate", "--config", self.tasks, "--out", "moved.h5", "--eval.estimators",
                   f"external:moved=cd elsewhere && {sys.executable} {script}"]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        fails = self.program("late.sh", f'{self.guess} "$@"\nexit 3\n')
        command = f"trap '' CHLD; exec {TVEM} evaluate --config {self.tasks} --out {self.path('late.h5')} --eval.estimators 'external:late={fails}'"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=300)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("exit code 3", done.stderr)

    def test_a_request_to_stop_ends_the_program(self):
        marker = self.path("marker")
        program = self.program("sleep.sh", f"echo $$ > {marker}\nsleep 1000\n")
        command = [TVEM, "evaluate", "--config", self.tasks, "--out", self.path("stop.h5"), "--eval.estimators",
                   f"external:sleep={program}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            for _ in range(600):
                if os.path.exists(marker) and os.path.getsize(marker) > 0:
                    break
                time.sleep(0.1)
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 75, output)
        with open(marker, encoding="utf-8") as file:
            pid = int(file.read())
        self.assertTrue(self.has_ended(pid))
        left = [name for _, _, names in os.walk(self.path("stop.h5.external")) for name in names]
        self.assertEqual(sorted(left), ["log.txt", "tasks.h5"])

    @staticmethod
    def has_ended(pid):
        """Whether there is no such process, or one of which nobody has asked yet how it ended."""
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                return file.read().rsplit(")", 1)[1].split()[0] == "Z"
        except FileNotFoundError:
            return True

    def test_in_runs_and_sweeps(self):
        config = self.write("sweep.ini", TASKS + f"""
[run]
name = outside
[model]
heads = 2
width = 8
layers = 1
[train]
steps = 4
tasks_per_step = 4
[sweep]
task.scale = 3, 5
""")
        with open(config, encoding="utf-8") as file:
            text = file.read().replace("tasks = 12\n", f"tasks = 12\nestimators = transformer, external:guess={self.guess}\n")
        config = self.write("sweep.ini", text)
        folder = self.path("programs")
        self.assertIn("finished", run("sweep", "--config", config, "--out", folder, ranks=2).stdout)
        table, _ = self.collected(folder)
        self.assertIn("external:guess", table["estimator"].values)
        self.assertFalse(np.isnan(table["error_mean"].sel(estimator="external:guess")).any())
        self.assertIn("external:guess", run("report", folder).stdout)

    def test_wrong_specifications(self):
        for estimators, sentence in (
            ("external:a", "eval.estimators"),
            ("external:a=", "eval.estimators"),
            ("external:a/b=true", "a program is named external:NAME=COMMAND"),
            ("external:a=true, external:a=false", "eval.estimators"),
            ("external:a=true\nfalse", "eval.estimators"),
        ):
            self.assertIn(sentence, self.evaluate("wrong.h5", estimators, expect=2).stderr)
        self.assertIn("is a program", self.evaluate("wrong.h5", "em, external:a=true", "--eval.reference", "external:a",
                                                    expect=2).stderr)


if __name__ == "__main__":
    main()
