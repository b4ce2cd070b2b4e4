#include "experiments/report/comparison.hpp"

#include "experiments/report/control.hpp"
#include "experiments/report/csv.hpp"
#include "experiments/report/formatting.hpp"
#include "experiments/report/latex.hpp"
#include "experiments/settings/configuration.hpp"
#include "experiments/settings/problems.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/metrics/bayes.hpp"
#include "framework/metrics/statistics.hpp"

namespace tvem {
namespace {

constexpr double quantile_levels[] = {0.1, 0.5, 0.9};
constexpr int n_resamples = 1000;

using Row = std::vector<std::string>;
using E = Evaluation;

double mean(EstimatorSummary const& summary, std::vector<double> Evaluation::*metric) {
  return summary[metric].mean();
}

/// The sum of a column of integers over the tasks, or its mean.
double total(EvaluationSummary const& all, std::size_t estimator, std::size_t column) {
  bool const is_mean = total_columns()[column]->total == Total::mean;
  return ratio(all[estimator].totals[column], is_mean ? all.n_tasks() : 1);
}

std::size_t place_of_total(std::vector<int> Evaluation::*member) {
  std::size_t i = 0;
  while (std::get<1>(total_columns()[i]->values) != member) ++i;
  return i;
}

/// Statistics that need all tasks of an estimator at once.
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

std::string difference_text(PairedDifference const& difference, bool is_reference) {
  return is_reference ? "" : difference_text(difference);
}

/// "em: 12 not_converged, 3 collapsed restarts": counts of all that did not simply converge; empty
/// without any.
std::string status_text(EvaluationSummary const& all, std::size_t estimator) {
  EstimatorSummary const& summary = all[estimator];
  Row texts;
  auto const append = [&](std::int64_t count, std::string const& what) {
    if (count > 0) texts.push_back(fmt::format("{} {}", count, what));
  };
  for (std::size_t s = 1; s < all.status_names().size(); ++s)
    append(summary.status_counts[s], all.status_names()[s]);
  append(summary.totals[place_of_total(&E::collapsed_restarts)], "collapsed restarts");
  append(summary.totals[place_of_total(&E::dead_components)], "dead components revived");
  return texts.empty() ? "" : fmt::format("{}: {}\n", all.estimators()[estimator], joined(texts));
}

Row const table_head{"estimator", "error",    "s.e.",    "difference", "ARI",
                     "loglik",    "held-out", "ms/task", "iter."};

Row table_row(EvaluationSummary const& all, std::size_t estimator) {
  EstimatorSummary const& summary = all[estimator];
  bool const is_reference = estimator == reference_of(all.estimators());
  return {all.estimators()[estimator],
          number(mean(summary, &E::error), 4),
          number(summary[&E::error].standard_error(), 4),
          difference_text(difference_of(summary.difference), is_reference),
          number(mean(summary, &E::ari), 3),
          number(mean(summary, &E::log_likelihood), 3),
          number(mean(summary, &E::held_out_log_likelihood), 3),
          number(1e3 * mean(summary, &E::seconds), 3),
          number(total(all, estimator, place_of_total(&E::iterations)), 1)};
}

/// The comparison: the head, and a row for each estimator.
std::vector<Row> main_rows(EvaluationSummary const& all) {
  std::vector<Row> rows{table_head};
  for (std::size_t e = 0; e < all.estimators().size(); ++e) rows.push_back(table_row(all, e));
  return rows;
}

template <class RowOf>
std::string table_text(Row const& head, std::size_t n_estimators, RowOf const& row_of) {
  std::vector<Row> rows{head};
  for (std::size_t e = 0; e < n_estimators; ++e) rows.push_back(row_of(e));
  return text_of_lines(aligned(rows));
}

/// How far the other estimators are above the posterior optimum; empty without `posterior`.
std::string optimum_table(EvaluationSummary const& all) {
  auto const optimum = posterior_of(all.estimators());
  if (!optimum) return "";
  std::vector<Row> rows{{"above the posterior optimum", "paired difference, 95 % interval"}};
  for (std::size_t e = 0; e < all.estimators().size(); ++e)
    if (e != *optimum)
      rows.push_back({all.estimators()[e], difference_text(difference_of(all[e].above_posterior))});
  return "\n" + text_of_lines(aligned(rows));
}

std::string main_table(EvaluationSummary const& summary) {
  std::string notes;
  for (std::size_t e = 0; e < summary.estimators().size(); ++e) notes += status_text(summary, e);
  return text_of_lines(aligned(main_rows(summary))) + optimum_table(summary) +
         (notes.empty() ? "" : "\n" + notes);
}

Row const detail_head{"estimator", "excess", "NMI",  "10 %",
                      "50 %",      "90 %",   "wins", "difference, bootstrap"};

Row detail_row(EvaluationSummary const& all, Evaluation const& table, std::size_t estimator) {
  EstimatorSummary const& summary = all[estimator];
  Detail const detail = detail_of(table, estimator);
  bool const is_reference = estimator == reference_of(table.estimators);
  Row row{table.estimators[estimator], signed_number(mean(summary, &E::excess_error), 4),
          number(mean(summary, &E::nmi), 3)};
  for (double const value : detail.quantiles) row.push_back(number(value, 3));
  row.push_back(is_reference ? "" : number(summary.wins.mean(), 3));
  row.push_back(difference_text(detail.bootstrap, is_reference));
  return row;
}

Row const distances_head{"squared distances", "means",   "weights",    "covariances",
                         "matched: means",    "weights", "covariances"};

Row distances_row(EvaluationSummary const& all, std::size_t estimator) {
  Row row{all.estimators()[estimator]};
  for (auto const distance :
       {&E::means_distance, &E::weights_distance, &E::covariances_distance,
        &E::matched_means_distance, &E::matched_weights_distance, &E::matched_covariances_distance})
    row.push_back(number(mean(all[estimator], distance), 4));
  return row;
}

/// Distances of parameters from the true ones, aligned in two ways.
std::string distances_table(EvaluationSummary const& all) {
  return "\n" +
         table_text(distances_head, all.estimators().size(),
                    [&](std::size_t e) { return distances_row(all, e); }) +
         "components are aligned as the labels are; matched: so that the means are nearest\n";
}

/// A mean for each family; empty where there is only one.
std::string family_table(EvaluationSummary const& all, std::string const& title,
                         std::vector<Moments> EstimatorSummary::*of_families) {
  if (all.family_names().size() < 2) return "";
  Row head{title + " by family"};
  head.insert(head.end(), all.family_names().begin(), all.family_names().end());
  auto const row_of = [&](std::size_t estimator) {
    Row row{all.estimators()[estimator]};
    for (Moments const& moments : all[estimator].*of_families)
      row.push_back(
          fmt::format("{} ({})", number(moments.mean(), 4), number(moments.standard_error(), 4)));
    return row;
  };
  return "\n" + table_text(head, all.estimators().size(), row_of);
}

/// How many points each estimator labels otherwise than eval.reference; empty without one.
std::string disagreement_table(EvaluationSummary const& all, std::string const& reference) {
  if (all[0][&E::disagreement].count == 0) return "";
  Row const head{"disagreement with " + reference, "share of points", "s.e."};
  auto const row_of = [&](std::size_t estimator) {
    Moments const& disagreement = all[estimator][&E::disagreement];
    return Row{all.estimators()[estimator], number(disagreement.mean(), 4),
               number(disagreement.standard_error(), 4)};
  };
  return "\n" + table_text(head, all.estimators().size(), row_of) +
         family_table(all, "disagreement", &EstimatorSummary::disagreement_of_families);
}

std::string detail_table(EvaluationSummary const& summary, Evaluation const& table) {
  return table_text(detail_head, table.estimators.size(),
                    [&](std::size_t e) { return detail_row(summary, table, e); }) +
         fmt::format(
             "excess: error - that of the MAP rule; 10, 50, 90 %: quantiles of the error over "
             "tasks;\nwins: share of tasks with less error than {}, ties half\n",
             table.estimators[reference_of(table.estimators)]) +
         distances_table(summary) +
         family_table(summary, "error", &EstimatorSummary::error_of_families);
}

/// The Bayes error with labels as named. Where it has a closed form, also that and the minimax
/// rate.
std::string reference_lines(EvaluationSummary const& summary, Settings const& settings) {
  Moments const& raw = summary.bayes_error_raw();
  std::string const text =
      fmt::format("Bayes error with labels as named (no permutation): {:.4f}, s.e. {:.4f}\n",
                  raw.mean(), raw.standard_error());
  auto const exact = closed_forms(settings.task);
  if (!exact) return text;
  return text +
         fmt::format(
             "its closed form for equidistant means: {:.4f}; minimax rate exp(-Delta^2 / 8): "
             "{:.4f}\n",
             exact->bayes_error, exact->minimax_rate);
}

// ---- comma-separated values

Row csv_header(Evaluation const* table) {
  Row header = split(
      "run_id,estimator,tasks,difference_mean,difference_low,difference_high,bootstrap_low,"
      "bootstrap_high,win_rate,error_quantile_10,error_quantile_50,error_quantile_90,"
      "above_posterior_mean,above_posterior_standard_error",
      ',');
  for (EvaluationMetric const& metric : evaluation_metrics)
    for (auto const* end : {"_mean", "_standard_error"})
      header.push_back(std::string(metric.name) + end);
  for (EvaluationColumn const* const column : total_columns())
    header.push_back(std::string(column->name) + (column->total == Total::mean ? "_mean" : ""));
  if (table)
    for (auto const& name : table->status_names) header.push_back("n_" + name);
  return header;
}

void add_csv_row(EvaluationSummary const& all, Evaluation const& table, std::size_t estimator,
                 CsvWriter& csv) {
  EstimatorSummary const& summary = all[estimator];
  Detail const detail = detail_of(table, estimator);
  PairedDifference const difference = difference_of(summary.difference);
  std::vector<double> values{difference.mean,      difference.low,        difference.high,
                             detail.bootstrap.low, detail.bootstrap.high, summary.wins.mean()};
  values.insert(values.end(), detail.quantiles.begin(), detail.quantiles.end());
  values.push_back(summary.above_posterior.mean());
  values.push_back(summary.above_posterior.standard_error());
  csv.add(std::ssize(table.task_ids));
  for (double const value : values) csv.add(value);
  for (Moments const& metric : summary.metrics) {
    csv.add(metric.mean());
    csv.add(metric.standard_error());
  }
  for (std::size_t i = 0; i < total_columns().size(); ++i) csv.add(total(all, estimator, i));
  for (int const count : summary.status_counts) csv.add(std::int64_t{count});
  csv.end_row();
}

std::string latex_text(Evaluation const* table, FileHeader const& header) {
  if (!table)
    throw ConfigurationError(header.run_id + " is not evaluated yet: run it again to go on");
  EvaluationSummary const summary(*table);
  std::string const& reference = summary.estimators()[reference_of(summary.estimators())];
  return latex_table(
      main_rows(summary), 1,
      {fmt::format("{}, by tvem {}: {} tasks, the same for all", header.run_id,
                   header.provenance.back().program_version, summary.n_tasks()),
       fmt::format("difference: paired, error - that of {}, with its 95 % interval over tasks",
                   reference),
       "it needs \\usepackage{booktabs}"});
}

std::string csv_text(Evaluation const* table, FileHeader const& header) {
  CsvWriter csv(csv_header(table));
  if (!table) return csv.text();
  EvaluationSummary const all(*table);
  for (std::size_t e = 0; e < table->estimators.size(); ++e) {
    csv.add(header.run_id);
    csv.add(table->estimators[e]);
    add_csv_row(all, *table, e, csv);
  }
  return csv.text();
}

}  // namespace

std::string title_of(RunRecord const& record) {
  auto const& clipped = record.steps_clipped;
  return fmt::format("run {}: {} of {} training steps in {:.1f} s{}\n", record.header.run_id,
                     record.steps_done, record.steps_total, record.training_seconds,
                     clipped ? fmt::format("; gradient clipped in {} of them", *clipped) : "");
}

std::string title_of(EvaluationRecord const& record) {
  std::string const tasks =
      record.tasks ? fmt::format(", on the tasks of {}", record.tasks->path) : "";
  if (!record.model) return fmt::format("baselines{}\n", tasks);
  return fmt::format("run {} after {} training steps{}\n", record.model->run_id,
                     record.model->steps_done, tasks);
}

std::string evaluation_text(EvaluationSummary const& summary, FileHeader const& header,
                            Evaluation const* table, ReportParts parts) {
  std::string const& reference = summary.estimators()[reference_of(summary.estimators())];
  std::string text = fmt::format(
      "evaluated on {} tasks, the same for all\nerror: misclustering error; s.e.: standard error "
      "over tasks;\ndifference: paired, error - that of {}, with its 95 % interval over "
      "tasks{}\n\n{}",
      summary.n_tasks(), reference,
      reference.starts_with("transformer") ? ", for this training" : "", main_table(summary));
  Settings const settings =
      parse_settings(with_first_defaults(header.config_text), "the file's configuration", {});
  text += disagreement_table(summary, settings.eval.reference);
  if (table && parts.has_detail) text += "\n" + detail_table(summary, *table);
  if (table && parts.has_control) text += "\n" + control_table(*table, settings);
  std::string const defaults = changed_estimator_defaults(settings);
  if (!defaults.empty())
    text += fmt::format("\nestimators that do not say otherwise have {}\n", defaults);
  return text + "\n" + reference_lines(summary, settings);
}

std::string report_table(RunRecord const& record, ReportParts parts) {
  if (!record.evaluation) return title_of(record) + "not evaluated yet: run it again to go on\n";
  Evaluation const& table = *record.evaluation;
  return title_of(record) + evaluation_text(EvaluationSummary(table), record.header, &table, parts);
}

std::string report_table(EvaluationRecord const& record, ReportParts parts) {
  return title_of(record) + evaluation_text(EvaluationSummary(record.evaluation), record.header,
                                            &record.evaluation, parts);
}

std::string report_csv(RunRecord const& record) {
  return csv_text(record.evaluation ? &*record.evaluation : nullptr, record.header);
}

std::string report_csv(EvaluationRecord const& record) {
  return csv_text(&record.evaluation, record.header);
}

std::string report_latex(RunRecord const& record) {
  return latex_text(record.evaluation ? &*record.evaluation : nullptr, record.header);
}

std::string report_latex(EvaluationRecord const& record) {
  return latex_text(&record.evaluation, record.header);
}

}  // namespace tvem
