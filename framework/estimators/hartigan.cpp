#include "framework/estimators/hartigan.hpp"

#include <cmath>
#include <limits>

#include "framework/core/interruption.hpp"
#include "framework/estimators/em.hpp"
#include "framework/estimators/starts/starts.hpp"

namespace tvem {
namespace {

/// A partition of the points, with its means.
class Partition {
 public:
  Partition(RowMatrix const& points, std::vector<int> labels, int k)
      : points_(points),
        labels_(std::move(labels)),
        counts_(Eigen::VectorXd::Zero(k)),
        means_(RowMatrix::Zero(k, points.cols())) {
    for (Eigen::Index i = 0; i < points_.rows(); ++i) add(i, label(i));
  }

  /// Moves point i to the cluster where it costs least. Returns whether it moved.
  bool improve(Eigen::Index i) {
    int const from = label(i);
    if (counts_[from] <= 1) return false;
    double const loss = counts_[from] / (counts_[from] - 1) * square(i, from);
    int best = from;
    // A gain within rounding would let points go round in circles.
    double best_cost = loss * (1 - 1e-12);
    for (int to = 0; to < means_.rows(); ++to) {
      if (to == from) continue;
      double const cost = counts_[to] / (counts_[to] + 1) * square(i, to);
      if (!(cost < best_cost)) continue;
      best = to;
      best_cost = cost;
    }
    if (best == from) return false;
    counts_[from] -= 1;
    means_.row(from) -= (points_.row(i) - means_.row(from)) / counts_[from];
    labels_[i] = best;
    add(i, best);
    return true;
  }

  std::vector<int> const& labels() const { return labels_; }
  int n_empty() const { return as_count((counts_.array() == 0).count()); }

  double square_sum() const {
    double sum = 0;
    for (Eigen::Index i = 0; i < points_.rows(); ++i) sum += square(i, label(i));
    return sum;
  }

 private:
  int label(Eigen::Index i) const { return labels_[i]; }
  double square(Eigen::Index i, int j) const {
    return squared_distance(points_.row(i).data(), means_.row(j).data(), points_.cols());
  }
  void add(Eigen::Index i, int j) {
    counts_[j] += 1;
    means_.row(j) += (points_.row(i) - means_.row(j)) / counts_[j];
  }

  RowMatrix const& points_;
  std::vector<int> labels_;
  Eigen::VectorXd counts_;  // k
  RowMatrix means_;         // k x d
};

Fit iterate(RowMatrix const& points, RowMatrix const& means, EmSettings const& settings) {
  int const k = as_count(means.rows());
  Partition partition(points, nearest_labels(points, means), k);
  Fit fit;
  fit.status = FitStatus::not_converged;
  auto const labels = [&] { return partition.labels(); };
  record(settings, std::nan(""), fit, labels);
  while (fit.iterations < settings.max_iterations && fit.status == FitStatus::not_converged) {
    leave_if_interrupted();
    ++fit.iterations;
    bool has_moved = false;
    for (Eigen::Index i = 0; i < points.rows(); ++i) has_moved |= partition.improve(i);
    if (!has_moved) fit.status = FitStatus::converged;
    record(settings, std::nan(""), fit, labels);
  }
  fit.n_dead = partition.n_empty();
  Mixture const mixture =
      mixture_of_labels(points, partition.labels(), k, variance_floor(points, 1e-12));
  complete(partition.square_sum(), partition.labels(), mixture,
           mean_log_likelihood(mixture, points), fit);
  return fit;
}

}  // namespace

Fit hartigan(RowMatrix const& points, int k, EmSettings const& settings, Restarts const& restarts,
             Knowledge const& known) {
  Starts starts(points, k, settings, known, variance_floor(points, 1e-12));
  return best_of_restarts(restarts, [&](RandomStream& random) {
    return iterate(points, starts.means(random), settings);
  });
}

}  // namespace tvem
