#!/usr/bin/env python3
"""Files of points as other programs write them, for the tests of `tvem cluster`.

usage: make_points.py [FOLDER]          [points, beside this script]

Most hold POINTS, two groups of three. Needs h5py and numpy.
"""

import csv
import os
import sys

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
POINTS = [(1.5, 2.25), (1.25, 2.5), (1.75, 2.75), (8.5, 9.25), (8.25, 9.5), (8.75, 9.75)]
KINDS = ["café", "café", "café", "thé", "thé", "thé"]


def lines(*texts):
    return "".join(text + "\n" for text in texts)


def rows(separator=",", before="", after="", points=POINTS):
    return lines(*(before.format(i=i, j=i + 1) + separator.join(map(repr, point)) + after.format(kind=kind)
                   for i, (point, kind) in enumerate(zip(points, KINDS))))


def iris_of_r():
    """What write.csv(iris) gives, with the names of the rows."""
    with open(os.path.join(HERE, "iris.csv"), encoding="ascii") as file:
        table = list(csv.reader(file))
    header = ",".join(f'"{name}"' for name in [""] + table[0])
    return lines(header, *(f'"{i}",' + ",".join(row[:4]) + f',"{row[4]}"' for i, row in enumerate(table[1:], 1)))


def german(header):
    return header + rows(";").replace(".", ",")


TEXTS = {
    # Names and numbers of rows.
    "iris_row_names.csv": iris_of_r(),
    "row_names_r.csv": lines('"","a","b"') + rows(before='"{j}",'),
    "row_names_pandas.csv": lines(",a,b") + rows(before="{i},"),
    "row_names_unnamed.csv": lines("Unnamed: 0,a,b") + rows(before="{i}7,"),
    "row_names_rownames.csv": lines('"rownames","a","b"') + rows(before='"plant {i}",'),
    "row_numbers.csv": lines("id,a,b") + rows(before="{j},"),
    "row_numbers_plain.csv": rows(before="{i},"),
    "write_table.txt": lines('"a" "b" "kind"') + rows(" ", before='"{j}" ', after=' "{kind}"'),
    "write_table_names.txt": lines("a b") + rows(" ", before="plant{j} "),
    # Header or data.
    "header_years.csv": lines('"1990","1991"', "1,2", "1.5,2", "8,9", "8.5,9"),
    "header_numbers.csv": lines("0,1") + rows(),
    "header_numbers_index.csv": lines(",0,1") + rows(before="{i},"),
    "header_years_labels.csv": lines("1990,1991,kind") + rows(after=",{kind}"),
    "header_size.csv": lines("6,2") + rows(),
    "header_quoted.csv": lines('"1990","1991"', '"1","2"', '"8","9"'),
    "title.csv": lines("Plants of 2020", "a,b") + rows(),
    "first_below_limit.csv": lines("<0.1,<0.1") + rows(),
    "first_dashes.csv": lines("-,-") + rows(),
    # Separators, marks, comments.
    "trailing.csv": lines("a,b,") + rows(after=","),
    "trailing_data.csv": lines("a,b") + rows(after=",,"),
    "decimal_commas.csv": german("a;b\n"),
    "decimal_commas_plain.csv": german(""),
    "decimal_mixed.csv": lines("a;b", "1,5;2,25", "1.5;2", "8;9"),
    "pipes.csv": lines("a|b") + rows("|"),
    "excel.csv": lines("sep=;", "a;b") + rows(";"),
    "comments.csv": lines("# two groups, of three", "a,b", "# the first") + rows(),
    "hash_column.csv": lines("#,a,b") + rows(before="{j},"),
    # Missing values.
    "missing.csv": lines("a,b", "1.5,2.25", "NA,1", "1.25,2.5", "1.75,2.75", "8.5,9.25", "8.25,9.5", ",", "8.75,9.75",
                         "3,nan", "NULL,-"),
    # Names.
    "names_twice.csv": lines("a,b,a") + rows(after=",5"),
    "names_comma.csv": lines('"a, in cm",b,c') + rows(after=",5"),
    "few_distinct.csv": lines("a,b", "1,1", "1,1", "5,5", "5,5", "1,1"),
}

