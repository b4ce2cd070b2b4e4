#include "experiments/sweep/report.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "experiments/report/formatting.hpp"
#include "framework/core/error.hpp"
#include "framework/metrics/statistics.hpp"

namespace tvem {
namespace {

/// Positions on the axes of all cells of the grid, the last fastest.
std::vector<std::vector<std::size_t>> cells_of(SweepTable const& table) {
  std::vector<std::vector<std::size_t>> cells{{}};
  for (std::string const& axis : table.axes) {
    std::vector<std::vector<std::size_t>> longer;
    for (auto const& cell : cells)
      for (std::size_t v = 0; v < table.size(axis); ++v) {
        longer.push_back(cell);
        longer.back().push_back(v);
      }
    cells = std::move(longer);
  }
  return cells;
}

std::size_t place_of(SweepTable const& table, std::vector<std::size_t> const& cell) {
  std::size_t place = 0;
  for (std::size_t a = 0; a < cell.size(); ++a) place = place * table.size(table.axes[a]) + cell[a];
  return place;
}

bool is_left_out(SweepTable const& table, std::size_t place) {
  return table.state_names[static_cast<std::size_t>(table.states[place])] == "left_out";
}

/// The coordinates that stand in the rows: of every axis its own, and those of joined keys.
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
  for (auto const& cell : cells_of(table)) {
    std::size_t const place = place_of(table, cell);
    if (is_left_out(table, place)) continue;
    std::vector<std::string> labels;
    for (auto const* coordinate : coordinates) {
      auto const axis = std::find(table.axes.begin(), table.axes.end(), coordinate->dimension);
      labels.push_back(
          coordinate->values[cell[static_cast<std::size_t>(axis - table.axes.begin())]]);
    }
    auto const [place_of_row, is_new] = known.emplace(labels, rows.size());
    if (is_new)
      rows.push_back({labels, {place}});
    else
      rows[place_of_row->second].places.push_back(place);
  }
  return rows;
}

/// The name of the axis of trainings' seeds, which differ in nothing else; empty when there is
/// none.
std::string seed_axis(SweepTable const& table) {
  for (std::string const& axis : table.axes)
    if (table.coordinate(axis).long_name == "the key run.seed") return axis;
  return "";
}

bool is_of_model(std::string const& estimator) { return estimator.starts_with("transformer"); }

/// Mean and standard deviation over the places of a row, their number, and the largest value.
struct Spread {
  double mean, deviation;
  std::int64_t count;
  double largest;
};

Spread spread_of(NamedArray const& array, Row const& row, std::size_t estimator,
                 std::size_t n_estimators) {
  Moments moments;
  double largest = 0;
  for (std::size_t const place : row.places) {
    double const value = array.values[place * n_estimators + estimator];
    moments.add(value);
    largest = std::fmax(largest, value);
  }
  double const n = static_cast<double>(moments.count);
  return {moments.mean(), moments.standard_error() * std::sqrt(n), moments.count, largest};
}

}  // namespace

std::string sweep_report_table(SweepTable const& table) {
  auto const& estimators = table.coordinate("estimator").values;
  NamedArray const* const errors = table.find("error_mean");
  NamedArray const* const standard_errors = table.find("error_standard_error");
  std::string text = "sweep " + table.header.run_id + ": ";
  for (auto const& [name, count] : table.counts)
    text += (name == "cells" ? "" : ", ") + std::to_string(count) + " " + name;
  text += "\n";
  if (!errors) return text + "no results yet: tvem sweep goes on\n";
  std::string const seeds = seed_axis(table);
  auto const coordinates = shown_coordinates(table, seeds);
  auto const rows = rows_of(table, coordinates);

  std::vector<std::size_t> widths;
  std::string header;
  for (std::size_t c = 0; c < coordinates.size(); ++c) {
    std::size_t width = coordinates[c]->name.size();
    for (Row const& row : rows) width = std::max(width, row.labels[c].size());
    widths.push_back(width);
    header += format("%-*s  ", static_cast<int>(width), coordinates[c]->name.c_str());
  }
  for (auto const& name : estimators) {
    header +=
        format("%*s", static_cast<int>(std::max<std::size_t>(name.size(), 6) + 2), name.c_str());
    if (!seeds.empty() && is_of_model(name)) header += "    s.d.   n";
  }
  std::string body;
  double largest = 0;
  for (Row const& row : rows) {
    for (std::size_t c = 0; c < coordinates.size(); ++c)
      body += format("%-*s  ", static_cast<int>(widths[c]), row.labels[c].c_str());
    for (std::size_t e = 0; e < estimators.size(); ++e) {
      Spread const spread = spread_of(*errors, row, e, estimators.size());
      int const width = static_cast<int>(std::max<std::size_t>(estimators[e].size(), 6) + 2);
      body += number(spread.mean, width, 4);
      if (!seeds.empty() && is_of_model(estimators[e]))
        body +=
            number(spread.deviation, 8, 4) + format("%4lld", static_cast<long long>(spread.count));
      largest = std::fmax(largest, spread_of(*standard_errors, row, e, estimators.size()).largest);
    }
    body += "\n";
  }
  return text + "misclustering error, mean over tasks (standard errors over tasks are at most " +
         format("%.4f", largest) + ")" +
         (seeds.empty()
              ? ""
              : ";\nmean over " + seeds + "; s.d.: standard deviation of the model's error over " +
                    seeds + ", the spread of n trainings") +
         "\n\n" + header + "\n" + body;
}

std::string sweep_report_csv(SweepTable const& table) {
  auto const& estimators = table.coordinate("estimator").values;
  auto const coordinates = shown_coordinates(table, "");
  std::vector<std::string> with_estimator = table.axes;
  with_estimator.push_back("estimator");
  std::vector<NamedArray const*> arrays;
  for (NamedArray const& array : table.arrays)
    if (array.dimensions == table.axes || array.dimensions == with_estimator)
      arrays.push_back(&array);

  std::string text;
  auto const quoted = [](std::string const& value) {
    return value.find_first_of(", \"") == std::string::npos ? value : "\"" + value + "\"";
  };
  for (auto const* coordinate : coordinates) text += coordinate->name + ",";
  text += "estimator,state,run_id";
  for (auto const* array : arrays) text += "," + array->name;
  text += "\n";
  for (auto const& cell : cells_of(table)) {
    std::size_t const place = place_of(table, cell);
    if (is_left_out(table, place)) continue;
    for (std::size_t e = 0; e < estimators.size(); ++e) {
      for (auto const* coordinate : coordinates) {
        auto const axis = std::find(table.axes.begin(), table.axes.end(), coordinate->dimension);
        text +=
            quoted(coordinate->values[cell[static_cast<std::size_t>(axis - table.axes.begin())]]) +
            ",";
      }
      text += quoted(estimators[e]) + "," +
              table.state_names[static_cast<std::size_t>(table.states[place])] + "," +
              (table.texts.empty() ? "" : table.texts[0].values[place]);
      for (auto const* array : arrays) {
        bool const is_of_cell = array->dimensions == table.axes;
        double const value = array->values[is_of_cell ? place : place * estimators.size() + e];
        text += std::isnan(value) ? std::string(",") : format(",%.17g", value);
      }
      text += "\n";
    }
  }
  return text;
}

}  // namespace tvem
