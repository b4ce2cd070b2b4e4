#include "framework/estimators/lloyd.hpp"

#include <algorithm>
#include <cmath>

#include "framework/core/interruption.hpp"
#include "framework/estimators/em.hpp"
#include "framework/estimators/passes/point_passes.hpp"
#include "framework/estimators/starts/starts.hpp"

namespace tvem {
namespace {

/// Squared distance of each point from its label's mean.
std::vector<double> squared_distances(RowMatrix const& points, RowMatrix const& means,
                                      std::vector<int> const& labels) {
  std::vector<double> distances;
  for (Eigen::Index i = 0; i < points.rows(); ++i)
    distances.push_back((points.row(i) - means.row(labels[i])).squaredNorm());
  return distances;
}

/// Means of the labels of the last assignment. An empty cluster takes the point farthest from its
/// own mean. Returns the number of empty clusters.
template <class T>
int update_means(RowMatrix const& points, PointPasses<T> const& passes, RowMatrix& means) {
  int n_empty = 0;
  for (Eigen::Index j = 0; j < means.rows(); ++j) n_empty += passes.count(j) == 0;
  std::vector<double> distances;
  if (n_empty > 0) distances = squared_distances(points, means, passes.labels());
  for (Eigen::Index j = 0; j < means.rows(); ++j) {
    if (passes.count(j) > 0) {
      passes.label_mean(j, means.row(j).data());
      continue;
    }
    means.row(j) = points.row(take_farthest(distances));
  }
  return n_empty;
}

/// The mixture that the labels describe: shares, means and the shared within-cluster variance. The
/// floor keeps the likelihood finite when every point is a mean.
template <class T>
Mixture mixture_of(RowMatrix const& points, PointPasses<T> const& passes, RowMatrix const& means) {
  Mixture mixture;
  Eigen::Index const k = means.rows();
  double const n = as_real(points.rows()), d = as_real(points.cols());
  mixture.means = means;
  mixture.weights.resize(k);
  for (Eigen::Index j = 0; j < k; ++j) mixture.weights[j] = passes.count(j) / n;
  mixture.variances = Eigen::VectorXd::Constant(
      k, std::max(passes.nearest_square_sum() / (n * d), variance_floor(points, 1e-12)));
  return mixture;
}

template <class T>
Fit iterate(RowMatrix const& points, PointPasses<T>& passes, PointPasses<double>& verdict,
            RowMatrix means, EmSettings const& settings) {
  passes.nearest(means);
  Fit fit;
  auto const labels = [&] { return passes.labels(); };
  record(settings, std::nan(""), fit, labels);
  fit.status = FitStatus::not_converged;
  while (fit.iterations < settings.max_iterations && fit.status == FitStatus::not_converged) {
    leave_if_interrupted();
    ++fit.iterations;
    // Where no distance is left, nothing improves: there are at most as many different points as
    // clusters.
    bool const is_exact = passes.nearest_square_sum() == 0;
    int const n_empty = update_means(points, passes, means);
    fit.n_dead += n_empty;
    bool const has_changed = passes.nearest(means);
    record(settings, std::nan(""), fit, labels);
    if (is_exact || (!has_changed && (n_empty == 0 || passes.nearest_square_sum() == 0)))
      fit.status = FitStatus::converged;
  }
  double const square_sum = passes.nearest_square_sum();
  std::vector<int> assigned = passes.labels();
  Mixture mixture = mixture_of(points, passes, means);
  double const log_likelihood = verdict.expectation(mixture);
  complete(square_sum, std::move(assigned), std::move(mixture), log_likelihood, fit);
  return fit;
}

}  // namespace

Fit lloyd_from(RowMatrix const& points, RowMatrix means, EmSettings const& settings) {
  return with_passes(points, settings.precision, [&](auto& passes, auto& verdict) {
    return iterate(points, passes, verdict, std::move(means), settings);
  });
}

Fit lloyd(RowMatrix const& points, int k, EmSettings const& settings, Restarts const& restarts,
          Knowledge const& known) {
  Starts starts(points, k, settings, known, variance_floor(points, 1e-12));
  return with_passes(points, settings.precision, [&](auto& passes, auto& verdict) {
    return best_of_restarts(restarts, [&](RandomStream& random) {
      return iterate(points, passes, verdict, starts.means(random), settings);
    });
  });
}

}  // namespace tvem
