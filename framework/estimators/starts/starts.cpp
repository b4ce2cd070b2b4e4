#include "framework/estimators/starts/starts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "framework/core/error.hpp"
#include "framework/estimators/lloyd.hpp"
#include "framework/estimators/spectral.hpp"
#include "framework/estimators/starts/two_round.hpp"

namespace tvem {
namespace {

/// Position drawn with probability proportional to the weights; uniformly when all are 0.
Eigen::Index draw_proportional(std::vector<double> const& weights, RandomStream& random) {
  double total = 0;
  for (double const weight : weights) total += weight;
  Eigen::Index const last = weights.size() - 1;
  if (!(total > 0)) return random.integer(0, last);
  double remaining = random.uniform() * total;
  for (Eigen::Index i = 0; i < last; ++i) {
    remaining -= weights[i];
    if (remaining < 0) return i;
  }
  return last;
}

/// The number of points of each label, as weights, and their means; 0 for labels without points.
Mixture counts_and_means(RowMatrix const& points, std::vector<int> const& labels, int k) {
  Mixture mixture;
  mixture.weights = Eigen::VectorXd::Zero(k);
  mixture.means = RowMatrix::Zero(k, points.cols());
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    mixture.weights[labels[i]] += 1;
    mixture.means.row(labels[i]) += points.row(i);
  }
  for (Eigen::Index j = 0; j < k; ++j)
    if (mixture.weights[j] > 0) mixture.means.row(j) /= mixture.weights[j];
  return mixture;
}

}  // namespace

RowMatrix random_point_start(RowMatrix const& points, int k, RandomStream& random) {
  TVEM_CHECK(points.rows() > 0 && k > 0, "a start needs points and components");
  // The first k places of a Fisher-Yates shuffle; with fewer points than components they repeat.
  std::vector<Eigen::Index> order(points.rows());
  std::iota(order.begin(), order.end(), 0);
  RowMatrix means(k, points.cols());
  for (int j = 0; j < k; ++j) {
    Eigen::Index const place = j % points.rows();
    Eigen::Index const other = random.integer(place, points.rows() - 1);
    std::swap(order[place], order[other]);
    means.row(j) = points.row(order[place]);
  }
  return means;
}

RowMatrix kmeans_plus_plus_start(RowMatrix const& points, int k, RandomStream& random) {
  TVEM_CHECK(points.rows() > 0 && k > 0, "a start needs points and components");
  Eigen::Index const n = points.rows(), d = points.cols();
  RowMatrix means(k, d);
  means.row(0) = points.row(random.integer(0, n - 1));
  std::vector<double> nearest(n);
  for (int j = 1; j < k; ++j) {
    for (Eigen::Index i = 0; i < n; ++i) {
      double const distance = squared_distance(points.row(i).data(), means.row(j - 1).data(), d);
      nearest[i] = j == 1 ? distance : std::min(nearest[i], distance);
    }
    means.row(j) = points.row(draw_proportional(nearest, random));
  }
  return means;
}

RowMatrix start_means(StartKind kind, RowMatrix const& points, int k, RandomStream& random) {
  TVEM_CHECK(kind == StartKind::random || kind == StartKind::kmeans_plus_plus,
             "the start is not one of means alone");
  return kind == StartKind::random ? random_point_start(points, k, random)
                                   : kmeans_plus_plus_start(points, k, random);
}

namespace {

/// The first of the means that no other is closer to.
int nearest_mean(double const* point, RowMatrix const& means) {
  int nearest = 0;
  double best = 0;
  for (int j = 0; j < means.rows(); ++j) {
    double const distance = squared_distance(point, means.row(j).data(), means.cols());
    if (j > 0 && !(distance < best)) continue;
    best = distance;
    nearest = j;
  }
  return nearest;
}

}  // namespace

std::vector<int> nearest_labels(RowMatrix const& points, RowMatrix const& means) {
  std::vector<int> labels;
  for (Eigen::Index i = 0; i < points.rows(); ++i)
    labels.push_back(nearest_mean(points.row(i).data(), means));
  return labels;
}

Eigen::Index take_farthest(std::vector<double>& distances) {
  auto const farthest = std::max_element(distances.begin(), distances.end());
  *farthest = -1;
  return farthest - distances.begin();
}

Mixture mixture_of_labels(RowMatrix const& points, std::vector<int> const& labels, int k,
                          double floor) {
  Eigen::Index const n = points.rows(), d = points.cols();
  Mixture mixture = counts_and_means(points, labels, k);
  std::vector<double> distances;
  double square_sum = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    double const* const mean = mixture.means.row(labels[i]).data();
    distances.push_back(squared_distance(points.data() + i * d, mean, d));
    square_sum += distances.back();
  }
  for (Eigen::Index j = 0; j < k; ++j)
    if (!(mixture.weights[j] > 0)) mixture.means.row(j) = points.row(take_farthest(distances));
  mixture.weights /= as_real(n);
  mixture.variances =
      Eigen::VectorXd::Constant(k, std::max(square_sum / (as_real(n) * as_real(d)), floor));
  return mixture;
}

Mixture start_of_labels(RowMatrix const& points, std::vector<int> const& labels, int k,
                        double floor) {
  Mixture mixture = mixture_of_labels(points, labels, k, floor);
  double total = 0;
  for (double& weight : mixture.weights)
    total += weight = std::fmax(weight, 1.0 / as_real(points.rows()));
  for (double& weight : mixture.weights) weight /= total;
  return mixture;
}

Starts::Starts(RowMatrix const& points, int k, EmSettings const& settings, Knowledge const& known,
               double floor)
    : points_(points), k_(k), settings_(settings), known_(known), floor_(floor), passes_(points) {
  if (settings.start == StartKind::spectral) projected_ = spectral_projection(points, k);
}

RowMatrix Starts::means(RandomStream& random) {
  switch (settings_.start) {
    case StartKind::spectral: {
      RowMatrix const means = kmeans_plus_plus_start(projected_, k_, random);
      Fit const fit = lloyd_from(projected_, means, settings_);
      return mixture_of_labels(points_, fit.labels, k_, floor_).means;
    }
    case StartKind::two_round:
      return two_round_start(points_, k_, settings_, known_, floor_, passes_, random).means;
    case StartKind::guess:
      return mixture_of_labels(points_, known_.guess, k_, floor_).means;
    case StartKind::oracle:
      return known_.oracle.value().means;
    case StartKind::random:
    case StartKind::kmeans_plus_plus:
      break;
  }
  return start_means(settings_.start, points_, k_, random);
}

Mixture Starts::mixture(RandomStream& random) {
  Mixture mixture;
  if (settings_.start == StartKind::two_round) {
    mixture = two_round_start(points_, k_, settings_, known_, floor_, passes_, random);
  } else if (settings_.start == StartKind::guess) {
    mixture = start_of_labels(points_, known_.guess, k_, floor_);
  } else if (settings_.start == StartKind::oracle) {
    mixture = known_.oracle.value();
    mixture.noise = NoiseKind::gaussian;
  } else {
    mixture = from_means(means(random));
  }
  apply_known(known_, mixture);
  return mixture;
}

Mixture Starts::from_means(RowMatrix means) {
  passes_.nearest(means);
  double const n_values = as_real(points_.rows()) * as_real(points_.cols());
  Mixture mixture;
  mixture.weights = Eigen::VectorXd::Constant(k_, 1.0 / k_);
  mixture.variances =
      Eigen::VectorXd::Constant(k_, std::fmax(passes_.nearest_square_sum() / n_values, floor_));
  mixture.means = std::move(means);
  return mixture;
}

}  // namespace tvem
