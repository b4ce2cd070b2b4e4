"""The section "One question, from start to end" of docs/guide.md, run from its own text.

usage: guide_test.py TVEM SOURCE [unittest arguments]
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

TVEM, SOURCE = map(os.path.abspath, sys.argv[1:3])
SECTION = "## One question, from start to end"


def blocks():
    """[(language, text)] of the section; blocks without a language are what the block before has printed."""
    with open(os.path.join(SOURCE, "docs", "guide.md"), encoding="utf-8") as file:
        section = file.read().split(SECTION + "\n")[1].split("\n## ")[0]
    return re.findall(r"^```(\w*)\n(.*?)^```$", section, re.S | re.M)


class Guide(unittest.TestCase):
    def test_the_section_prints_what_it_says(self):
        with tempfile.TemporaryDirectory(prefix="tvem-guide-") as folder:
            os.makedirs(os.path.join(folder, "build", "bin"))
            os.symlink(TVEM, os.path.join(folder, "build", "bin", "tvem"))
            os.symlink(os.path.join(SOURCE, "experiments"), os.path.join(folder, "experiments"))
            os.symlink(sys.executable, os.path.join(folder, "build", "bin", "python3"))  # one that has h5py
            environment = {**os.environ, "PATH": os.path.join(folder, "build", "bin") + os.pathsep + os.environ["PATH"],
                           "PYTHONPATH": os.path.join(SOURCE, "experiments", "python")}
            printed, languages = "", []
            for language, text in blocks():
                languages.append(language)
                if not language:
                    self.assertIn(text, printed)
                    continue
                command = {"sh": ["bash", "-e", "-c", text], "python": ["python3", "-c", text]}[language]
                done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                printed = done.stdout
            self.assertEqual(languages, ["sh", "", "sh", "python", ""])
            self.assertGreater(os.path.getsize(os.path.join(folder, "results", "overlap.png")), 10_000)
            with open(os.path.join(folder, "results", "overlap.tex"), encoding="utf-8") as file:
                self.assertIn("\\toprule", file.read())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
