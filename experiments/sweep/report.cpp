#include "experiments/sweep/report.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "experiments/report/csv.hpp"
#include "experiments/report/evaluation_summary.hpp"
#include "experiments/report/formatting.hpp"
#include "experiments/report/latex.hpp"
#include "experiments/sweep/grid.hpp"
#include "experiments/sweep/results/seed_differences.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/metrics/statistics.hpp"

namespace tvem {
namespace {

/// Positions on the axes of all cells of the grid, the last fastest.
std::vector<std::vector<std::size_t>> cells_of(SweepTable const& table) {
  std::vector<std::size_t> sizes;
  for (std::string const& axis : table.axes) sizes.push_back(table.size(axis));
  return grid_positions(sizes);
}

std::string const& state_of(SweepTable const& table, std::size_t place) {
  return table.state_names[table.states[place]];
}

template <class Work>
void for_cells(SweepTable const& table, Work const& work) {
  auto const cells = cells_of(table);
  for (std::size_t place = 0; place < cells.size(); ++place)
    if (state_of(table, place) != "left_out") work(cells[place], place);
}

std::string const& value_at(SweepTable const& table, NamedCoordinate const& coordinate,
                            std::vector<std::size_t> const& position) {
  auto const axis = std::find(table.axes.begin(), table.axes.end(), coordinate.dimension);
  return coordinate.values[position[axis - table.axes.begin()]];
}

/// The coordinates that rows show: those of every axis, and those of keys that change together.
std::vector<NamedCoordinate const*> shown_coordinates(SweepTable const& table,
                                                      std::string const& without) {
  std::vector<NamedCoordinate const*> shown;
  for (NamedCoordinate const& coordinate : table.coordinates) {
    bool const is_of_axis = std::count(table.axes.begin(), table.axes.end(), coordinate.dimension);
    bool const is_summary = coordinate.name.starts_with("combination_");
    if (is_of_axis && !is_summary && coordinate.dimension != without) shown.push_back(&coordinate);
  }
  return shown;
}

/// A row of the table: the values of its coordinates, and the places of its cells, one for each
/// seed.
struct Row {
  std::vector<std::string> labels;
  std::vector<std::size_t> places;
};

std::vector<Row> rows_of(SweepTable const& table,
                         std::vector<NamedCoordinate const*> const& coordinates) {
  std::vector<Row> rows;
  std::map<std::vector<std::string>, std::size_t> known;
  for_cells(table, [&](std::vector<std::size_t> const& position, std::size_t place) {
    std::vector<std::string> labels;
    for (auto const* coordinate : coordinates)
      labels.push_back(value_at(table, *coordinate, position));
    auto const [place_of_row, is_new] = known.emplace(labels, rows.size());
    if (is_new) rows.push_back({labels, {}});
    rows[place_of_row->second].places.push_back(place);
  });
  return rows;
}

bool is_of_model(std::string const& estimator) { return estimator.starts_with("transformer"); }

Moments moments_of(NamedArray const& array, Row const& row, std::size_t estimator,
                   std::size_t n_estimators) {
  Moments moments;
  for (std::size_t const place : row.places)
    moments.add(array.values[place * n_estimators + estimator]);
  return moments;
}

double largest_of(NamedArray const& array) {
  double largest = 0;
  for (double const value : array.values) largest = std::fmax(largest, value);
  return largest;
}

/// The cells of a row: its labels, and for each estimator the mean over seeds; for the model also
/// the standard deviation and the number of seeds.
std::vector<std::string> cells_of_row(NamedArray const& errors, Row const& row,
                                      std::vector<std::string> const& estimators, bool has_seeds) {
  auto cells = row.labels;
  for (std::size_t e = 0; e < estimators.size(); ++e) {
    Moments const error = moments_of(errors, row, e, estimators.size());
    cells.push_back(number(error.mean(), 4));
    if (!has_seeds || !is_of_model(estimators[e])) continue;
    double const deviation = error.standard_error() * std::sqrt(as_real(error.count));
    cells.push_back(number(deviation, 4));
    cells.push_back(fmt::to_string(error.count));
  }
  return cells;
}

/// The head, and a row for each combination of the coordinates, with the error of each estimator.
std::vector<std::vector<std::string>> error_rows(
    SweepTable const& table, std::vector<NamedCoordinate const*> const& coordinates,
    bool has_seeds) {
  auto const& estimators = table.coordinate("estimator").values;
  std::vector<std::vector<std::string>> rows(1);
  for (auto const* coordinate : coordinates) rows[0].push_back(coordinate->name);
  for (auto const& name : estimators) {
    rows[0].push_back(name);
    if (has_seeds && is_of_model(name)) rows[0].insert(rows[0].end(), {"s.d.", "n"});
  }
  for (Row const& row : rows_of(table, coordinates))
    rows.push_back(cells_of_row(*table.find("error_mean"), row, estimators, has_seeds));
  return rows;
}

/// The value of an array over some of the axes and maybe the estimators, at a cell.
double value_at(SweepTable const& table, NamedArray const& array,
                std::vector<std::size_t> const& position, std::size_t estimator) {
  std::size_t place = 0;
  for (std::string const& dimension : array.dimensions) {
    auto const axis = std::find(table.axes.begin(), table.axes.end(), dimension);
    std::size_t const at =
        axis == table.axes.end() ? estimator : position[axis - table.axes.begin()];
    place = place * table.size(dimension) + at;
  }
  return array.values[place];
}

/// Whether the array is over axes, or over axes and the estimators.
bool is_over_cells(SweepTable const& table, NamedArray const& array) {
  return std::ranges::all_of(array.dimensions, [&](std::string const& dimension) {
    return dimension == "estimator" || std::ranges::count(table.axes, dimension) > 0;
  });
}

/// The difference of an estimator from the reference over tasks and trainings, at a cell.
PairedDifference difference_of_trainings(SweepTable const& table,
                                         std::vector<std::size_t> const& position,
                                         std::size_t estimator) {
  auto const value = [&](char const* what) {
    auto const* const array = table.find(std::string("error_difference_of_trainings_") + what);
    return value_at(table, *array, position, estimator);
  };
  return {.mean = value("mean"),
          .standard_error = value("standard_error"),
          .low = value("low"),
          .high = value("high")};
}

/// For each row of the table and each estimator that has a difference from the reference over tasks
/// and trainings: a line with it.
std::vector<std::vector<std::string>> lines_of_trainings(SweepTable const& table,
                                                         std::vector<Row> const& rows) {
  auto const& counts = *table.find("error_difference_of_trainings_count");
  auto const cells = cells_of(table);
  auto const& estimators = table.coordinate("estimator").values;
  std::vector<std::vector<std::string>> lines;
  for (Row const& row : rows)
    for (std::size_t e = 0; e < estimators.size(); ++e) {
      auto const& position = cells[row.places[0]];
      double const n = value_at(table, counts, position, e);
      if (e == reference_of(estimators) || std::isnan(n)) continue;
      lines.push_back(row.labels);
      auto const difference = difference_text(difference_of_trainings(table, position, e));
      lines.back().insert(lines.back().end(), {estimators[e], difference, number(n, 0)});
    }
  return lines;
}

/// Differences over tasks and trainings; empty without an axis of seeds.
std::string trainings_table(SweepTable const& table,
                            std::vector<NamedCoordinate const*> const& coordinates) {
  if (!table.find("error_difference_of_trainings_count")) return "";
  auto lines = lines_of_trainings(table, rows_of(table, coordinates));
  if (lines.empty()) return "";
  std::vector<std::string> head;
  for (auto const* coordinate : coordinates) head.push_back(coordinate->name);
  head.insert(head.end(), {"estimator", "difference", "n"});
  lines.insert(lines.begin(), head);
  auto const& estimators = table.coordinate("estimator").values;
  return fmt::format(
      "\ndifference: error - that of {}, paired, with its 95 % interval over tasks and n "
      "trainings\n\n{}",
      estimators[reference_of(estimators)], text_of_lines(aligned(lines, coordinates.size() + 1)));
}

std::string title_of(SweepTable const& table) {
  return fmt::format("sweep {}: {}\n", table.header.run_id, counts_text(table));
}

std::string explanation(NamedArray const& standard_errors, std::string const& seeds) {
  auto const text = fmt::format(
      "misclustering error, mean over tasks (standard errors over tasks are at most {:.4f})",
      largest_of(standard_errors));
  if (seeds.empty()) return text + "\n\n";
  return text + fmt::format(
                    ";\nmean over {}; s.d.: standard deviation of the model's error over {}, the "
                    "spread of n trainings\n\n",
                    seeds, seeds);
}

}  // namespace

std::string counts_text(SweepTable const& table) {
  std::vector<std::string> counts;
  for (auto const& [name, count] : table.counts)
    counts.push_back(fmt::format("{} {}", count, name));
  return joined(counts);
}

std::string sweep_report_table(SweepTable const& table) {
  if (!table.find("error_mean")) return title_of(table) + "no results yet: tvem sweep goes on\n";
  std::string const seeds = seed_axis(table);
  auto const coordinates = shown_coordinates(table, seeds);
  return title_of(table) + explanation(*table.find("error_standard_error"), seeds) +
         text_of_lines(
             aligned(error_rows(table, coordinates, !seeds.empty()), coordinates.size())) +
         trainings_table(table, coordinates);
}

std::string sweep_report_latex(SweepTable const& table) {
  if (!table.find("error_mean"))
    throw ConfigurationError(title_of(table) + "it has no results yet: tvem sweep goes on");
  std::string const seeds = seed_axis(table);
  auto const coordinates = shown_coordinates(table, seeds);
  auto comments = split(trimmed(explanation(*table.find("error_standard_error"), seeds)), '\n');
  while (comments.back().empty()) comments.pop_back();
  comments.insert(comments.begin(),
                  trimmed(fmt::format("sweep {}: {}", table.header.run_id, counts_text(table))));
  comments.emplace_back("it needs \\usepackage{booktabs}");
  return latex_table(error_rows(table, coordinates, !seeds.empty()), coordinates.size(), comments);
}

std::string sweep_report_csv(SweepTable const& table) {
  auto const& estimators = table.coordinate("estimator").values;
  auto const coordinates = shown_coordinates(table, "");
  std::vector<NamedArray const*> arrays;
  for (NamedArray const& array : table.arrays)
    if (is_over_cells(table, array)) arrays.push_back(&array);
  std::vector<std::string> header;
  for (auto const* coordinate : coordinates) header.push_back(coordinate->name);
  header.insert(header.end(), {"estimator", "state", "run_id"});
  for (auto const* array : arrays) header.push_back(array->name);
  CsvWriter csv(header);
  for_cells(table, [&](std::vector<std::size_t> const& position, std::size_t place) {
    for (std::size_t e = 0; e < estimators.size(); ++e) {
      for (auto const* coordinate : coordinates) csv.add(value_at(table, *coordinate, position));
      csv.add(estimators[e]);
      csv.add(state_of(table, place));
      csv.add(table.texts.empty() ? "" : table.texts[0].values[place]);
      for (auto const* array : arrays) csv.add(value_at(table, *array, position, e));
      csv.end_row();
    }
  });
  return csv.text();
}

}  // namespace tvem
