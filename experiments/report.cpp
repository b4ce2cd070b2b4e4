#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <vector>

#include "formatting.hpp"
#include "tvem/core/error.hpp"
#include "tvem/io/config.hpp"
#include "tvem/metrics/bayes.hpp"
#include "tvem/metrics/statistics.hpp"
#include "unused_keys.hpp"

namespace tvem {
namespace {

constexpr double quantile_levels[] = {0.1, 0.5, 0.9};
constexpr int n_resamples = 1000;

/// One estimator's summary over the tasks.
struct Summary {
  std::string estimator;
  std::vector<Moments> metrics;  // in the order of evaluation_metrics
  double iterations_mean = 0;
  PairedDifference difference{};   // its error - the reference's
  PairedDifference bootstrap{};    // the same by the bootstrap
  double win_rate = 0;             // against the reference
  std::vector<double> quantiles;   // of the error, at quantile_levels
  std::vector<int> status_counts;  // by status
  std::int64_t collapsed_restarts = 0, dead_components = 0;
};

std::vector<Summary> summaries_of(Evaluation const& table, bool is_detailed) {
  std::vector<Summary> summaries;
  auto const reference = table.row(table.error, reference_of(table.estimators));
  for (std::size_t e = 0; e < table.estimators.size(); ++e) {
    auto const error = table.row(table.error, e);
    auto const total = [&](std::vector<int> const& counts) {
      auto const row = table.row(counts, e);
      return std::accumulate(row.begin(), row.end(), std::int64_t{0});
    };
    Summary summary{.estimator = table.estimators[e],
                    .metrics = {},
                    .iterations_mean = static_cast<double>(total(table.iterations)) /
                                       static_cast<double>(table.n_tasks()),
                    .difference = paired_difference(error, reference),
                    .bootstrap = {},
                    .win_rate = win_rate(error, reference),
                    .quantiles = {},
                    .status_counts = std::vector<int>(table.status_names.size()),
                    .collapsed_restarts = total(table.collapsed_restarts),
                    .dead_components = total(table.dead_components)};
    for (EvaluationMetric const& metric : evaluation_metrics)
      summary.metrics.push_back(moments_of(table.row(table.*metric.values, e)));
    for (double const level : quantile_levels) summary.quantiles.push_back(quantile(error, level));
    if (is_detailed) summary.bootstrap = bootstrap_difference(error, reference, n_resamples);
    for (int const status : table.row(table.status, e))
      ++summary.status_counts[static_cast<std::size_t>(status)];
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

Moments const& moments(Summary const& summary, std::vector<double> Evaluation::*metric) {
  std::size_t i = 0;
  while (evaluation_metrics[i].values != metric) ++i;
  return summary.metrics[i];
}

double mean(Summary const& summary, std::vector<double> Evaluation::*metric) {
  return moments(summary, metric).mean();
}

/// A number with its sign.
std::string signed_number(double value, int width, int decimals) {
  std::string text = number(value, 0, decimals);
  bool const is_positive = text.find_first_of("-") != 0;
  if (is_positive && text.find_first_not_of("0.") != std::string::npos) text = "+" + text;
  return format("%*s", width, text.c_str());
}

/// A difference with its interval; nothing for the reference itself.
std::string difference_text(PairedDifference const& difference, bool is_reference) {
  if (is_reference) return format("%28s", "");
  return signed_number(difference.mean, 10, 4) + " [" + signed_number(difference.low, 7, 4) + "," +
         signed_number(difference.high, 8, 4) + "]";
}

/// "12 not_converged, 3 collapsed restarts": every task that did not simply converge, and what
/// happened on the way.
std::string status_text(Summary const& summary, std::vector<std::string> const& names) {
  std::string text;
  auto const append = [&](std::int64_t count, std::string const& what) {
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  };
  for (std::size_t s = 1; s < names.size(); ++s) append(summary.status_counts[s], names[s]);
  append(summary.collapsed_restarts, "collapsed restarts");
  append(summary.dead_components, "dead components revived");
  return text;
}

std::vector<std::string> const table_head{
    "estimator",  "    error", "    s.e.",   format("%28s", "difference"),
    "     ARI",   "     NMI",  "  log-lik.", "  held-out",
    "   ms/task", "   iter."};

std::vector<std::string> table_row(Summary const& summary, bool is_reference) {
  return {summary.estimator,
          number(mean(summary, &Evaluation::error), 9, 4),
          number(moments(summary, &Evaluation::error).standard_error(), 8, 4),
          difference_text(summary.difference, is_reference),
          number(mean(summary, &Evaluation::ari), 8, 3),
          number(mean(summary, &Evaluation::nmi), 8, 3),
          number(mean(summary, &Evaluation::log_likelihood), 10, 3),
          number(mean(summary, &Evaluation::held_out_log_likelihood), 10, 3),
          number(1e3 * mean(summary, &Evaluation::seconds), 10, 3),
          number(summary.iterations_mean, 8, 1)};
}

/// The Bayes error with labels as named, and where it has a closed form, that and the minimax rate.
std::string reference_lines(Evaluation const& table, Settings const& settings) {
  Moments const raw = moments_of(table.bayes_error_raw);
  std::string text = format("Bayes error with labels as named (no permutation): %.4f, s.e. %.4f\n",
                            raw.mean(), raw.standard_error());
  if (auto const exact = closed_forms(settings.task))
    text += format(
        "its closed form for equidistant means: %.4f; minimax rate exp(-Delta^2 / 8): "
        "%.4f\n",
        exact->bayes_error, exact->minimax_rate);
  return text;
}

std::vector<std::string> const detail_head{"estimator",
                                           "   excess",
                                           "    10 %",
                                           "    50 %",
                                           "    90 %",
                                           "     wins",
                                           format("%28s", "difference, bootstrap"),
                                           "     means",
                                           "   weights",
                                           " covariances"};

std::vector<std::string> detail_row(Summary const& summary, bool is_reference) {
  std::vector<std::string> row{summary.estimator,
                               signed_number(mean(summary, &Evaluation::excess_error), 9, 4)};
  for (double const value : summary.quantiles) row.push_back(number(value, 8, 3));
  row.push_back(is_reference ? "" : number(summary.win_rate, 9, 3));
  row.push_back(difference_text(summary.bootstrap, is_reference));
  row.push_back(number(mean(summary, &Evaluation::means_distance), 10, 4));
  row.push_back(number(mean(summary, &Evaluation::weights_distance), 10, 4));
  row.push_back(number(mean(summary, &Evaluation::covariances_distance), 12, 4));
  return row;
}

std::string detail_table(Evaluation const& table, std::vector<Summary> const& summaries) {
  std::size_t const reference = reference_of(table.estimators);
  std::vector<std::vector<std::string>> rows{detail_head};
  for (std::size_t e = 0; e < summaries.size(); ++e)
    rows.push_back(detail_row(summaries[e], e == reference));
  std::string text;
  for (std::string const& line : aligned(std::move(rows))) text += line + "\n";
  return text +
         "excess: error - that of the MAP rule; 10, 50, 90 %: quantiles of the error over tasks;\n"
         "wins: share of tasks with less error than " +
         table.estimators[reference] +
         ", ties half; means, weights, covariances:\nsquared distances from the true ones, after "
         "the alignment of the labels\n";
}

std::string main_table(Evaluation const& table, std::vector<Summary> const& summaries) {
  std::vector<std::vector<std::string>> rows{table_head};
  for (std::size_t e = 0; e < summaries.size(); ++e)
    rows.push_back(table_row(summaries[e], e == reference_of(table.estimators)));
  auto const lines = aligned(std::move(rows));
  std::string text = lines[0] + "\n";
  for (std::size_t e = 0; e < summaries.size(); ++e) {
    std::string const status = status_text(summaries[e], table.status_names);
    text += lines[e + 1] + (status.empty() ? "" : "  " + status) + "\n";
  }
  return text;
}

std::string evaluation_text(Evaluation const& table, FileHeader const& header, bool is_detailed) {
  auto const summaries = summaries_of(table, is_detailed);
  std::string text =
      "evaluated on " + std::to_string(table.n_tasks()) +
      " tasks, the same for all\nerror: misclustering error; s.e.: standard error over tasks; "
      "difference: paired, error - that of " +
      table.estimators[reference_of(table.estimators)] + ", with its 95 % interval\n\n" +
      main_table(table, summaries);
  if (is_detailed) text += "\n" + detail_table(table, summaries);
  Settings const settings = parse_configuration(header.config_text, "the file's configuration", {});
  std::string const defaults = changed_estimator_defaults(settings);
  if (!defaults.empty()) text += "\nestimators that do not say otherwise have " + defaults + "\n";
  return text + "\n" + reference_lines(table, settings);
}

std::string csv(Evaluation const* evaluation, FileHeader const& header) {
  std::string text =
      "run_id,estimator,tasks,difference_mean,difference_low,difference_high,bootstrap_low,"
      "bootstrap_high,win_rate,error_quantile_10,error_quantile_50,error_quantile_90";
  for (EvaluationMetric const& metric : evaluation_metrics)
    text += std::string(",") + metric.name + "_mean," + metric.name + "_standard_error";
  text += ",iterations_mean";
  if (!evaluation) return text + "\n";
  Evaluation const& table = *evaluation;
  for (auto const& name : table.status_names) text += ",n_" + name;
  text += ",collapsed_restarts,dead_components\n";
  for (Summary const& summary : summaries_of(table, true)) {
    text += header.run_id + "," + summary.estimator + "," + std::to_string(table.n_tasks());
    auto const append = [&](double value) {
      text += std::isnan(value) ? std::string(",") : format(",%.17g", value);
    };
    for (double const value :
         {summary.difference.mean, summary.difference.low, summary.difference.high,
          summary.bootstrap.low, summary.bootstrap.high, summary.win_rate})
      append(value);
    for (double const value : summary.quantiles) append(value);
    for (Moments const& metric : summary.metrics) {
      append(metric.mean());
      append(metric.standard_error());
    }
    append(summary.iterations_mean);
    for (int const count : summary.status_counts) text += "," + std::to_string(count);
    text += "," + std::to_string(summary.collapsed_restarts) + "," +
            std::to_string(summary.dead_components) + "\n";
  }
  return text;
}

}  // namespace

bool have_same_tasks(Evaluation const& a, Evaluation const& b) {
  return a.task_ids == b.task_ids && a.points == b.points && a.bayes_error_raw == b.bayes_error_raw;
}

void join(Evaluation& table, Evaluation const& others) {
  if (!have_same_tasks(table, others)) throw Error("two evaluations have not met the same tasks");
  auto const append = [](auto& values, auto const& further) {
    values.insert(values.end(), further.begin(), further.end());
  };
  append(table.estimators, others.estimators);
  if (others.status_names.size() > table.status_names.size())
    table.status_names = others.status_names;
  for (EvaluationMetric const& metric : evaluation_metrics)
    append(table.*metric.values, others.*metric.values);
  for (auto const counts : {&Evaluation::iterations, &Evaluation::status,
                            &Evaluation::collapsed_restarts, &Evaluation::dead_components})
    append(table.*counts, others.*counts);
  append(table.trace_error_mean, others.trace_error_mean);
  append(table.trace_error_standard_error, others.trace_error_standard_error);
  append(table.trace_log_likelihood_mean, others.trace_log_likelihood_mean);
}

std::size_t reference_of(std::vector<std::string> const& estimators) {
  auto const found = std::find(estimators.begin(), estimators.end(), "transformer");
  return found == estimators.end() ? 0 : static_cast<std::size_t>(found - estimators.begin());
}

std::optional<ClosedForms> closed_forms(TaskSettings const& task) {
  bool const are_there = task.means == MeansKind::simplex && task.weights == WeightsKind::equal &&
                         task.covariance == CovarianceKind::shared &&
                         task.noise == NoiseKind::gaussian && task.components.is_fixed();
  if (!are_there) return std::nullopt;
  return ClosedForms{simplex_bayes_error(task.components.low, task.separation),
                     minimax_rate(task.separation)};
}

std::string report_table(RunRecord const& record, bool is_detailed) {
  std::string const text = "run " + record.header.run_id + ": " +
                           std::to_string(record.steps_done) + " of " +
                           std::to_string(record.steps_total) + " training steps in " +
                           format("%.1f s", record.training_seconds) + "\n";
  if (!record.evaluation) return text + "not evaluated yet: run it again to go on\n";
  return text + evaluation_text(*record.evaluation, record.header, is_detailed);
}

std::string report_table(EvaluationRecord const& record, bool is_detailed) {
  std::string const text = record.model
                               ? "run " + record.model->run_id + " after " +
                                     std::to_string(record.model->steps_done) + " training steps\n"
                               : "baselines\n";
  return text + evaluation_text(record.evaluation, record.header, is_detailed);
}

std::string report_csv(RunRecord const& record) {
  return csv(record.evaluation ? &*record.evaluation : nullptr, record.header);
}

std::string report_csv(EvaluationRecord const& record) {
  return csv(&record.evaluation, record.header);
}

}  // namespace tvem
