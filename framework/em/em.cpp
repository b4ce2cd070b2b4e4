#include "tvem/em/em.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "tvem/core/error.hpp"
#include "tvem/core/math.hpp"
#include "tvem/em/nearest.hpp"
#include "tvem/em/starts.hpp"

namespace tvem {
namespace {

/// Responsibilities below this in sum leave a component without a mean of its own.
constexpr double dead_mass = 1e-10;

/// Buffers of an EM run, allocated once.
struct Workspace {
  std::vector<double> responsibility;                   // n x k
  std::vector<double> log_scale, half_precision, mass;  // k
  std::vector<double> log_density;                      // n, of the last E-step
};

void prepare_densities(Mixture const& mixture, Workspace& work) {
  auto const k = static_cast<std::size_t>(mixture.components());
  double const d = mixture.dim();
  work.log_scale.resize(k);
  work.half_precision.resize(k);
  for (std::size_t j = 0; j < k; ++j) {
    auto const index = static_cast<Eigen::Index>(j);
    double const weight = mixture.weights[index], variance = mixture.variances[index];
    work.log_scale[j] =
        weight > 0 ? portable_log(weight) - 0.5 * d * portable_log(2 * std::numbers::pi * variance)
                   : -std::numeric_limits<double>::infinity();
    work.half_precision[j] = 0.5 / variance;
  }
}

/// Turns the weighted log densities of a point into responsibilities; returns its log density.
double normalize(double* row, std::size_t k) {
  double largest = row[0];
  for (std::size_t j = 1; j < k; ++j) largest = row[j] > largest ? row[j] : largest;
  double sum = 0;
  for (std::size_t j = 0; j < k; ++j) sum += row[j] = portable_exp(row[j] - largest);
  for (std::size_t j = 0; j < k; ++j) row[j] /= sum;
  return largest + portable_log(sum);
}

/// The E-step: responsibilities of all points; returns the mean log-likelihood per point.
double expectation(RowMatrix const& points, Mixture const& mixture, Workspace& work) {
  auto const k = static_cast<std::size_t>(mixture.components());
  Eigen::Index const n = points.rows(), d = points.cols();
  prepare_densities(mixture, work);
  work.responsibility.resize(static_cast<std::size_t>(n) * k);
  work.log_density.resize(static_cast<std::size_t>(n));
  double log_density_sum = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    double const* x = points.data() + i * d;
    double* const row = work.responsibility.data() + static_cast<std::size_t>(i) * k;
    for (std::size_t j = 0; j < k; ++j) {
      double const* mu = mixture.means.data() + static_cast<Eigen::Index>(j) * d;
      double distance = 0;
      for (Eigen::Index c = 0; c < d; ++c) distance += (x[c] - mu[c]) * (x[c] - mu[c]);
      row[j] = work.log_scale[j] - work.half_precision[j] * distance;
    }
    double const log_density = normalize(row, k);
    log_density_sum += log_density;
    work.log_density[static_cast<std::size_t>(i)] = log_density;
  }
  return log_density_sum / static_cast<double>(n);
}

/// Means and masses that maximise the expected log-likelihood; components without mass keep theirs.
void maximize_means(RowMatrix const& points, Workspace& work, Mixture& mixture) {
  auto const k = static_cast<std::size_t>(mixture.components());
  Eigen::Index const n = points.rows(), d = points.cols();
  work.mass.assign(k, 0.0);
  for (Eigen::Index i = 0; i < n; ++i)
    for (std::size_t j = 0; j < k; ++j)
      work.mass[j] += work.responsibility[static_cast<std::size_t>(i) * k + j];
  for (std::size_t j = 0; j < k; ++j) {
    auto const index = static_cast<Eigen::Index>(j);
    bool const is_dead = work.mass[j] < dead_mass;
    mixture.weights[index] = is_dead ? 0.0 : work.mass[j] / static_cast<double>(n);
    if (is_dead) continue;
    for (Eigen::Index c = 0; c < d; ++c) {
      double sum = 0;
      for (Eigen::Index i = 0; i < n; ++i)
        sum += work.responsibility[static_cast<std::size_t>(i) * k + j] * points(i, c);
      mixture.means(index, c) = sum / work.mass[j];
    }
  }
}

/// sum_i r_ij |x_i - mu_j|^2 about the new mean.
double weighted_square_sum(RowMatrix const& points, Workspace const& work, Mixture const& mixture,
                           Eigen::Index j) {
  auto const k = static_cast<std::size_t>(mixture.components());
  Eigen::Index const d = points.cols();
  double sum = 0;
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    double distance = 0;
    for (Eigen::Index c = 0; c < d; ++c) {
      double const difference = points(i, c) - mixture.means(j, c);
      distance += difference * difference;
    }
    sum += work.responsibility[static_cast<std::size_t>(i) * k + static_cast<std::size_t>(j)] *
           distance;
  }
  return sum;
}

void maximize_variances(RowMatrix const& points, CovarianceKind covariance, double floor,
                        Workspace const& work, Mixture& mixture) {
  auto const d = static_cast<double>(points.cols());
  double total_square_sum = 0;
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    double const mass = work.mass[static_cast<std::size_t>(j)];
    double const square_sum = weighted_square_sum(points, work, mixture, j);
    total_square_sum += square_sum;
    if (covariance == CovarianceKind::spherical && mass >= dead_mass)
      mixture.variances[j] = std::fmax(square_sum / (mass * d), floor);
  }
  if (covariance != CovarianceKind::shared) return;
  double const variance =
      std::fmax(total_square_sum / (static_cast<double>(points.rows()) * d), floor);
  for (double& value : mixture.variances) value = variance;
}

