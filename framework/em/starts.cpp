#include "tvem/em/starts.hpp"

#include <vector>

#include "tvem/core/error.hpp"

namespace tvem {
namespace {

double squared_distance(double const* a, double const* b, Eigen::Index d) {
  double sum = 0;
  for (Eigen::Index c = 0; c < d; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return sum;
}

/// Position drawn with probability proportional to the weights; uniformly when all are 0.
Eigen::Index draw_proportional(std::vector<double> const& weights, RandomStream& random) {
  double total = 0;
  for (double const weight : weights) total += weight;
  auto const last = static_cast<Eigen::Index>(weights.size()) - 1;
  if (!(total > 0)) return random.integer(0, last);
  double remaining = random.uniform() * total;
  for (Eigen::Index i = 0; i < last; ++i) {
    remaining -= weights[static_cast<std::size_t>(i)];
    if (remaining < 0) return i;
  }
  return last;
}

}  // namespace

RowMatrix random_point_start(RowMatrix const& points, int k, RandomStream& random) {
  TVEM_CHECK(points.rows() > 0 && k > 0, "a start needs points and components");
  // The first k places of a Fisher-Yates shuffle; with fewer points than components they repeat.
  std::vector<Eigen::Index> order(static_cast<std::size_t>(points.rows()));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Eigen::Index>(i);
  RowMatrix means(k, points.cols());
  for (int j = 0; j < k; ++j) {
    std::size_t const place = static_cast<std::size_t>(j) % order.size();
    auto const other = static_cast<std::size_t>(random.integer(
        static_cast<std::int64_t>(place), static_cast<std::int64_t>(order.size()) - 1));
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
  std::vector<double> nearest(static_cast<std::size_t>(n));
  for (int j = 1; j < k; ++j) {
    for (Eigen::Index i = 0; i < n; ++i) {
      double const distance =
          squared_distance(points.data() + i * d, means.data() + (j - 1) * d, d);
      double& best = nearest[static_cast<std::size_t>(i)];
      if (j == 1 || distance < best) best = distance;
    }
    means.row(j) = points.row(draw_proportional(nearest, random));
  }
  return means;
}

RowMatrix start_means(StartKind kind, RowMatrix const& points, int k, RandomStream& random) {
  return kind == StartKind::random ? random_point_start(points, k, random)
                                   : kmeans_plus_plus_start(points, k, random);
}

}  // namespace tvem
