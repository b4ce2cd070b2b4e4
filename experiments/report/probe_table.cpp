#include "experiments/report/probe_table.hpp"

#include "experiments/report/formatting.hpp"

namespace tvem {
namespace {

using Row = std::vector<std::string>;

std::string errors_table(Probe const& probe) {
  std::vector<Row> rows{{"error", "by the read-out", "s.e.", "by a linear probe", "s.e."}};
  for (int layer = 0; layer < probe.n_layers; ++layer) {
    Row row{layer == 0 ? "embedding" : fmt::format("layer {}", layer)};
    for (int reading = 0; reading < n_readings; ++reading) {
      int const place = layer * n_readings + reading;
      row.push_back(number(probe.error.mean[place], 4));
      row.push_back(number(probe.error.standard_error[place], 4));
    }
    rows.push_back(row);
  }
  return text_of_lines(aligned(rows));
}

/// "3 (0.0123)": the iteration that the labels of a layer differ least from, and how much.
std::string nearest_text(Probe const& probe, int layer, int reading, int algorithm) {
  int const n_algorithms = count_of(probe.algorithms);
  auto const first =
      probe.disagreement.mean.begin() +
      ((layer * n_readings + reading) * n_algorithms + algorithm) * probe.n_iterations;
  auto const least = std::min_element(first, first + probe.n_iterations);
  return fmt::format("{} ({})", least - first, number(*least, 4));
}

std::string nearest_table(Probe const& probe, int reading) {
  Row head{reading == 0 ? "nearest iteration, by the read-out" : "by linear probes"};
  head.insert(head.end(), probe.algorithms.begin(), probe.algorithms.end());
  std::vector<Row> rows{head};
  for (int layer = 0; layer < probe.n_layers; ++layer) {
    Row row{layer == 0 ? "embedding" : fmt::format("layer {}", layer)};
    for (int algorithm = 0; algorithm < count_of(probe.algorithms); ++algorithm)
      row.push_back(nearest_text(probe, layer, reading, algorithm));
    rows.push_back(row);
  }
  return text_of_lines(aligned(rows));
}

std::string algorithms_table(Probe const& probe) {
  Row head{"error after iterations"};
  for (int t = 0; t < probe.n_iterations; ++t) head.push_back(std::to_string(t));
  std::vector<Row> rows{head};
  for (int algorithm = 0; algorithm < count_of(probe.algorithms); ++algorithm) {
    Row row{probe.algorithms[algorithm]};
    for (int t = 0; t < probe.n_iterations; ++t)
      row.push_back(number(probe.algorithm_error.mean[algorithm * probe.n_iterations + t], 4));
    rows.push_back(row);
  }
  return text_of_lines(aligned(rows));
}

/// A row for each layer: its matrices, and their changes in brackets.
std::string ranks_table(Probe const& probe) {
  std::vector<std::string> lines{
      "stable ranks of matrices, and of their changes in training (in brackets)"};
  std::string block;
  for (MatrixRank const& matrix : probe.matrices) {
    std::size_t const dot = matrix.name.rfind('.');
    if (matrix.name.substr(0, dot) != block) {
      block = matrix.name.substr(0, dot);
      lines.push_back(block + ":");
    }
    lines.back() += fmt::format("  {} {} ({})", matrix.name.substr(dot + 1),
                                number(matrix.stable_rank, 1), number(matrix.of_change, 1));
  }
  return text_of_lines(lines);
}

}  // namespace

std::string probe_text(ProbeRecord const& record) {
  Probe const& probe = record.probe;
  return fmt::format(
      "run {} after {} training steps; {} judged, linear probes fitted on {} others\n\n{}\n{}\n{}\n"
      "in brackets: share of points whose labels differ\n\n{}\n{}",
      record.model.run_id, record.model.steps_done, count_text(record.n_tasks, "task"),
      record.n_fit_tasks, errors_table(probe), nearest_table(probe, 0), nearest_table(probe, 1),
      algorithms_table(probe), ranks_table(probe));
}

}  // namespace tvem
