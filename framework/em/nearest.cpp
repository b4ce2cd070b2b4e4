#include "tvem/em/nearest.hpp"

namespace tvem {

bool NearestMeans::assign(RowMatrix const& points, RowMatrix const& means) {
  Eigen::Index const n = points.rows(), d = points.cols(), k = means.rows();
  bool has_changed = labels.size() != static_cast<std::size_t>(n);
  labels.resize(static_cast<std::size_t>(n), -1);
  squared_distances.resize(static_cast<std::size_t>(n));
  square_sum = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    double const* x = points.data() + i * d;
    int best = 0;
    double smallest = 0;
    for (Eigen::Index j = 0; j < k; ++j) {
      double const* mu = means.data() + j * d;
      double distance = 0;
      for (Eigen::Index c = 0; c < d; ++c) distance += (x[c] - mu[c]) * (x[c] - mu[c]);
      if (j == 0 || distance < smallest) {
        smallest = distance;
        best = static_cast<int>(j);
      }
    }
    auto const row = static_cast<std::size_t>(i);
    has_changed = has_changed || labels[row] != best;
    labels[row] = best;
    squared_distances[row] = smallest;
    square_sum += smallest;
  }
  return has_changed;
}

double within_variance(NearestMeans const& nearest, Eigen::Index dim) {
  return nearest.square_sum /
         (static_cast<double>(nearest.labels.size()) * static_cast<double>(dim));
}

}  // namespace tvem
