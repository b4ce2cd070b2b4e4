#!/usr/bin/env python3
"""Writes docs/reference.md: the commands, keys and estimators, as the program's own help has them.

usage: make_reference.py TVEM            writes docs/reference.md
       make_reference.py TVEM --check    exit code 1 when that file is not what the program says
"""

import pathlib
import re
import subprocess
import sys
import textwrap

REFERENCE = pathlib.Path(__file__).resolve().parent / "reference.md"
COLUMNS, MEANING = 110, 26  # of a page; where the help begins an option's meaning

HEAD = """# Reference

All commands, keys and estimators. This page holds the program's own help, and a test compares the two.
After a change of the help, make it anew with `python3 docs/make_reference.py build/bin/tvem`.
"""
COMMANDS = """## Commands

Without a launcher, `tvem` runs on one core. `run`, `sweep`, `evaluate` and `probe`
take more: `mpirun -n RANKS tvem`.
The other commands need one.
"""
KEYS = """## Keys

A key has a section and a name. An INI file has the name below the section: `[task]`, then `dim = 4`.
The command line joins both: `--task.dim 4`. The default stands in brackets; the accepted values follow it.
"""
ESTIMATORS = """## Estimators

An estimator is a method with options behind colons, such as `em:restarts=10:start=random`.
An option means what the key `em.OPTION` means, and wins over that key.
`components=K` has no key: the method then assumes K components in place of the task's. Nor have `noise`,
`degrees` and `outliers` of `em`, `orientations` of `transformer` and the options of `posterior`.
[science.md](science.md) says what each method computes.
"""


def said(tvem, *words):
    """What the program prints, on either stream."""
    done = subprocess.run([tvem, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout


def code_block(text):
    """The text; a line that is too long for a page goes on below its option's meaning."""
    lines = [part for line in text.rstrip().split("\n")
             for part in textwrap.wrap(line, COLUMNS, subsequent_indent=" " * MEANING, drop_whitespace=True) or [""]]
    return "\n".join(["```", *lines, "```\n"])


def command_parts(tvem):
    help_text = said(tvem, "--help")
    names = re.findall(r"^  (\w+) ", help_text.split("commands\n")[1], re.M)
    yield COMMANDS
    yield code_block(help_text)
    for name in names:
        yield f"### tvem {name}\n"
        yield code_block(said(tvem, name, "--help").split("\nKeys, ")[0])


def key_parts(tvem):
    yield KEYS
    keys = "Keys, " + said(tvem, "run", "--help").split("\nKeys, ")[1]
    for part in keys.rstrip().split("\n\n"):
        section = re.match(r"  (\w+)\.", part)
        if section:
            yield f"### {section[1]}.*\n"
        yield code_block(part)


def methods_of(tvem):
    keys = " ".join(said(tvem, "run", "--help").split())
    words = re.search(r"eval\.estimators .*?a list of different ones of (.*?) eval\.", keys)[1]
    return re.split(r", | or ", words)


def estimator_parts(tvem):
    """The program names the options of a method when it is asked for an unknown one."""
    yield ESTIMATORS
    items = []
    for method in methods_of(tvem):
        answer = said(tvem, "cluster", "--data", "none.csv", "--components", "2", "--out", "none.h5", "--estimators", f"{method}:?")
        options = re.search(rf"the options of {re.escape(method)} are (.*)", answer)
        item = f"* `{method}`: {options[1] if options else 'no options'}"
        items += textwrap.wrap(item, COLUMNS, subsequent_indent="  ", break_on_hyphens=False)
    yield "\n".join(items) + "\n"


def reference(tvem):
    return "\n".join([HEAD, *command_parts(tvem), *key_parts(tvem), *estimator_parts(tvem)])


def main():
    tvem = sys.argv[1]
    text = reference(tvem)
    if sys.argv[2:] == ["--check"]:
        if not REFERENCE.is_file() or REFERENCE.read_text(encoding="utf-8") != text:
            print(f"{REFERENCE} is not what {tvem} says; make it anew with: python3 docs/make_reference.py {tvem}", file=sys.stderr)
            return 1
        return 0
    REFERENCE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