double step(RowMatrix const& points, CovarianceKind covariance, double floor, Workspace& work,
            Mixture& mixture) {
  double const log_likelihood = expectation(points, mixture, work);
  maximize_means(points, work, mixture);
  maximize_variances(points, covariance, floor, work, mixture);
  return log_likelihood;
}

/// The point that the last E-step explained worst. It counts as taken, since components that start
/// from one point stay equal for ever.
Eigen::Index take_worst_point(Workspace& work) {
  auto const worst = std::min_element(work.log_density.begin(), work.log_density.end());
  *worst = std::numeric_limits<double>::infinity();
  return worst - work.log_density.begin();
}

/// Puts each dead component on a worst explained point of its own with the weight of one point and
/// the mean variance of the living. Returns how many there were.
int revive_dead(RowMatrix const& points, Workspace& work, Mixture& mixture) {
  int n_dead = 0, n_living = 0;
  double variance_sum = 0;
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    bool const is_dead = mixture.weights[j] == 0;
    n_dead += is_dead;
    n_living += !is_dead;
    if (!is_dead) variance_sum += mixture.variances[j];
  }
  if (n_dead == 0 || n_living == 0) return n_dead;
  double const weight = 1.0 / static_cast<double>(points.rows());
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    if (mixture.weights[j] > 0) continue;
    mixture.weights[j] = weight;
    mixture.means.row(j) = points.row(take_worst_point(work));
    mixture.variances[j] = variance_sum / n_living;
  }
  double total = 0;
  for (double const value : mixture.weights) total += value;
  for (double& value : mixture.weights) value /= total;
  return n_dead;
}

bool is_at_floor(Mixture const& mixture, double floor) {
  for (double const variance : mixture.variances)
    if (variance <= floor * (1 + 1e-9)) return true;
  return false;
}

/// The variance floor in the units of the points; positive even when all points are equal.
double absolute_floor(RowMatrix const& points, EmSettings const& settings) {
  return std::fmax(settings.variance_floor * mean_variance(points),
                   std::numeric_limits<double>::min() * 1e10);
}

FitStatus status_of(Fit const& fit, bool has_converged) {
  if (!std::isfinite(fit.log_likelihood)) return FitStatus::failed;
  if (fit.n_collapsed > 0) return FitStatus::collapsed;
  if (fit.n_dead > 0) return FitStatus::dead_component;
  return has_converged ? FitStatus::converged : FitStatus::not_converged;
}

/// Equal weights, the start's means, and the within-cluster variance of the points nearest to them.
Mixture starting_mixture(RowMatrix const& points, RowMatrix means, double floor) {
  NearestMeans nearest;
  nearest.assign(points, means);
  Eigen::Index const k = means.rows();
  Mixture mixture;
  mixture.weights = Eigen::VectorXd::Constant(k, 1.0 / static_cast<double>(k));
  mixture.variances =
      Eigen::VectorXd::Constant(k, std::fmax(within_variance(nearest, points.cols()), floor));
  mixture.means = std::move(means);
  return mixture;
}

}  // namespace

double mean_variance(RowMatrix const& points) {
  Eigen::Index const n = points.rows(), d = points.cols();
  double square_sum = 0;
  for (Eigen::Index c = 0; c < d; ++c) {
    double mean = 0;
    for (Eigen::Index i = 0; i < n; ++i) mean += points(i, c);
    mean /= static_cast<double>(n);
    for (Eigen::Index i = 0; i < n; ++i)
      square_sum += (points(i, c) - mean) * (points(i, c) - mean);
  }
  return square_sum / (static_cast<double>(n) * static_cast<double>(d));
}

double em_step(RowMatrix const& points, CovarianceKind covariance, double variance_floor,
               Mixture& mixture) {
  Workspace work;
  return step(points, covariance, variance_floor, work, mixture);
}

Fit em_from(RowMatrix const& points, Mixture start, EmSettings const& settings) {
  TVEM_CHECK(points.rows() > 0 && start.dim() == points.cols(), "points and start do not fit");
  double const floor = absolute_floor(points, settings);
  Workspace work;
  Fit fit;
  double previous = -std::numeric_limits<double>::infinity();
  bool has_converged = false;
  while (fit.iterations < settings.max_iterations && !has_converged) {
    double const log_likelihood = step(points, settings.covariance, floor, work, start);
    ++fit.iterations;
    int const n_dead = revive_dead(points, work, start);
    fit.n_dead += n_dead;
    has_converged = n_dead == 0 && log_likelihood - previous < settings.tolerance;
    previous = log_likelihood;
  }
  fit.total_iterations = fit.iterations;
  fit.n_collapsed = is_at_floor(start, floor);
  fit.labels = map_labels(start, points);
  fit.log_likelihood = fit.objective = mean_log_likelihood(start, points);
  fit.mixture = std::move(start);
  fit.status = status_of(fit, has_converged);
  return fit;
}

Fit em(RowMatrix const& points, int k, EmSettings const& settings, std::uint64_t seed,
       std::uint64_t task_id) {
  double const floor = absolute_floor(points, settings);
  return best_of_restarts(settings.restarts, [&](std::uint64_t restart) {
    RandomStream random(seed, Purpose::starts, task_id, restart);
    RowMatrix means = start_means(settings.start, points, k, random);
    return em_from(points, starting_mixture(points, std::move(means), floor), settings);
  });
}

}  // namespace tvem
