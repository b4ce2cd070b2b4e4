"""The module graph of docs/architecture.md holds: a forbidden include does not compile.

usage: module_graph_test.py COMPILE_COMMANDS.json SOURCE_FOLDER
"""

import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

COMMANDS, SOURCE = "", ""

FLOORS = ("settings", "report", "run", "sweep", "program")
# The modules whose headers a module may include.
ALLOWED = {
    "core": {"core"},
    "comm": {"core", "comm"},
    "tasks": {"core", "tasks"},
    "metrics": {"core", "tasks", "metrics"},
    "estimators": {"core", "tasks", "estimators"},
    "nn": {"core", "tasks", "nn"},
    "loss": {"core", "tasks", "loss"},
    "optim": {"core", "tasks", "nn", "optim"},
    "train": {"core", "comm", "tasks", "metrics", "estimators", "nn", "loss", "optim", "records", "train"},
    "io": {"core", "tasks", "metrics", "optim", "nn", "records", "io"},
}
FRAMEWORK = set(ALLOWED) - {"io"}
# The floors of the program, from below: each sees those under it.
for i, floor in enumerate(FLOORS):
    ALLOWED[floor] = FRAMEWORK | {"records", "io"} | set(FLOORS[:i + 1])


def folder_of(module):
    return module if module == "io" else f"experiments/{module}" if module in FLOORS else f"framework/{module}"


def flags_of(module):
    """Include folders and language of a source file of the module, as it is compiled."""
    with open(COMMANDS, encoding="utf-8") as file:
        for entry in json.load(file):
            path = pathlib.Path(entry["file"])  # variants are a target of their own, with less in sight
            if path.parent == pathlib.Path(SOURCE) / folder_of(module) and not path.name.endswith("_variant.cpp"):
                words = shlex.split(entry["command"])
                compiler = next(word for word in words if re.search(r"(c|g|clang)\+\+[^/]*$", word))
                flags = [word for word in words if word.startswith(("-I", "-D", "-std"))]
                system = [word for i, word in enumerate(words)
                          if "-isystem" in (word, words[i - 1])]
                return [compiler, *flags, *system]
    raise AssertionError(f"no source of {module} in {COMMANDS}")


def headers_of(module):
    return sorted(str(path.relative_to(SOURCE)) for path in (pathlib.Path(SOURCE) / folder_of(module)).rglob("*.hpp"))


def seen_by(module, headers):
    """Those of the headers that the compiler finds for the module's sources."""
    code = "".join(f'#if __has_include("{header}")\nseen {header}\n#endif\n' for header in headers)
    # In a folder of its own: the compiler looks beside the source first, which here is the working directory.
    with tempfile.TemporaryDirectory() as elsewhere:
        done = subprocess.run([*flags_of(module), "-E", "-P", "-x", "c++", "-"], input=code, text=True,
                              capture_output=True, check=True, cwd=elsewhere)
    return {line.split(" ", 1)[1].replace(" ", "") for line in done.stdout.splitlines() if line.startswith("seen ")}


class ModuleGraph(unittest.TestCase):
    def test_every_module_sees_the_headers_that_the_graph_allows_and_no_other(self):
        headers = {module: headers_of(module) for module in (*ALLOWED, "records")}
        every = [header for found in headers.values() for header in found]
        self.assertGreater(len(every), 100)
        for module, allowed in ALLOWED.items():
            with self.subTest(module=module):
                self.assertEqual(seen_by(module, every), {header for other in allowed for header in headers[other]})

    def test_every_include_is_a_path_of_the_tree(self):
        for folder in ("framework", "io", "experiments", "tests"):
            for path in (pathlib.Path(SOURCE) / folder).rglob("*.[chi]*"):
                if path.suffix in (".cpp", ".hpp", ".inl"):
                    for name in re.findall(r'^#include "([^"]+)"', path.read_text(encoding="utf-8"), re.M):
                        if name != "tvem_required_extensions.inc":  # made by the build
                            self.assertTrue((pathlib.Path(SOURCE) / name).is_file(), f"{path}: {name}")

    def test_a_source_first_includes_the_header_of_its_name(self):
        # So that the header is compiled on its own (tvem_check_headers leaves it out).
        for folder in ("framework", "io", "experiments"):
            for source in (pathlib.Path(SOURCE) / folder).rglob("*.cpp"):
                header = source.with_suffix(".hpp")
                if header.exists():
                    first = re.search(r'^#include [<"]([^>"]+)', source.read_text(encoding="utf-8"), re.M)
                    self.assertEqual(first[1], str(header.relative_to(SOURCE)))

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
