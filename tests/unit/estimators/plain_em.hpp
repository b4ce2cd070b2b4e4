#pragma once

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "framework/core/math.hpp"
#include "framework/estimators/em.hpp"

namespace tvem::test {

/// Responsibilities below this in sum leave a component without a mean of its own.
inline constexpr double dead_mass = 1e-10;

struct Workspace {
  std::vector<double> responsibility;                   // n x k
  std::vector<double> log_scale, half_precision, mass;  // k
  std::vector<double> log_density;                      // n, of the last E-step
};

inline void prepare_densities(Mixture const& mixture, Workspace& work) {
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
inline double normalize(double* row, std::size_t k) {
  double largest = row[0];
  for (std::size_t j = 1; j < k; ++j) largest = row[j] > largest ? row[j] : largest;
  double sum = 0;
  for (std::size_t j = 0; j < k; ++j) sum += row[j] = portable_exp(row[j] - largest);
  for (std::size_t j = 0; j < k; ++j) row[j] /= sum;
  return largest + portable_log(sum);
}

/// The E-step: responsibilities of all points; returns the mean log-likelihood per point.
inline double expectation(RowMatrix const& points, Mixture const& mixture, Workspace& work) {
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
inline void maximize_means(RowMatrix const& points, Workspace& work, Mixture& mixture) {
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
inline double weighted_square_sum(RowMatrix const& points, Workspace const& work,
                                  Mixture const& mixture, Eigen::Index j) {
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

inline void maximize_variances(RowMatrix const& points, CovarianceKind covariance, double floor,
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

/// An EM step in plain loops over points and components: what em_step must agree with.
inline double plain_em_step(RowMatrix const& points, CovarianceKind covariance, double floor,
                            Mixture& mixture) {
  Workspace work;
  double const log_likelihood = expectation(points, mixture, work);
  maximize_means(points, work, mixture);
  maximize_variances(points, covariance, floor, work, mixture);
  return log_likelihood;
}

}  // namespace tvem::test
