#include "framework/estimators/starts/two_round.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "framework/core/math.hpp"
#include "framework/estimators/em.hpp"
#include "framework/estimators/passes/maximization.hpp"
#include "framework/estimators/starts/starts.hpp"

namespace tvem {
namespace {

int n_centres(int k, int n, int requested) {
  int const automatic = as_count(whole_part(std::ceil(4 * k * portable_log(2 * k))));
  return std::max(k, std::min(requested > 0 ? requested : automatic, n));
}

/// The smallest squared distance of two centres; infinite for one centre.
double smallest_squared_distance(RowMatrix const& centres) {
  double smallest = std::numeric_limits<double>::infinity();
  for (Eigen::Index a = 0; a < centres.rows(); ++a)
    for (Eigen::Index b = 0; b < a; ++b)
      smallest = std::min(smallest, (centres.row(a) - centres.row(b)).squaredNorm());
  return smallest;
}

/// The variance that all components are known to share, of a matrix the mean one; 0 when it is not
/// known.
double known_variance(Knowledge const& known) {
  if (known.variances.size() > 0) return known.variances[0];
  if (known.factors.size() == 0) return 0;
  Eigen::Index const d = known.factors.cols();
  return known.factors.topRows(d).squaredNorm() / as_real(d);
}

/// Components of at least a quarter of an equal weight, or the k heaviest when there are fewer, the
/// heaviest first.
std::vector<Eigen::Index> heavy_components(Mixture const& mixture, int k) {
  std::vector<Eigen::Index> heavy;
  for (Eigen::Index j = 0; j < mixture.components(); ++j) heavy.push_back(j);
  std::stable_sort(heavy.begin(), heavy.end(), [&](Eigen::Index a, Eigen::Index b) {
    return mixture.weights[a] > mixture.weights[b];
  });
  double const limit = 0.25 / mixture.components();
  while (count_of(heavy) > k && mixture.weights[heavy.back()] < limit) heavy.pop_back();
  return heavy;
}

/// Squared distance of two means in units of the sum of their standard deviations.
double separation(Mixture const& mixture, Eigen::Index a, Eigen::Index b) {
  double const scale = std::sqrt(mixture.variances[a]) + std::sqrt(mixture.variances[b]);
  return (mixture.means.row(a) - mixture.means.row(b)).squaredNorm() / (scale * scale);
}

/// The smallest separation of a component from the chosen ones.
double separation_from(Mixture const& mixture, Eigen::Index component,
                       std::vector<Eigen::Index> const& chosen) {
  double nearest = std::numeric_limits<double>::infinity();
  for (Eigen::Index const j : chosen)
    nearest = std::min(nearest, separation(mixture, component, j));
  return nearest;
}

/// k of the candidates, each next one the farthest from those before.
std::vector<Eigen::Index> farthest_first(Mixture const& mixture,
                                         std::vector<Eigen::Index> const& candidates, int k) {
  std::vector<Eigen::Index> chosen{candidates[0]};
  while (count_of(chosen) < k) {
    Eigen::Index farthest = -1;
    double largest = -1;
    for (Eigen::Index const candidate : candidates) {
      if (std::find(chosen.begin(), chosen.end(), candidate) != chosen.end()) continue;
      double const nearest = separation_from(mixture, candidate, chosen);
      if (farthest >= 0 && !(nearest > largest)) continue;
      largest = nearest;
      farthest = candidate;
    }
    chosen.push_back(farthest);
  }
  return chosen;
}

/// The variance that the distances of the centres suggest.
double suggested_variance(RowMatrix const& points, RowMatrix const& centres, double floor) {
  double const suggested = smallest_squared_distance(centres) / (2 * as_real(points.cols()));
  return std::fmax(std::isfinite(suggested) ? suggested : mean_variance(points), floor);
}

/// `count` random centres after one step of EM.
Mixture first_round(RowMatrix const& points, int count, EmSettings const& settings,
                    Knowledge const& known, double floor, PointPasses<double>& passes,
                    RandomStream& random) {
  Mixture many;
  many.weights = Eigen::VectorXd::Constant(count, 1.0 / count);
  many.means = random_point_start(points, count, random);
  Knowledge variance;
  if (known.has_covariances())
    variance.variances = Eigen::VectorXd::Constant(count, known_variance(known));
  many.variances =
      known.has_covariances()
          ? variance.variances
          : Eigen::VectorXd::Constant(count, suggested_variance(points, many.means, floor));
  auto const covariance = settings.covariance == CovarianceKind::shared ? CovarianceKind::shared
                                                                        : CovarianceKind::spherical;
  maximize(passes, {.covariance = covariance, .floor = floor, .known = variance}, many);
  return many;
}

}  // namespace

Mixture two_round_start(RowMatrix const& points, int k, EmSettings const& settings,
                        Knowledge const& known, double floor, PointPasses<double>& passes,
                        RandomStream& random) {
  int const count = n_centres(k, as_count(points.rows()), settings.centres);
  Mixture const many = first_round(points, count, settings, known, floor, passes, random);
  auto const chosen = farthest_first(many, heavy_components(many, k), k);
  Mixture mixture;
  mixture.weights = Eigen::VectorXd::Constant(k, 1.0 / k);
  mixture.means = many.means(chosen, Eigen::all);
  mixture.variances = many.variances(chosen);
  return mixture;
}

}  // namespace tvem
