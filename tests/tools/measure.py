#!/usr/bin/env python3
"""Sizes of the product's C++ (framework, io, experiments): lengths of functions by ctags, casts, lines, files a folder.

usage: measure.py [--list N]      (--list: also the N longest functions, and the files with the most casts)
"""

import collections
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("framework", "io", "experiments")


def sources():
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in (".cpp", ".hpp", ".inl"))


def functions(paths):
    """[(lines, path, name)] of all functions, their signatures included."""
    command = ["ctags", "--output-format=json", "--fields=+ne", "--languages=C++", "--langmap=C++:+.inl", "--c++-kinds=f",
               "-o", "-", *map(str, paths)]
    tags = [json.loads(line) for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()]
    return sorted(((tag["end"] - tag["line"] + 1, tag["path"], tag["name"]) for tag in tags if "end" in tag), reverse=True)


def main():
    n_listed = int(sys.argv[2]) if sys.argv[1:2] == ["--list"] else 0
    paths = sources()
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    lines = {path: text.count("\n") for path, text in texts.items()}
    casts = {path: len(re.findall(r"\bstatic_cast<", text)) for path, text in texts.items()}
    found = functions(paths)
    lengths = sorted(length for length, _, _ in found)
    longest_file = max(lines, key=lines.get)
    fullest = collections.Counter(str(path.parent.relative_to(ROOT)) for folder in FOLDERS
                                  for path in (ROOT / folder).rglob("*") if path.is_file()
                                  and "__pycache__" not in path.parts).most_common(1)[0]
    print(f"lines              {sum(lines.values())} in {len(paths)} files")
    print(f"functions          {len(found)}, of which nine in ten have at most {lengths[int(0.9 * len(lengths))]} lines; the longest {lengths[-1]}")
    print(f"static_cast        {1000 * sum(casts.values()) / sum(lines.values()):.1f} per 1000 lines")
    print(f"longest file       {lines[longest_file]} lines, {longest_file.relative_to(ROOT)}")
    print(f"fullest folder     {fullest[1]} files, {fullest[0]}")
    for length, path, name in found[:n_listed]:
        print(f"{length:5} {name} {pathlib.Path(path).relative_to(ROOT)}")
    for path in sorted(casts, key=casts.get, reverse=True)[:n_listed]:
        print(f"{casts[path]:5} casts in {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
