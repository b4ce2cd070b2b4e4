#include "experiments/report/control.hpp"

#include <cmath>

#include "experiments/report/formatting.hpp"
#include "framework/core/error.hpp"
#include "framework/core/random.hpp"
#include "framework/metrics/bayes.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem {
namespace {

/// Further tasks for each task of the evaluation: their mean then adds little to the standard
/// error.
constexpr std::int64_t tasks_a_task = 20;

/// Sums of squares and products about the means.
struct Scatter {
  double error_mean = 0, control_mean = 0;
  double error_square = 0, control_square = 0, product = 0;
};

Scatter scatter_of(std::span<double const> errors, std::span<double const> controls) {
  Scatter scatter{.error_mean = moments_of(errors).mean(),
                  .control_mean = moments_of(controls).mean()};
  for (std::size_t t = 0; t < errors.size(); ++t) {
    double const error = errors[t] - scatter.error_mean;
    double const control = controls[t] - scatter.control_mean;
    scatter.error_square += error * error;
    scatter.control_square += control * control;
    scatter.product += error * control;
  }
  return scatter;
}

}  // namespace

ExpectedBayesError expected_bayes_error(Settings const& settings, std::int64_t n_tasks) {
  if (auto const exact = closed_forms(settings.task)) return {exact->bayes_error, 0, true};
  TaskPrior const prior(settings.task);
  Task task;
  Moments errors;
  for (std::int64_t id = 0; id < n_tasks; ++id) {
    prior.sample(settings.eval.seed, Purpose::control_tasks, id, task);
    errors.add(labelled_error(task.labels, map_labels(task.mixture, task.points)));
  }
  return {errors.mean(), errors.standard_error()};
}

ControlledMean controlled_mean(std::span<double const> errors, std::span<double const> realised,
                               ExpectedBayesError const& expected) {
  TVEM_CHECK(errors.size() == realised.size() && errors.size() > 2,
             "two columns of the same tasks");
  double const n = as_real(std::ssize(errors));
  Scatter const scatter = scatter_of(errors, realised);
  double const b = scatter.control_square > 0 ? scatter.product / scatter.control_square : 0;
  double const rest = std::fmax(scatter.error_square - b * scatter.product, 0);
  return {.mean = scatter.error_mean - b * (scatter.control_mean - expected.mean),
          .standard_error = std::sqrt(rest / ((n - 2) * n) +
                                      b * b * expected.standard_error * expected.standard_error)};
}

std::string control_table(Evaluation const& table, Settings const& settings) {
  if (table.task_ids.size() < 3)
    throw ConfigurationError(fmt::format("--control needs at least 3 tasks, and eval.tasks was {}",
                                         table.task_ids.size()));
  std::int64_t const n_tasks = tasks_a_task * std::ssize(table.task_ids);
  ExpectedBayesError const expected = expected_bayes_error(settings, n_tasks);
  std::vector<std::vector<std::string>> rows{
      {"with the Bayes error as control variate", "error", "s.e.", "plain", "s.e."}};
  for (std::size_t e = 0; e < table.estimators.size(); ++e) {
    auto const errors = table.row(table.error, e);
    ControlledMean const controlled = controlled_mean(errors, table.bayes_error_raw, expected);
    Moments const plain = moments_of(errors);
    rows.push_back({table.estimators[e], number(controlled.mean, 4),
                    number(controlled.standard_error, 4), number(plain.mean(), 4),
                    number(plain.standard_error(), 4)});
  }
  return text_of_lines(aligned(rows)) +
         fmt::format("the Bayes error, labels as named, is {:.4f} on these tasks and {:.4f} {}\n",
                     moments_of(table.bayes_error_raw).mean(), expected.mean,
                     expected.is_exact ? "by its closed form"
                                       : fmt::format("on {} further ones, s.e. {:.5f}", n_tasks,
                                                     expected.standard_error));
}

}  // namespace tvem
