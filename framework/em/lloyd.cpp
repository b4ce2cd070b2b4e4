#include "tvem/em/lloyd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tvem/em/em.hpp"
#include "tvem/em/nearest.hpp"
#include "tvem/em/starts.hpp"

namespace tvem {
namespace {

/// Means of the clusters. An empty cluster takes the point farthest from its own mean; that point
/// counts as taken, so that two empty clusters take two points. Returns the number of empty
/// clusters.
int update_means(RowMatrix const& points, NearestMeans& nearest, RowMatrix& means) {
  Eigen::Index const d = points.cols(), k = means.rows();
  std::vector<int> counts(static_cast<std::size_t>(k), 0);
  RowMatrix sums = RowMatrix::Zero(k, d);
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    int const label = nearest.labels[static_cast<std::size_t>(i)];
    ++counts[static_cast<std::size_t>(label)];
    for (Eigen::Index c = 0; c < d; ++c) sums(label, c) += points(i, c);
  }
  int n_empty = 0;
  for (Eigen::Index j = 0; j < k; ++j) {
    int const count = counts[static_cast<std::size_t>(j)];
    if (count > 0) {
      for (Eigen::Index c = 0; c < d; ++c) means(j, c) = sums(j, c) / count;
      continue;
    }
    ++n_empty;
    auto& distances = nearest.squared_distances;
    auto const farthest = std::max_element(distances.begin(), distances.end());
    means.row(j) = points.row(farthest - distances.begin());
    *farthest = -1;
  }
  return n_empty;
}

/// What the labels say: shares, means, and the shared within-cluster variance, floored so that the
/// likelihood stays finite when every point is a mean.
Mixture mixture_of(RowMatrix const& points, NearestMeans const& nearest, RowMatrix const& means) {
  Mixture mixture;
  Eigen::Index const k = means.rows();
  mixture.means = means;
  mixture.weights = Eigen::VectorXd::Zero(k);
  for (int const label : nearest.labels)
    mixture.weights[label] += 1.0 / static_cast<double>(nearest.labels.size());
  double const floor = std::max(1e-12 * mean_variance(points), std::numeric_limits<double>::min());
  mixture.variances =
      Eigen::VectorXd::Constant(k, std::max(within_variance(nearest, points.cols()), floor));
  return mixture;
}

}  // namespace

Fit lloyd_from(RowMatrix const& points, RowMatrix means, int max_iterations) {
  NearestMeans nearest;
  nearest.assign(points, means);
  Fit fit;
  fit.status = FitStatus::not_converged;
  while (fit.iterations < max_iterations && fit.status == FitStatus::not_converged) {
    ++fit.iterations;
    int const n_empty = update_means(points, nearest, means);
    fit.n_dead += n_empty;
    bool const has_changed = nearest.assign(points, means);
    // Without any distance left, nothing improves: there are fewer different points than clusters.
    if (!has_changed && (n_empty == 0 || nearest.square_sum == 0))
      fit.status = FitStatus::converged;
  }
  if (fit.n_dead > 0) fit.status = FitStatus::dead_component;
  fit.total_iterations = fit.iterations;
  fit.labels = nearest.labels;
  fit.objective = -nearest.square_sum;
  fit.mixture = mixture_of(points, nearest, means);
  fit.log_likelihood = mean_log_likelihood(fit.mixture, points);
  if (!std::isfinite(fit.log_likelihood)) fit.status = FitStatus::failed;
  return fit;
}

Fit lloyd(RowMatrix const& points, int k, EmSettings const& settings, std::uint64_t seed,
          std::uint64_t task_id) {
  return best_of_restarts(settings.restarts, [&](std::uint64_t restart) {
    RandomStream random(seed, Purpose::starts, task_id, restart);
    return lloyd_from(points, start_means(settings.start, points, k, random),
                      settings.max_iterations);
  });
}

}  // namespace tvem
