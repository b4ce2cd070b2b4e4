#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/text.hpp"
#include "io/durable/as_input.hpp"
#include "io/durable/trial.hpp"
#include "io/hdf5/hdf5.hpp"
#include "io/points/column_choice.hpp"
#include "io/points/hdf5_user_data.hpp"
#include "io/points/readers.hpp"

namespace tvem {
namespace {

/// The way netCDF stores numbers: value = packed x scale + offset; some packed values mean
/// "missing".
struct Packing {
  std::vector<double> missing;
  double scale = 1, offset = 0;

  bool is_missing(double packed) const {
    return std::isnan(packed) || std::any_of(missing.begin(), missing.end(), [&](double value) {
             // Programs write 1e20 in double precision beside data in single.
             bool const fits = std::fabs(value) <= double{std::numeric_limits<float>::max()};
             return packed == value || (fits && packed == double{rounded_to<float>(value)});
           });
  }
  double unpacked(double packed) const {
    return is_missing(packed) ? std::nan("") : packed * scale + offset;
  }
};

Packing packing_of(Hdf5Group const& root, std::string const& dataset) {
  Packing packing;
  for (auto const* name : {"_FillValue", "missing_value"})
    for (double const value : root.member_numbers(dataset, name)) packing.missing.push_back(value);
  auto const scale = root.member_numbers(dataset, "scale_factor");
  auto const offset = root.member_numbers(dataset, "add_offset");
  if (!scale.empty()) packing.scale = scale[0];
  if (!offset.empty()) packing.offset = offset[0];
  return packing;
}

RowMatrix matrix_of(Hdf5Group const& root, std::string const& dataset, std::string const& subject,
                    std::vector<std::string>& notes) {
  Hdf5Kind const kind = hdf5_kind_of(root, dataset, subject);
  if (kind != Hdf5Kind::integer && kind != Hdf5Kind::real)
    throw ConfigurationError(fmt::format("{}: this is not a dataset of numbers but {}; {}", subject,
                                         hdf5_words_for(root, dataset), hdf5_datasets_text(root)));
  auto const shape = root.shape(dataset);
  if (shape.size() != 2 || shape[0] == 0 || shape[1] == 0)
    throw ConfigurationError(fmt::format("{}: this is not a matrix of points x coordinates; {}",
                                         subject, hdf5_datasets_text(root)));
  auto values = root.read<double>(dataset);
  Packing const packing = packing_of(root, dataset);
  for (double& value : values) value = packing.unpacked(value);
  Eigen::Index const n_rows = shape[0], n_columns = shape[1];
  RowMatrix stored = Eigen::Map<RowMatrix const>(values.data(), n_rows, n_columns);
  if (packing.scale != 1 || packing.offset != 0)
    notes.push_back("values are unpacked by the attributes scale_factor and add_offset");
  if (root.member_text(dataset, "MATLAB_class").empty()) return stored;
  notes.push_back(fmt::format(
      "MATLAB has stored the matrix by columns: it is read as {} points x {} coordinates",
      n_columns, n_rows));
  return stored.transpose();
}

/// Says why the first column numbers the rows; empty when it does not.
std::string row_numbers_in(RowMatrix const& matrix) {
  Eigen::Index const n = matrix.rows();
  double const end = as_real(n);
  for (int const begin : {0, 1})
    if (n > 1 && matrix.cols() > 1 &&
        matrix.col(0) == Eigen::VectorXd::LinSpaced(n, begin, begin + end - 1))
      return fmt::format("its values are {}..{} in order", begin, begin + n - 1);
  return "";
}

class RowReader {
 public:
  RowReader(RowMatrix const& matrix, ColumnChoice const& choice, bool drops_missing,
            ProblemList& problems)
      : matrix_(matrix), choice_(choice), drops_missing_(drops_missing), problems_(problems) {}

  void read(Eigen::Index i, std::string const* label, RowCollector& rows) {
    std::vector<double> values;
    bool is_missing = label && label->empty();
    if (is_missing) refuse_missing(i, fmt::format("there is no label {}", i + 1));
    for (Eigen::Index const c : choice_.points) {
      double const value = matrix_(i, c);
      auto const problem = fmt::format("column {}: not a finite number", c + 1);
      if (std::isinf(value)) report(i, problem);
      if (std::isnan(value)) refuse_missing(i, problem + ", or one that is missing");
      is_missing |= std::isnan(value);
      values.push_back(value);
    }
    if (is_missing)
      rows.leave_out();
    else
      rows.add(values, label ? *label : std::string());
  }

 private:
  void refuse_missing(Eigen::Index i, std::string const& problem) {
    if (!drops_missing_) report(i, problem + "; --missing drop leaves such rows out");
  }
  void report(Eigen::Index i, std::string const& problem) {
    problems_.add(fmt::format(": row {}, {}", i + 1, problem));
  }
  RowMatrix const& matrix_;
  ColumnChoice const& choice_;
  bool drops_missing_;
  ProblemList& problems_;
};

PointTable read_dataset(Hdf5Group const& root, PointSelection const& selection) {
  std::string const& dataset = selection.dataset;
  std::string const subject = hdf5_subject(root, dataset, "--dataset");
  PointTable table;
  RowMatrix const matrix = matrix_of(root, dataset, subject, table.notes);
  std::vector<std::string> names;
  for (Eigen::Index c = 0; c < matrix.cols(); ++c) names.push_back(fmt::format("x{}", c + 1));
  ProblemList problems(subject);
  ColumnChoice const choice =
      choose_columns(names, selection.columns, "", row_numbers_in(matrix), problems, table.notes);
  problems.stop();
  table.columns = unique_names(names, choice.points, table.notes);
  bool const has_labels = !selection.labels.empty();
  std::vector<std::string> labels;
  if (has_labels) labels = read_hdf5_labels(root, selection.labels, matrix.rows(), table.notes);
  RowCollector rows(std::ssize(choice.points), has_labels);
  RowReader reader(matrix, choice, selection.drops_missing, problems);
  for (Eigen::Index i = 0; i < matrix.rows(); ++i)
    reader.read(i, has_labels ? &labels[i] : nullptr, rows);
  rows.finish(table, problems);
  problems.stop();
  return table;
}

}  // namespace

PointTable read_hdf5_points(fs::path const& path, PointSelection const& selection) {
  std::string const subject = "--data " + path.string() + " is an HDF5 file: ";
  if (selection.has_header) throw ConfigurationError(subject + "--header is for CSV files");
  auto const read = [&] {
    Hdf5File const file = Hdf5File::open(path);
    Hdf5Group const root = file.root();
    if (selection.dataset.empty())
      throw ConfigurationError(subject + "say which dataset with --dataset; " +
                               hdf5_datasets_text(root));
    return read_dataset(root, selection);
  };
  return as_input([&] {
    // A strange file may end the HDF5 library: a child process tries it first.
    in_child(path, hdf5_memory(), [&] { return read(), std::string(); });
    return read();
  });
}

}  // namespace tvem