BYTES = {
    "latin1.csv": (lines("größe,b,Getränk") + rows(after=",{kind}")).encode("latin-1"),
    "windows1252.csv": (lines("a €,b") + rows()).encode("cp1252"),
    "mixed_encodings.csv": lines("a,b,kind").encode() + "1,2,café\n".encode() + "3,4,thé\n".encode("latin-1"),
    "no_encoding.csv": b"a,b,kind\n1,2,x\n3,4,\x81\x8d\n",
    "utf16.csv": "\ufeff".encode("utf-16-le") + (lines("größe,b,kind") + rows(after=",{kind}")).encode("utf-16-le"),
}


def write_netcdf(path):
    packed = np.array([[150, 225], [125, 250], [-999, 1], [175, 275], [850, 925], [7, -1], [825, 950], [875, 975]], np.int16)
    with h5py.File(path, "w") as file:
        for name in ("packed", "plain"):
            file[name] = packed
        file["packed"].attrs.update({"_FillValue": np.int16([-999]), "missing_value": np.int16(-1),
                                     "scale_factor": 0.01, "add_offset": 10.0, "units": "cm"})
        file["single"] = np.array([[1.5, 2.25], [1e20, 3], [8.5, np.nan], [8.25, 9.5]], np.float32)
        file["single"].attrs["_FillValue"] = 1e20  # in double precision


def write_matlab(path):
    with h5py.File(path, "w", userblock_size=512) as file:
        def put(name, values, kind):
            file[name] = values
            file[name].attrs["MATLAB_class"] = np.bytes_(kind)
        put("points", np.array(POINTS).T, "double")
        put("row", np.array([[1.0], [1], [1], [2], [2], [2]]), "double")  # 1 x n, of which the transpose is stored
        put("column", np.array([[1, 1, 1, 2, 2, 2]], np.int32), "int32")
        put("truth", np.array([[0, 0, 0, 1, 1, 1]], np.uint8), "logical")
        put("names", np.array([list(kind.ljust(4)) for kind in KINDS]).T.copy().view(np.uint32).reshape(4, 6)
            .astype(np.uint16), "char")
        file["cell"] = np.array([[file["row"].ref] * 6], dtype=h5py.ref_dtype)
        file["cell"].attrs["MATLAB_class"] = np.bytes_("cell")
    with open(path, "r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, as MATLAB writes it".ljust(124) + b"\x00\x02IM")


def write_groups(path):
    """Groups, tables of PyTables and pandas, and labels of every type."""
    records = np.zeros(6, dtype=[("index", "i8"), ("values_block_0", "f8", (2,))])
    records["values_block_0"] = POINTS
    with h5py.File(path, "w") as file:
        file["fixed/axis0"] = np.array([b"a", b"b"])
        file["fixed/block0_values"] = np.array(POINTS)
        file["fixed"].attrs["pandas_type"] = np.bytes_("frame")
        file["store/table"] = records
        file["deep/er/points"] = np.array(POINTS)
        labels = file.create_group("labels")
        labels["truth"] = np.array([False] * 3 + [True] * 3)
        labels["characters"] = np.array([list("abc "), list("abc "), list("abc "), list("de  "), list("de  "), list("de  ")],
                                        dtype="S1")
        labels["latin1"] = np.array([kind.encode("latin-1") for kind in KINDS])
        labels["mixed"] = np.array([b"a\xe9", "é".encode()] * 3)
        labels["row"] = np.array([[0, 0, 0, 1, 1, 1]])
        labels["column"] = np.array([[0], [0], [0], [1], [1], [1]])
        labels["gaps"] = np.array([0, 0, np.nan, 1, 1, 1])
        file["numbered"] = np.column_stack([np.arange(1, 7), POINTS])


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "points")
    os.makedirs(folder, exist_ok=True)
    for name, text in TEXTS.items():
        BYTES[name] = text.encode()
    for name, content in BYTES.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
    for name, write in (("netcdf.nc", write_netcdf), ("matlab.mat", write_matlab), ("groups.h5", write_groups)):
        write(os.path.join(folder, name))


main()
