#include "experiments/sweep/results/seed_differences.hpp"

#include <algorithm>
#include <limits>

#include "framework/core/index.hpp"

namespace tvem {
namespace {

/// What is written of a mean over trainings and tasks.
struct Column {
  char const* name;
  double (*value)(TwoWayMean const& mean);
  char const* long_name;
};

constexpr Column columns[] = {
    {"error_difference_of_trainings_mean", [](TwoWayMean const& m) { return m.mean; },
     "error - that of the Transformer (or of the first estimator), mean over tasks and trainings"},
    {"error_difference_of_trainings_standard_error",
     [](TwoWayMean const& m) { return m.standard_error; },
     "its standard error over tasks and trainings"},
    {"error_difference_of_trainings_low", [](TwoWayMean const& m) { return m.low; },
     "lower end of its 95 % interval over tasks and trainings"},
    {"error_difference_of_trainings_high", [](TwoWayMean const& m) { return m.high; },
     "upper end of its 95 % interval over tasks and trainings"},
    {"error_difference_of_trainings_count",
     [](TwoWayMean const& m) { return as_real(m.n_trainings); }, "trainings in it"},
};

}  // namespace

std::string seed_axis(SweepTable const& table) {
  for (std::string const& axis : table.axes)
    if (table.coordinate(axis).long_name == "the key run.seed") return axis;
  return "";
}

SeedDifferences::SeedDifferences(SweepTable& table) : table_(table) {
  std::string const seeds = seed_axis(table);
  // Where another key changes along with the seed, such as eval.seed, tasks may be others too.
  bool const is_alone =
      std::ranges::count(table.coordinates, seeds, &NamedCoordinate::dimension) == 1;
  if (seeds.empty() || !is_alone) return;
  for (std::string const& axis : table.axes) {
    if (axis == seeds) {
      n_seeds_ = table.size(axis);
      continue;
    }
    dimensions_.push_back(axis);
    if (n_seeds_ > 0) n_inner_ *= table.size(axis);
  }
  dimensions_.emplace_back("estimator");
}

std::size_t SeedDifferences::row_of(std::size_t cell) const {
  return cell / (n_seeds_ * n_inner_) * n_inner_ + cell % n_inner_;
}

void SeedDifferences::add(std::size_t cell, std::size_t estimator,
                          std::vector<double> const& differences) {
  if (n_seeds_ > 0) of_[{row_of(cell), estimator}].add(differences);
}

void SeedDifferences::write() const {
  if (of_.empty()) return;
  std::size_t size = 1;
  for (std::string const& dimension : dimensions_) size *= table_.size(dimension);
  for (Column const& column : columns) {
    NamedArray array{column.name, dimensions_, {}, column.long_name, "1"};
    array.values.assign(size, std::numeric_limits<double>::quiet_NaN());
    for (auto const& [place, differences] : of_)
      array.values[place.first * table_.size("estimator") + place.second] =
          column.value(differences.mean());
    table_.arrays.push_back(std::move(array));
  }
}

}  // namespace tvem
