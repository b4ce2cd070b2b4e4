#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <vector>

#include "tvem/metrics/statistics.hpp"

namespace tvem {
namespace {

/// One estimator's summary over the tasks.
struct Summary {
  std::string estimator;
  Moments error, ari, nmi, log_likelihood, seconds;
  double iterations_mean = 0;
  PairedDifference difference{};   // its error - the reference's
  std::vector<int> status_counts;  // by status
  int collapsed_restarts = 0, dead_components = 0;
};

/// The method that the others are compared with: the Transformer where there is one.
std::size_t reference_of(Evaluation const& table) {
  auto const found = std::find(table.estimators.begin(), table.estimators.end(), "transformer");
  return found == table.estimators.end()
             ? 0
             : static_cast<std::size_t>(found - table.estimators.begin());
}

std::vector<Summary> summaries_of(Evaluation const& table) {
  std::vector<Summary> summaries;
  auto const reference = table.row(table.error, reference_of(table));
  for (std::size_t e = 0; e < table.estimators.size(); ++e) {
    auto const error = table.row(table.error, e);
    auto const total = [&](std::vector<int> const& counts) {
      auto const row = table.row(counts, e);
      return std::accumulate(row.begin(), row.end(), 0);
    };
    Summary summary{
        .estimator = table.estimators[e],
        .error = moments_of(error),
        .ari = moments_of(table.row(table.ari, e)),
        .nmi = moments_of(table.row(table.nmi, e)),
        .log_likelihood = moments_of(table.row(table.log_likelihood, e)),
        .seconds = moments_of(table.row(table.seconds, e)),
        .iterations_mean = total(table.iterations) / static_cast<double>(table.n_tasks()),
        .difference = paired_difference(error, reference),
        .status_counts = std::vector<int>(table.status_names.size()),
        .collapsed_restarts = total(table.collapsed_restarts),
        .dead_components = total(table.dead_components)};
    for (int const status : table.row(table.status, e))
      ++summary.status_counts[static_cast<std::size_t>(status)];
    summaries.push_back(std::move(summary));
  }
  return summaries;
}

template <class... Values>
std::string format(char const* pattern, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

/// A number to `decimals` places, or a dash where there is none.
std::string number(double value, int width, int decimals) {
  return std::isnan(value) ? format("%*s", width, "-") : format("%*.*f", width, decimals, value);
}

/// "12 not_converged, 3 collapsed restarts": every task that did not simply converge, and what
/// happened on the way.
std::string status_text(Summary const& summary, std::vector<std::string> const& names) {
  std::string text;
  auto const append = [&](int count, std::string const& what) {
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  };
  for (std::size_t s = 1; s < names.size(); ++s) append(summary.status_counts[s], names[s]);
  append(summary.collapsed_restarts, "collapsed restarts");
  append(summary.dead_components, "dead components revived");
  return text;
}

std::string table_row(Summary const& summary, Evaluation const& table, bool is_reference,
                      int name_width) {
  std::string row = format("%-*s", name_width, summary.estimator.c_str()) +
                    number(summary.error.mean(), 9, 4) +
                    number(summary.error.standard_error(), 8, 4);
  row += is_reference ? format("%27s", "")
                      : format("%+10.4f [%+.4f, %+.4f]", summary.difference.mean,
                               summary.difference.low, summary.difference.high);
  row += number(summary.ari.mean(), 8, 3) + number(summary.nmi.mean(), 8, 3) +
         number(summary.log_likelihood.mean(), 10, 3) +
         number(1e3 * summary.seconds.mean(), 10, 3) + number(summary.iterations_mean, 8, 1);
  std::string const status = status_text(summary, table.status_names);
  return row + (status.empty() ? "" : "  " + status) + "\n";
}

}  // namespace

std::string report_table(RunRecord const& record) {
  std::string text = "run " + record.header.run_id + ": " + std::to_string(record.steps_done) +
                     " of " + std::to_string(record.steps_total) + " training steps in " +
                     format("%.1f s", record.training_seconds) + "\n";
  if (!record.evaluation) return text + "not evaluated yet: run it again to go on\n";
  Evaluation const& table = *record.evaluation;
  auto const summaries = summaries_of(table);
  std::size_t const reference = reference_of(table);
  std::size_t name_width = 9;
  for (auto const& name : table.estimators) name_width = std::max(name_width, name.size());
  int const width = static_cast<int>(name_width);
  text += "evaluated on " + std::to_string(table.n_tasks()) +
          " tasks, the same for all\nerror: misclustering error; s.e.: standard error over tasks; "
          "difference: paired, error - that of " +
          table.estimators[reference] + ", with its 95 % interval\n\n";
  text += format("%-*s%9s%8s%27s%8s%8s%10s%10s%8s\n", width, "estimator", "error", "s.e.",
                 "difference", "ARI", "NMI", "log-lik.", "ms/task", "iter.");
  for (std::size_t e = 0; e < summaries.size(); ++e)
    text += table_row(summaries[e], table, e == reference, width);
  Moments const raw = moments_of(table.bayes_error_raw);
  return text + "\n" +
         format("Bayes error with labels as named (no permutation): %.4f, s.e. %.4f\n", raw.mean(),
                raw.standard_error());
}

std::string report_csv(RunRecord const& record) {
  std::string text =
      "run_id,estimator,tasks,error_mean,error_standard_error,difference_mean,difference_low,"
      "difference_high,ari_mean,nmi_mean,log_likelihood_mean,seconds_mean,iterations_mean";
  if (!record.evaluation) return text + "\n";
  Evaluation const& table = *record.evaluation;
  for (auto const& name : table.status_names) text += ",n_" + name;
  text += ",collapsed_restarts,dead_components";
  text += "\n";
  for (Summary const& summary : summaries_of(table)) {
    text += record.header.run_id + "," + summary.estimator + "," + std::to_string(table.n_tasks());
    for (double const value :
         {summary.error.mean(), summary.error.standard_error(), summary.difference.mean,
          summary.difference.low, summary.difference.high, summary.ari.mean(), summary.nmi.mean(),
          summary.log_likelihood.mean(), summary.seconds.mean(), summary.iterations_mean})
      text += std::isnan(value) ? std::string(",") : format(",%.17g", value);
    for (int const count : summary.status_counts) text += "," + std::to_string(count);
    text += "," + std::to_string(summary.collapsed_restarts) + "," +
            std::to_string(summary.dead_components);
    text += "\n";
  }
  return text;
}

}  // namespace tvem
