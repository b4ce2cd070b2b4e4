#!/usr/bin/env python3
"""The Markdown of this repository is easy to read: short sentences, short lines, links and paths that lead somewhere.

usage: prose.py [FILE ...]        (default: all Markdown files that Git tracks)

Prints for each file how many sentences it has, how many words nine of ten of them have at most, and the longest sentence and
line. Exit code 1 when a bound is broken. Cells of tables count for the longest sentence alone, code blocks for lines alone.
"""

import math
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST_WORDS_OF_NINE_IN_TEN, MOST_WORDS, MOST_COLUMNS = 22, 35, 110
TREE = ("cmake", "docs", "experiments", "framework", "io", "jobs", "tests")

ABBREVIATION = re.compile(r"\b(e\.g|i\.e|et al|vs|s\.e|log-lik|iter)\.(?=\s)")
SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]*]*\s+(?=[\"'(\[*]*(?:[A-Z0-9`]|tvem\b))")
LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]+)\)")
LINK_TARGET = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`]+`")


def tracked_files():
    listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "*.md"], capture_output=True, text=True,
                            check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def prose_lines(text):
    """(line number, line) of all lines outside of code blocks."""
    is_code = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            is_code = not is_code
        elif not is_code:
            yield number, line


def blocks(text):
    """(kind, line number, text) of headings, cells of tables, list items and paragraphs. A code block ends a paragraph."""
    previous, open_block = 0, None
    for number, line in prose_lines(text):
        item = re.match(r"\s*(?:[*-]|\d+\.)\s+(.*)", line)
        is_table, is_heading = line.lstrip().startswith("|"), line.startswith("#")
        if open_block and (number != previous + 1 or not line.strip() or item or is_table or is_heading):
            yield open_block
            open_block = None
        previous = number
        if is_heading:
            yield "heading", number, line.lstrip("# ")
        elif is_table:
            for cell in re.split(r"(?<!\\)\|", line.strip().strip("|")):
                yield "cell", number, cell.strip()
        elif line.strip():
            first = open_block or ("paragraph", number, "")
            open_block = (first[0], first[1], f"{first[2]} {item[1] if item else line.strip()}".strip())
    if open_block:
        yield open_block


def sentences(text):
    plain = LINK.sub(r"\1", CODE.sub("`code`", text))
    return [ABBREVIATION.sub(r"\1.", part) for part in SENTENCE_END.split(ABBREVIATION.sub(r"\1&", plain)) if words(part)]


def words(sentence):
    return len([word for word in sentence.split() if re.search(r"\w", word)])


def anchors(path):
    """The anchors that GitHub makes of the headings."""
    seen = set()
    for kind, _, heading in blocks(path.read_text(encoding="utf-8")):
        if kind == "heading":
            slug = re.sub(r"[^\w\- ]", "", LINK.sub(r"\1", heading).lower()).strip().replace(" ", "-")
            seen.add(next(name for name in (slug, *(f"{slug}-{i}" for i in range(1, 100))) if name not in seen))
    return seen


def broken_targets(path, text):
    """(line number, what leads nowhere): relative links, anchors, and paths of the tree in backticks."""
    for _, number, block in blocks(text):
        for target in LINK_TARGET.findall(block):
            name, _, anchor = target.partition("#")
            file = path.parent / name if name else path
            if re.match(r"[a-z]+:", target):
                continue
            if not file.exists():
                yield number, f"the link {target} leads nowhere"
            elif anchor and anchor not in anchors(file):
                yield number, f"there is no heading for the anchor {target}"
        for code in CODE.findall(block):
            name = code.strip("`")
            is_path = re.fullmatch(r"[\w.+-]+(/[\w.+-]+)+/?", name) and name.split("/")[0] in TREE and "NAME" not in name
            if is_path and not (ROOT / name).exists() and not (path.parent / name).exists():
                yield number, f"there is no {name}"


def quantile(values, share):
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else 0


def check(path):
    """The file's row of the table, and its problems as (line number, sentence)."""
    text = path.read_text(encoding="utf-8")
    found = [(number, kind, words(sentence), sentence) for kind, number, block in blocks(text) if kind != "heading"
             for sentence in sentences(block)]
    counts = [n for _, kind, n, _ in found if kind == "paragraph"]
    of_nine = quantile(counts, 0.9)
    longest, columns = max((n for _, _, n, _ in found), default=0), max(map(len, text.splitlines()), default=0)
    limit = MOST_WORDS_OF_NINE_IN_TEN if of_nine > MOST_WORDS_OF_NINE_IN_TEN else MOST_WORDS
    problems = [(number, f"{n} words: {sentence}") for number, _, n, sentence in found if n > limit]
    problems += [(number, f"{len(line)} columns: {line}") for number, line in enumerate(text.splitlines(), 1)
                 if len(line) > MOST_COLUMNS]
    return (len(counts), of_nine, longest, columns), problems + list(broken_targets(path, text))


def main():
    paths = [pathlib.Path(name).resolve() for name in sys.argv[1:]] or tracked_files()
    print(f"{'file':<28} sentences   p90  longest  columns")
    problems = []
    for path in paths:
        (n_sentences, of_nine, longest, columns), found = check(path)
        name = path.relative_to(ROOT)
        print(f"{str(name):<28} {n_sentences:9} {of_nine:5} {longest:8} {columns:8}")
        problems += [f"{name}:{number}: {what}" for number, what in sorted(found)]
    print(f"bounds{'':<32} {MOST_WORDS_OF_NINE_IN_TEN:5} {MOST_WORDS:8} {MOST_COLUMNS:8}")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
