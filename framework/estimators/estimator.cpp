#include "framework/estimators/estimator.hpp"

#include <cmath>
#include <limits>

#include "framework/core/error.hpp"
#include "framework/core/math.hpp"
#include "framework/core/random.hpp"
#include "framework/estimators/em.hpp"
#include "framework/estimators/gradient.hpp"
#include "framework/estimators/hartigan.hpp"
#include "framework/estimators/lloyd.hpp"
#include "framework/estimators/passes/scaling.hpp"
#include "framework/estimators/posterior/posterior.hpp"
#include "framework/estimators/spectral.hpp"
#include "framework/estimators/starts/initial_guess.hpp"

namespace tvem {
namespace {

Fit bayes(Task const& task) {
  Fit fit;
  fit.mixture = task.mixture;
  fit.labels = map_labels(task.mixture, task.points);
  fit.log_likelihood = fit.objective = mean_log_likelihood(task.mixture, task.points);
  return fit;
}

/// The MAP rule given the true mixture and the guess, whose labels are true with probability
/// 1 - corruption, and each other one with the same probability. It has labels alone.
Fit bayes_given_guess(Task const& task, double corruption, std::vector<int> const& guess) {
  int const k = task.components();
  double const log_true = portable_log(std::fmax(1 - corruption, 1e-300));
  double const log_other = portable_log(std::fmax(corruption / (k - 1), 1e-300));
  RowMatrix log_weights = weighted_log_densities(task.mixture, task.points);
  Fit fit;
  for (Eigen::Index i = 0; i < log_weights.rows(); ++i) {
    for (int j = 0; j < k; ++j) log_weights(i, j) += j == guess[i] ? log_true : log_other;
    Eigen::Index best = 0;
    log_weights.row(i).maxCoeff(&best);
    fit.labels.push_back(as_count(best));
  }
  fit.log_likelihood = std::numeric_limits<double>::quiet_NaN();
  return fit;
}

Fit chance(Task const& task, std::uint64_t seed) {
  RandomStream random(seed, Purpose::chance, task.id);
  Fit fit;
  for (int i = 0; i < task.n_points(); ++i)
    fit.labels.push_back(random.integer(0, task.components() - 1));
  fit.log_likelihood = std::numeric_limits<double>::quiet_NaN();
  return fit;
}

/// The second round of two-round EM is the last one: it has not failed to converge.
Fit two_round(RowMatrix const& points, int k, EmSettings const& settings, Restarts const& restarts,
              Knowledge const& known) {
  Fit fit = em(points, k, settings, restarts, known);
  if (fit.status == FitStatus::not_converged) fit.status = FitStatus::converged;
  return fit;
}

/// The fit of a method that knows the points and what it is granted, and nothing else.
Fit fit_of_points(EstimatorSpec const& spec, RowMatrix const& points, int k,
                  Restarts const& restarts, Knowledge const& known) {
  switch (spec.method) {
    case Method::em:
      return em(points, k, spec.em, restarts, known);
    case Method::two_round:
      return two_round(points, k, spec.em, restarts, known);
    case Method::gradient:
      return gradient_ascent(points, k, spec.em, restarts, known);
    case Method::lloyd:
      return lloyd(points, k, spec.em, restarts, known);
    case Method::hartigan:
      return hartigan(points, k, spec.em, restarts, known);
    case Method::spectral:
      return spectral(points, k, spec.em, restarts);
    case Method::posterior:
    case Method::bayes:
    case Method::bayes_guess:
    case Method::chance:
    case Method::external:
    case Method::transformer:
    case Method::transformer_em:
      break;
  }
  TVEM_CHECK(false, "the method needs more than points");
  return {};
}

}  // namespace

Fit run_baseline(EstimatorSpec const& spec, TaskSettings const& prior, InputSettings const& input,
                 Task const& task, Restarts const& restarts, Purpose purpose) {
  if (spec.method == Method::bayes) return bayes(task);
  if (spec.method == Method::chance) return chance(task, restarts.seed);
  TaskSettings const& of_family = family_of(prior, task.family);
  if (spec.method == Method::posterior) return posterior(task, of_family, spec.em, restarts.seed);
  auto const guess =
      spec.takes_guess() ? initial_guess(input, restarts.seed, purpose, task) : std::vector<int>{};
  if (spec.method == Method::bayes_guess) return bayes_given_guess(task, input.corruption, guess);
  Knowledge const known = knowledge_of(task, of_family, spec.em, guess);
  int const k = spec.em.components > 0 ? spec.em.components : task.components();
  return fit_in_ordinary_units(task.points, [&](RowMatrix const& points, Scaling const& scaling) {
    return fit_of_points(spec, points, k, restarts, scaling.from_points(known));
  });
}

}  // namespace tvem
