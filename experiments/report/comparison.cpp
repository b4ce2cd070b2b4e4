#include "experiments/report/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "experiments/report/formatting.hpp"
#include "experiments/settings/config.hpp"
#include "experiments/settings/unused_keys.hpp"
#include "framework/core/error.hpp"
#include "framework/metrics/bayes.hpp"
#include "framework/metrics/statistics.hpp"

namespace tvem {
namespace {

constexpr double quantile_levels[] = {0.1, 0.5, 0.9};
constexpr int n_resamples = 1000;

double mean(EstimatorSummary const& summary, std::vector<double> Evaluation::*metric) {
  return summary[metric].mean();
}

double iterations_mean(EvaluationSummary const& summary, std::size_t estimator) {
  return static_cast<double>(summary[estimator].iterations) /
         static_cast<double>(summary.n_tasks());
}

/// What needs all tasks of an estimator at once.
struct Detail {
  PairedDifference bootstrap;     // error - the reference's
  std::vector<double> quantiles;  // of the error, at quantile_levels
};

Detail detail_of(Evaluation const& table, std::size_t estimator) {
  auto const error = table.row(table.error, estimator);
  auto const reference = table.row(table.error, reference_of(table.estimators));
  return {.bootstrap = bootstrap_difference(error, reference, n_resamples),
          .quantiles = quantiles(error, quantile_levels)};
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
std::string status_text(EstimatorSummary const& summary, std::vector<std::string> const& names) {
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

std::vector<std::string> table_row(EvaluationSummary const& all, std::size_t estimator) {
  EstimatorSummary const& summary = all[estimator];
  return {all.estimators()[estimator],
          number(mean(summary, &Evaluation::error), 9, 4),
          number(summary[&Evaluation::error].standard_error(), 8, 4),
          difference_text(difference_of(summary.difference),
                          estimator == reference_of(all.estimators())),
          number(mean(summary, &Evaluation::ari), 8, 3),
          number(mean(summary, &Evaluation::nmi), 8, 3),
          number(mean(summary, &Evaluation::log_likelihood), 10, 3),
          number(mean(summary, &Evaluation::held_out_log_likelihood), 10, 3),
          number(1e3 * mean(summary, &Evaluation::seconds), 10, 3),
          number(iterations_mean(all, estimator), 8, 1)};
}

/// The Bayes error with labels as named, and where it has a closed form, that and the minimax rate.
std::string reference_lines(EvaluationSummary const& summary, Settings const& settings) {
  Moments const& raw = summary.bayes_error_raw();
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

std::vector<std::string> detail_row(EvaluationSummary const& all, Evaluation const& table,
                                    std::size_t estimator) {
  EstimatorSummary const& summary = all[estimator];
  Detail const detail = detail_of(table, estimator);
  bool const is_reference = estimator == reference_of(table.estimators);
  std::vector<std::string> row{table.estimators[estimator],
                               signed_number(mean(summary, &Evaluation::excess_error), 9, 4)};
  for (double const value : detail.quantiles) row.push_back(number(value, 8, 3));
  row.push_back(is_reference ? "" : number(summary.wins.mean(), 9, 3));
  row.push_back(difference_text(detail.bootstrap, is_reference));
  row.push_back(number(mean(summary, &Evaluation::means_distance), 10, 4));
  row.push_back(number(mean(summary, &Evaluation::weights_distance), 10, 4));
  row.push_back(number(mean(summary, &Evaluation::covariances_distance), 12, 4));
  return row;
}

std::string detail_table(EvaluationSummary const& summary, Evaluation const& table) {
  std::vector<std::vector<std::string>> rows{detail_head};
  for (std::size_t e = 0; e < table.estimators.size(); ++e)
    rows.push_back(detail_row(summary, table, e));
  std::string text;
  for (std::string const& line : aligned(std::move(rows))) text += line + "\n";
  return text +
         "excess: error - that of the MAP rule; 10, 50, 90 %: quantiles of the error over tasks;\n"
         "wins: share of tasks with less error than " +
         table.estimators[reference_of(table.estimators)] +
         ", ties half; means, weights, covariances:\nsquared distances from the true ones, after "
         "the alignment of the labels\n";
}

std::string main_table(EvaluationSummary const& summary) {
  std::vector<std::vector<std::string>> rows{table_head};
  for (std::size_t e = 0; e < summary.estimators().size(); ++e)
    rows.push_back(table_row(summary, e));
  auto const lines = aligned(std::move(rows));
  std::string text = lines[0] + "\n";
  for (std::size_t e = 0; e < summary.estimators().size(); ++e) {
    std::string const status = status_text(summary[e], summary.status_names());
    text += lines[e + 1] + (status.empty() ? "" : "  " + status) + "\n";
  }
  return text;
}

/// table: for its details; none without.
std::string evaluation_text(EvaluationSummary const& summary, FileHeader const& header,
                            Evaluation const* table) {
  std::string text =
      "evaluated on " + std::to_string(summary.n_tasks()) +
      " tasks, the same for all\nerror: misclustering error; s.e.: standard error over tasks; "
      "difference: paired, error - that of " +
      summary.estimators()[reference_of(summary.estimators())] + ", with its 95 % interval\n\n" +
      main_table(summary);
  if (table) text += "\n" + detail_table(summary, *table);
  Settings const settings = parse_configuration(header.config_text, "the file's configuration", {});
  std::string const defaults = changed_estimator_defaults(settings);
  if (!defaults.empty()) text += "\nestimators that do not say otherwise have " + defaults + "\n";
  return text + "\n" + reference_lines(summary, settings);
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
  EvaluationSummary const all(table);
  for (std::size_t e = 0; e < table.estimators.size(); ++e) {
    EstimatorSummary const& summary = all[e];
    Detail const detail = detail_of(table, e);
    PairedDifference const difference = difference_of(summary.difference);
    text += header.run_id + "," + table.estimators[e] + "," + std::to_string(table.n_tasks());
    auto const append = [&](double value) {
      text += std::isnan(value) ? std::string(",") : format(",%.17g", value);
    };
    for (double const value : {difference.mean, difference.low, difference.high,
                               detail.bootstrap.low, detail.bootstrap.high, summary.wins.mean()})
      append(value);
    for (double const value : detail.quantiles) append(value);
    for (Moments const& metric : summary.metrics) {
      append(metric.mean());
      append(metric.standard_error());
    }
    append(iterations_mean(all, e));
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

std::optional<ClosedForms> closed_forms(TaskSettings const& task) {
  bool const are_there = task.means == MeansKind::simplex && task.weights == WeightsKind::equal &&
                         task.covariance == CovarianceKind::shared &&
                         task.noise == NoiseKind::gaussian && task.components.is_fixed();
  if (!are_there) return std::nullopt;
  return ClosedForms{simplex_bayes_error(task.components.low, task.separation),
                     minimax_rate(task.separation)};
}

namespace {

std::string title_of(RunRecord const& record) {
  return "run " + record.header.run_id + ": " + std::to_string(record.steps_done) + " of " +
         std::to_string(record.steps_total) + " training steps in " +
         format("%.1f s", record.training_seconds) + "\n";
}

std::string title_of(EvaluationRecord const& record) {
  return record.model ? "run " + record.model->run_id + " after " +
                            std::to_string(record.model->steps_done) + " training steps\n"
                      : "baselines\n";
}

}  // namespace

std::string report_table(RunRecord const& record, bool is_detailed) {
  if (!record.evaluation) return title_of(record) + "not evaluated yet: run it again to go on\n";
  Evaluation const& table = *record.evaluation;
  return title_of(record) +
         evaluation_text(EvaluationSummary(table), record.header, is_detailed ? &table : nullptr);
}

std::string report_table(EvaluationRecord const& record, bool is_detailed) {
  return title_of(record) + evaluation_text(EvaluationSummary(record.evaluation), record.header,
                                            is_detailed ? &record.evaluation : nullptr);
}

std::string report_table(RunRecord const& record, EvaluationSummary const& summary) {
  return title_of(record) + evaluation_text(summary, record.header, nullptr);
}

std::string report_table(EvaluationRecord const& record, EvaluationSummary const& summary) {
  return title_of(record) + evaluation_text(summary, record.header, nullptr);
}

std::string report_csv(RunRecord const& record) {
  return csv(record.evaluation ? &*record.evaluation : nullptr, record.header);
}

std::string report_csv(EvaluationRecord const& record) {
  return csv(&record.evaluation, record.header);
}

}  // namespace tvem
