// Files of points as other programs write them: tests/data/make_points.py makes most of them.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "framework/core/error.hpp"
#include "io/points/points_file.hpp"
#include "io/points/text_encoding.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

RowMatrix usual_points() {
  RowMatrix points(6, 2);
  points << 1.5, 2.25, 1.25, 2.5, 1.75, 2.75, 8.5, 9.25, 8.25, 9.5, 8.75, 9.75;
  return points;
}

PointTable read(std::string const& name, PointSelection const& selection = {}) {
  return read_points(fs::path(TVEM_DATA_DIR) / "points" / name, selection);
}

/// All that is wrong, in one text; empty when nothing is.
std::string problems_of(std::string const& name, PointSelection const& selection = {}) {
  try {
    read(name, selection);
  } catch (ConfigurationError const& error) {
    std::string text;
    for (auto const& problem : error.problems()) text += problem + "\n";
    return text;
  }
  return "";
}

bool has(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

std::string notes_of(PointTable const& table) {
  std::string text;
  for (auto const& note : table.notes) text += note + "\n";
  return text;
}

/// Reads a text as a file of its own.
class Text : public test::TemporaryFolder {
 protected:
  PointTable read_text(std::string const& text, PointSelection const& selection = {}) {
    write(path, text);
    return read_points(path, selection);
  }
  std::string problems_of_text(std::string const& text, PointSelection const& selection = {}) {
    try {
      read_text(text, selection);
    } catch (ConfigurationError const& error) {
      return error.what();
    }
    return "";
  }
  fs::path const path = folder / "points";
};

// ---- names and numbers of rows

TEST(Points, FirstColumnThatNamesOrNumbersRows_LeftOutWithNote) {
  for (auto const* name : {"row_names_r.csv", "row_names_pandas.csv", "row_names_unnamed.csv",
                           "row_names_rownames.csv", "row_numbers.csv", "row_numbers_plain.csv",
                           "hash_column.csv", "write_table_names.txt"}) {
    PointTable const table = read(name);
    EXPECT_EQ(table.points, usual_points()) << name;
    ASSERT_EQ(table.notes.size(), 1U) << name;
    EXPECT_TRUE(has(table.notes[0], "column 1")) << name;
    EXPECT_TRUE(has(table.notes[0], "--columns")) << name;
  }
  EXPECT_EQ(read("row_names_r.csv").columns, (Texts{"a", "b"}));
  EXPECT_EQ(read("write_table_names.txt").columns, (Texts{"a", "b"}));
}

TEST(Points, NumbersOfRowsNamedByColumns_Taken) {
  PointTable const table = read("row_numbers.csv", {.columns = {"id", "b"}});
  EXPECT_EQ(table.columns, (Texts{"id", "b"}));
  EXPECT_EQ(table.points(5, 0), 6);
  EXPECT_TRUE(table.notes.empty());
  EXPECT_EQ(read("row_numbers_plain.csv", {.columns = {"1", "2"}}).points(5, 0), 5);
  EXPECT_EQ(read("row_names_r.csv", {.columns = {"1"}}).points(5, 0), 6);
}

TEST_F(Text, FirstColumnThatOnlyResemblesNumbersOfRows_Kept) {
  for (auto const* text :
       {"1,5\n3,6\n2,7\n", "2,5\n3,6\n4,7\n", "1,5\n2,6\n2,7\n", "1.5,5\n2.5,6\n"})
    EXPECT_EQ(read_text(text).columns.size(), 2U) << text;
  EXPECT_EQ(read_text("1\n2\n3\n").points(2, 0), 3);  // no other column is left
  EXPECT_EQ(read_text("a,b\n9,1\n7,2\n8,3\n").columns.size(), 2U);
  PointTable const labelled = read_text("1,a\n2,b\n3,b\n4,a\n", {.labels = "2"});
  EXPECT_EQ(labelled.points(3, 0), 4);
  EXPECT_TRUE(has(notes_of(labelled), "no other column"));
}

TEST(Points, HeaderWithoutCorner_NamesTheOtherColumns) {
  PointTable const table = read("write_table.txt", {.labels = "kind"});
  EXPECT_EQ(table.columns, (Texts{"a", "b"}));
  EXPECT_EQ(table.points, usual_points());
  EXPECT_EQ(table.labels[3], "th\u00e9");
}

// ---- header or data

TEST(Points, QuotedNumbersInFirstLine_AreNames) {
  PointTable const table = read("header_years.csv");
  EXPECT_EQ(table.columns, (Texts{"1990", "1991"}));
  EXPECT_EQ(table.points.rows(), 4);
  EXPECT_EQ(table.points(0, 0), 1);
}

TEST(Points, AmbiguousFirstLine_RefusedUntilTheUserSays) {
  for (auto const* name : {"header_numbers.csv", "header_numbers_index.csv", "header_size.csv",
                           "header_quoted.csv", "header_years_labels.csv"}) {
    std::string const problems = problems_of(name, {.labels = ""});
    EXPECT_TRUE(has(problems, "line 1")) << name << problems;
    EXPECT_TRUE(has(problems, "--header yes or --header no")) << name << problems;
  }
  for (auto const* name : {"header_numbers.csv", "header_numbers_index.csv", "header_size.csv"}) {
    EXPECT_EQ(read(name, {.has_header = true}).points, usual_points()) << name;
  }
  PointTable const labelled =
      read("header_years_labels.csv", {.labels = "kind", .has_header = true});
  EXPECT_EQ(labelled.points, usual_points());
  EXPECT_EQ(read("header_numbers.csv", {.has_header = true}).columns, (Texts{"0", "1"}));
  EXPECT_EQ(read("header_numbers.csv", {.has_header = false}).points.rows(), 7);
  EXPECT_EQ(read("header_quoted.csv", {.has_header = false}).points(0, 1), 1991);
}

TEST(Points, FirstRowThatIsFailedData_ReportedNotDropped) {
  for (auto const* name : {"first_below_limit.csv", "first_dashes.csv"}) {
    std::string const problems = problems_of(name);
    EXPECT_TRUE(has(problems, "line 1: column 1")) << problems;
    EXPECT_TRUE(has(problems, "line 1: column 2")) << problems;
    EXPECT_TRUE(has(problems, "--header yes")) << problems;
    EXPECT_EQ(read(name, {.has_header = true}).points, usual_points());
  }
  PointTable const dropped = read("first_dashes.csv", {.drops_missing = true});
  EXPECT_EQ(dropped.points, usual_points());
  EXPECT_EQ(dropped.rows.front(), 2);
  EXPECT_TRUE(has(problems_of("first_below_limit.csv", {.drops_missing = true}), "<0.1"));
}

TEST_F(Text, FirstRowOfTextsAboveNoNumber_IsData) {
  // A label, and values that are missing: no header, since nothing in it stands above a number.
  EXPECT_TRUE(
      has(problems_of_text("wild,,\nwild,1,2\ntame,3,4\n", {.labels = "1"}), "line 1: column 2"));
  EXPECT_EQ(read_text("a,b\nNA,1\n3,4\n", {.drops_missing = true}).columns, (Texts{"a", "b"}));
}

TEST(Points, LineAboveTheTable_Refused) {
  std::string const problems = problems_of("title.csv");
  EXPECT_TRUE(has(problems, "line 1: 1 values, where all lines below have 2")) << problems;
}

// ---- separators, marks, comments

TEST(Points, SeparatorsAndDecimalMarks_ReadAsMeant) {
  for (auto const* name : {"trailing.csv", "trailing_data.csv", "decimal_commas.csv", "pipes.csv",
                           "excel.csv", "comments.csv"}) {
    PointTable const table = read(name);
    EXPECT_EQ(table.points, usual_points()) << name;
    EXPECT_EQ(table.columns, (Texts{"a", "b"})) << name;
  }
  EXPECT_EQ(read("decimal_commas_plain.csv").points, usual_points());
  EXPECT_TRUE(has(notes_of(read("decimal_commas.csv")), "decimal marks"));
  EXPECT_TRUE(has(notes_of(read("comments.csv")), "comments: 2"));
  EXPECT_TRUE(has(problems_of("decimal_mixed.csv"), "line 3: column 1 (a): \"1.5\""));
}

TEST_F(Text, Separator_IsTheOneThatGivesNumbers) {
  EXPECT_EQ(read_text("1,2,a;b\n3,5,a;b\n", {.labels = "3"}).labels[0], "a;b");
  EXPECT_EQ(read_text("x;y\nNA;1,5\n2,5;2\n", {.drops_missing = true}).points(0, 0), 2.5);
  EXPECT_EQ(read_text("1,\t2\n4,\t3\n").points(1, 1), 3);
  EXPECT_EQ(read_text("wild;a;b;c;1,5\nwild;a;b;c;2,5\n", {.columns = {"5"}}).points(1, 0), 2.5);
}

// ---- missing values

TEST(Points, MissingValues_RefusedOrLeftOut) {
  std::string const problems = problems_of("missing.csv");
  EXPECT_TRUE(has(problems, "line 3: column 1 (a): \"NA\"")) << problems;
  EXPECT_TRUE(has(problems, "--missing drop")) << problems;
  PointTable const table = read("missing.csv", {.drops_missing = true});
  EXPECT_EQ(table.points, usual_points());
  EXPECT_EQ(table.rows, (std::vector<std::int64_t>{1, 3, 4, 5, 6, 8}));
  EXPECT_EQ(notes_of(table), "4 of 10 rows are left out for missing values: 2, 7, 9, 10\n");
}

TEST_F(Text, DropOfAllRowsOrOfWrongValues_Refused) {
  EXPECT_TRUE(has(problems_of_text("a,b\nNA,1\n2,NA\n", {.drops_missing = true}), "no row"));
  for (auto const* text : {"1,2\n3,inf\n", "1,2\n3,x\n", "1,2\n3,1e999\n", "1,2\n3\n"})
    EXPECT_TRUE(has(problems_of_text(text, {.drops_missing = true}), "line 2")) << text;
  PointTable const table =
      read_text("1,2,a\n4,5,\n7,8,\"NA\"\n9,3,NA\n", {.labels = "3", .drops_missing = true});
  EXPECT_EQ(table.labels, (Texts{"a", "NA"}));  // in quotes, NA is a text
}

// ---- names

TEST(Points, ColumnsOfOneName_ChosenByNumber) {
  EXPECT_TRUE(has(problems_of("names_twice.csv", {.columns = {"a", "b"}}), "columns 1, 3"));
  EXPECT_EQ(read("names_twice.csv", {.columns = {"1", "2"}}).points, usual_points());
  PointTable const table = read("names_twice.csv");
  EXPECT_EQ(table.columns, (Texts{"a", "b", "a (column 3)"}));
  EXPECT_TRUE(has(notes_of(table), "called \"a\""));
}

TEST(Points, ColumnTwice_Refused) {
  EXPECT_TRUE(has(problems_of("names_comma.csv", {.columns = {"b", "b"}}), "twice"));
  EXPECT_TRUE(has(problems_of("names_comma.csv", {.columns = {"b", "2"}}), "twice"));
  EXPECT_TRUE(has(problems_of("names_comma.csv", {.columns = {"b"}, .labels = "b"}), "--labels"));
  EXPECT_TRUE(has(problems_of("names_comma.csv", {.columns = {"a"}}), "double quotes"));
  EXPECT_EQ(read("names_comma.csv", {.columns = {"a, in cm", "b"}}).points, usual_points());
}

// ---- encodings

TEST(Points, LatinTexts_BecomeUtf8WithNote) {
  PointTable const table = read("latin1.csv", {.labels = "Getr\u00e4nk"});
  EXPECT_EQ(table.columns, (Texts{"gr\u00f6\u00dfe", "b"}));
  EXPECT_EQ(table.labels[0], "caf\u00e9");
  EXPECT_EQ(table.points, usual_points());
  EXPECT_TRUE(has(notes_of(table), "line 1, column 1"));
  EXPECT_EQ(read("windows1252.csv").columns[0], "a \u20ac");
  EXPECT_EQ(read("utf16.csv", {.labels = "kind"}).columns[0], "gr\u00f6\u00dfe");
}

TEST(Points, TextsOfNoClearEncoding_RefusedWithPlace) {
  EXPECT_TRUE(has(problems_of("mixed_encodings.csv", {.labels = "kind"}), "line 3, column 3"));
  EXPECT_TRUE(has(problems_of("no_encoding.csv", {.labels = "kind"}), "line 3, column 3"));
}

TEST(TextEncoding, Utf16_OfBothOrdersAndBeyondTheFirstPlane) {
  EXPECT_EQ(without_mark(std::string("\xff\xfe"
                                     "a\0"
                                     "\x3d\xd8\x00\xde",
                                     8)),
            "a\U0001F600");
  EXPECT_EQ(without_mark(std::string("\xfe\xff"
                                     "\0a"
                                     "\x20\xac",
                                     6)),
            "a\u20ac");
  EXPECT_FALSE(
      without_mark(std::string("\xff\xfe"
                               "a",
                               3)));
  EXPECT_FALSE(
      without_mark(std::string("\xff\xfe\x3d\xd8"
                               "a\0",
                               6)));
  EXPECT_FALSE(without_mark(std::string("\xff\xfe\x3d\xd8", 4)));
}

TEST(TextEncoding, OverlongAndSurrogateBytes_AreNoUtf8) {
  EXPECT_EQ(utf8_of("caf\xc3\xa9"), "caf\u00e9");
  EXPECT_EQ(utf8_of("caf\xe9"), "caf\u00e9");
  for (auto const* bytes :
       {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\xbd", "\xf4\x90\xa3\xa3", "\xe2\x82"})
    EXPECT_NE(utf8_of(bytes), bytes);
}

// ---- HDF5

TEST(Hdf5Points, PackingOfNetcdf_Applied) {
  EXPECT_TRUE(has(problems_of("netcdf.nc", {.dataset = "packed"}), "row 3, column 1"));
  EXPECT_TRUE(has(problems_of("netcdf.nc", {.dataset = "packed"}), "row 6, column 2"));
  PointTable const table = read("netcdf.nc", {.dataset = "packed", .drops_missing = true});
  EXPECT_TRUE(table.points.isApprox((usual_points().array() + 10).matrix(), 1e-15));
  EXPECT_EQ(table.rows, (std::vector<std::int64_t>{1, 2, 4, 5, 7, 8}));
  EXPECT_TRUE(has(notes_of(table), "scale_factor"));
  EXPECT_TRUE(has(notes_of(table), "2 of 8 rows"));
  EXPECT_EQ(read("netcdf.nc", {.dataset = "plain"}).points(2, 0), -999);
}

TEST(Hdf5Points, FillValueInOtherPrecision_Missing) {
  EXPECT_TRUE(has(problems_of("netcdf.nc", {.dataset = "single"}), "--missing drop"));
  PointTable const table = read("netcdf.nc", {.dataset = "single", .drops_missing = true});
  EXPECT_EQ(table.rows, (std::vector<std::int64_t>{1, 4}));
  EXPECT_EQ(table.points(1, 0), 8.25);
}

TEST(Hdf5Points, MatricesOfMatlab_Transposed) {
  for (auto const* labels : {"row", "column", "truth", "names"}) {
    PointTable const table = read("matlab.mat", {.dataset = "points", .labels = labels});
    EXPECT_EQ(table.points, usual_points());
    EXPECT_TRUE(has(notes_of(table), "MATLAB")) << labels;
    EXPECT_EQ(table.labels[2], table.labels[0]) << labels;
    EXPECT_EQ(table.labels[3], table.labels[5]) << labels;
    EXPECT_NE(table.labels[0], table.labels[3]) << labels;
  }
  EXPECT_EQ(read("matlab.mat", {.dataset = "points", .labels = "names"}).labels[0], "caf\u00e9");
  EXPECT_TRUE(
      has(problems_of("matlab.mat", {.dataset = "points", .labels = "cell"}), "cell array"));
}

TEST(Hdf5Points, LabelsOfEveryKind_Read) {
  for (auto const* labels : {"truth", "characters", "latin1", "row", "column"}) {
    PointTable const table = read(
        "groups.h5", {.dataset = "fixed/block0_values", .labels = std::string("labels/") + labels});
    EXPECT_EQ(table.points, usual_points());
    EXPECT_EQ(table.labels[2], table.labels[0]) << labels;
    EXPECT_EQ(table.labels[3], table.labels[5]) << labels;
    EXPECT_NE(table.labels[0], table.labels[3]) << labels;
  }
  PointSelection selection{.dataset = "deep/er/points", .labels = "labels/characters"};
  EXPECT_EQ(read("groups.h5", selection).labels[0], "abc");
  selection.labels = "labels/latin1";
  EXPECT_EQ(read("groups.h5", selection).labels[5], "th\u00e9");
  selection.labels = "labels/mixed";
  EXPECT_TRUE(has(problems_of("groups.h5", selection), "label 1"));
  selection.labels = "labels/gaps";
  EXPECT_TRUE(has(problems_of("groups.h5", selection), "no label 3"));
  selection.drops_missing = true;
  EXPECT_EQ(read("groups.h5", selection).rows.size(), 5U);
}

TEST(Hdf5Points, WhatIsNoMatrix_NamedWithWhatIsThere) {
  for (auto const* dataset : {"", "fixed", "store/table", "nothing", "fixed/axis0", "deep"}) {
    std::string const problems = problems_of("groups.h5", {.dataset = dataset});
    EXPECT_TRUE(has(problems, "deep/er/points (6 x 2)")) << dataset << problems;
    EXPECT_TRUE(has(problems, "fixed/block0_values (6 x 2)")) << dataset << problems;
  }
  EXPECT_TRUE(has(problems_of("groups.h5", {.dataset = "fixed"}), "pandas"));
  EXPECT_TRUE(has(problems_of("groups.h5", {.dataset = "store/table"}), "index, values_block_0"));
  EXPECT_TRUE(has(problems_of("groups.h5", {.dataset = "deep"}), "a group"));
}

TEST(Hdf5Points, NumbersOfRows_LeftOutUnlessAskedFor) {
  PointTable const table = read("groups.h5", {.dataset = "numbered"});
  EXPECT_EQ(table.points, usual_points());
  EXPECT_EQ(table.columns, (Texts{"x2", "x3"}));
  EXPECT_TRUE(has(notes_of(table), "1..6"));
  EXPECT_EQ(read("groups.h5", {.dataset = "numbered", .columns = {"1", "3"}}).points(5, 0), 6);
  EXPECT_TRUE(has(problems_of("groups.h5", {.dataset = "numbered", .has_header = true}), "CSV"));
}

}  // namespace
}  // namespace tvem
