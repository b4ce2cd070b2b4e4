#!/usr/bin/env python3
"""The table of all methods on five families, as Markdown, from the CSVs that experiments/families.sh makes.

usage: families_table.py FOLDER
"""

import csv
import pathlib
import sys

FAMILIES = {"shared": "shared", "student": "Student t", "outliers": "outliers", "unequal": "unequal", "full": "full"}


def plain(name):
    """Gradient ascent's covariance differs between families; the text beside the table says so."""
    return name.replace(":covariance=shared", "") if name.startswith("gradient") else name


def main():
    folder = pathlib.Path(sys.argv[1])
    table, methods = {}, []
    for family in FAMILIES:
        with open(folder / f"{family}.csv", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                name = plain(row["estimator"])
                methods += [name] if name not in methods else []
                table[name, family] = row

    bases = [name.split(":")[0] for name in methods]
    methods.sort(key=lambda name: bases.index(name.split(":")[0]))  # stable: options in the order of the configuration

    def error(row):
        return f"{float(row['error_mean']):.4f} ± {1.96 * float(row['error_standard_error']):.4f}" if row else "-"

    def milliseconds(row):
        return f"{1e3 * float(row['seconds_mean']):.3g}" if row else "-"

    print("| method | " + " | ".join(FAMILIES.values()) + " | ms a task |")
    print("|---" * (len(FAMILIES) + 2) + "|")
    for method in methods:
        rows = [table.get((method, family)) for family in FAMILIES]
        times = f"{milliseconds(rows[0])} / {milliseconds(rows[-1])}"
        print(f"| `{method}` | " + " | ".join(map(error, rows)) + f" | {times} |")


main()
