"""The module graph of docs/architecture.md holds: a forbidden include does not compile.

usage: module_graph_test.py COMPILE_COMMANDS.json SOURCE_FOLDER
"""

import json
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

COMMANDS, SOURCE = "", ""

# A header of each module, and the modules whose headers it may include.
HEADERS = {"core": "error", "comm": "communicator", "tasks": "prior", "metrics": "clustering", "em": "em",
           "nn": "transformer", "loss": "permutation_cross_entropy", "optim": "optimizer",
           "train": "trainer", "io": "config"}
ALLOWED = {
    "core": {"core"},
    "comm": {"core", "comm"},
    "tasks": {"core", "tasks"},
    "metrics": {"core", "tasks", "metrics"},
    "em": {"core", "tasks", "em"},
    "nn": {"core", "tasks", "nn"},
    "loss": {"core", "tasks", "loss"},
    "optim": {"core", "optim"},
    "train": {"core", "comm", "tasks", "metrics", "em", "nn", "loss", "optim", "train"},
    "io": {"core", "tasks", "metrics", "optim", "nn", "io"},
}


def flags_of(module):
    """Include folders and language of a source file of the module, as it is compiled."""
    folder = "io" if module == "io" else f"framework/{module}"
    with open(COMMANDS, encoding="utf-8") as file:
        for entry in json.load(file):
            path = pathlib.Path(entry["file"])  # variants are a target of their own, with less in sight
            if path.parent == pathlib.Path(SOURCE) / folder and not path.name.endswith("_variant.cpp"):
                words = shlex.split(entry["command"])
                compiler = next(word for word in words if re.search(r"(c|g|clang)\+\+[^/]*$", word))
                flags = [word for word in words if word.startswith(("-I", "-D", "-std"))]
                system = [word for i, word in enumerate(words)
                          if "-isystem" in (word, words[i - 1])]
                return [compiler, *flags, *system]
    raise AssertionError(f"no source of {module} in {COMMANDS}")


def compiles(module, header_module):
    code = f'#include "tvem/{header_module}/{HEADERS[header_module]}.hpp"\n'
    return subprocess.run([*flags_of(module), "-fsyntax-only", "-x", "c++", "-"], input=code, text=True,
                          capture_output=True, check=False).returncode == 0


class ModuleGraph(unittest.TestCase):
    def test_every_pair_of_modules_includes_only_what_the_graph_allows(self):
        for module, allowed in ALLOWED.items():
            for other in HEADERS:
                with self.subTest(module=module, includes=other):
                    self.assertEqual(compiles(module, other), other in allowed)

    def test_no_header_includes_mpi_or_hdf5(self):
        headers = [path for folder in ("framework", "io", "experiments")
                   for path in (pathlib.Path(SOURCE) / folder).rglob("*.hpp")]
        self.assertGreater(len(headers), 30)
        for path in headers:
            self.assertNotRegex(path.read_text(encoding="utf-8"), r"#include <(mpi|hdf5|hdf5_hl)\.h>",
                                str(path))

    def test_no_unsafe_floating_point_flag_and_no_library_randomness(self):
        with open(COMMANDS, encoding="utf-8") as file:
            for entry in json.load(file):
                self.assertNotRegex(entry["command"], "fast-math|Ofast|funsafe")
                self.assertIn("-ffp-contract=off", entry["command"])
        for folder in ("framework", "io", "experiments"):
            for path in (pathlib.Path(SOURCE) / folder).rglob("*.[chi]*"):
                if path.is_file() and path.suffix in (".cpp", ".hpp", ".inl"):
                    self.assertNotRegex(path.read_text(encoding="utf-8"),
                                        r"std::(normal|uniform_real)_distribution|random_device|\brand\(",
                                        str(path))


if __name__ == "__main__":
    COMMANDS, SOURCE = sys.argv[1:3]
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
