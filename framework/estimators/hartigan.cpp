#include "framework/estimators/hartigan.hpp"

#include <cmath>
#include <limits>

#include "framework/core/interruption.hpp"
#include "framework/estimators/em.hpp"
#include "framework/estimators/starts/starts.hpp"

namespace tvem {
namespace {

/// A partition of the points that knows its means.
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
    double const loss = counts_[from] / (counts_[from] - 1) * squared_distance(i, from);
    int best = from;
    // A gain within rounding would let points go round in circles.
    double best_cost = loss * (1 - 1e-12);
    for (int to = 0; to < static_cast<int>(means_.rows()); ++to) {
      if (to == from) continue;
      double const cost = counts_[to] / (counts_[to] + 1) * squared_distance(i, to);
      if (!(cost < best_cost)) continue;
      best = to;
      best_cost = cost;
    }
    if (best == from) return false;
    counts_[from] -= 1;
    means_.row(from) -= (points_.row(i) - means_.row(from)) / counts_[from];
    labels_[static_cast<std::size_t>(i)] = best;
    add(i, best);
    return true;
  }

  std::vector<int> const& labels() const { return labels_; }
  int n_empty() const { return static_cast<int>((counts_.array() == 0).count()); }

  double square_sum() const {
    double sum = 0;
    for (Eigen::Index i = 0; i < points_.rows(); ++i) sum += squared_distance(i, label(i));
    return sum;
  }

 private:
  int label(Eigen::Index i) const { return labels_[static_cast<std::size_t>(i)]; }
  double squared_distance(Eigen::Index i, int j) const {
    double sum = 0;
    for (Eigen::Index c = 0; c < points_.cols(); ++c)
      sum += (points_(i, c) - means_(j, c)) * (points_(i, c) - means_(j, c));
    return sum;
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
  int const k = static_cast<int>(means.rows());
  Partition partition(points, nearest_labels(points, means), k);
  Fit fit;
  fit.status = FitStatus::not_converged;
  record(
      settings, [&] { return partition.labels(); }, std::nan(""), fit);
  while (fit.iterations < settings.max_iterations && fit.status == FitStatus::not_converged) {
    leave_if_interrupted();
    ++fit.iterations;
    bool has_moved = false;
    for (Eigen::Index i = 0; i < points.rows(); ++i) has_moved |= partition.improve(i);
    if (!has_moved) fit.status = FitStatus::converged;
    record(
        settings, [&] { return partition.labels(); }, std::nan(""), fit);
  }
  fit.n_dead = partition.n_empty();
  if (fit.n_dead > 0) fit.status = FitStatus::dead_component;
  fit.total_iterations = fit.iterations;
  fit.objective = -partition.square_sum();
  fit.labels = partition.labels();
  fit.mixture = mixture_of_labels(points, fit.labels, k, variance_floor(points, 1e-12));
  fit.log_likelihood = mean_log_likelihood(fit.mixture, points);
  if (!std::isfinite(fit.log_likelihood)) fit.status = FitStatus::failed;
  return fit;
}

}  // namespace

Fit hartigan(RowMatrix const& points, int k, EmSettings const& settings,
             InstructionSet instruction_set, Restarts const& restarts, Knowledge const& known) {
  Starts starts(points, k, settings, known, variance_floor(points, 1e-12), instruction_set);
  return best_of_restarts(restarts, [&](RandomStream& random) {
    return iterate(points, starts.means(random), settings);
  });
}

}  // namespace tvem
