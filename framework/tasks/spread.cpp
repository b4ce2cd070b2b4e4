#include "framework/tasks/spread.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "framework/core/error.hpp"
#include "framework/core/math.hpp"
#include "framework/tasks/directions.hpp"

namespace tvem {
namespace {

/// Whether the covariances have eigenvalues that differ.
bool has_directions(TaskSettings const& settings) {
  return settings.dim.high > 1 && has_matrices(settings.covariance);
}

/// The factor of a covariance with these eigenvalues along random directions.
RowMatrix draw_rotated(RandomStream& random, Eigen::VectorXd const& values) {
  Eigen::Index const d = values.size();
  RowMatrix directions(d, d), factor = RowMatrix::Zero(d, d);
  draw_frame(random, 0, d - 1, directions);
  for (Eigen::Index a = 0; a < d; ++a)
    for (Eigen::Index b = 0; b < d; ++b)
      for (Eigen::Index i = 0; i < d; ++i)
        factor(a, b) += values[i] * directions(i, a) * directions(i, b);
  TVEM_CHECK(factorize(factor), "a covariance drawn is not positive definite");
  return factor;
}

/// The factor of a covariance with these eigenvalues along the axes, in random order (Fisher and
/// Yates).
RowMatrix draw_diagonal(RandomStream& random, Eigen::VectorXd const& values) {
  Eigen::VectorXd order = values;
  for (Eigen::Index i = order.size() - 1; i > 0; --i)
    std::swap(order[i], order[random.integer(0, i)]);
  RowMatrix factor = RowMatrix::Zero(order.size(), order.size());
  for (Eigen::Index i = 0; i < order.size(); ++i) factor(i, i) = std::sqrt(order[i]);
  return factor;
}

/// A Laplace variate of variance 1: sign(u - 1/2) times an exponential one.
double laplace_variate(RandomStream& random) {
  double const u = random.uniform();
  double const size = -portable_log(u < 0.5 ? 2 * u : 2 * (1 - u)) / std::numbers::sqrt2;
  return u < 0.5 ? -size : size;
}

}  // namespace

Eigen::VectorXd covariance_eigenvalues(double sigma, double ratio, Eigen::Index d) {
  Eigen::VectorXd values(d);
  double sum = 0;
  for (Eigen::Index i = 0; i < d; ++i) {
    double const exponent = d == 1 ? 0 : as_real(i) / as_real(d - 1);
    sum += values[i] = portable_exp(exponent * portable_log(ratio));
  }
  for (double& value : values) value *= sigma * sigma * as_real(d) / sum;
  return values;
}

double largest_variance_ratio(TaskSettings const& settings) {
  if (has_directions(settings)) return settings.eigenvalue_ratio;
  if (settings.covariance != CovarianceKind::spherical) return 1;
  double const ratio = settings.sigma.high / settings.sigma.low;
  return ratio * ratio;
}

double smallest_variance(TaskSettings const& settings) {
  double const sigma = settings.sigma.low;
  if (!has_directions(settings)) return sigma * sigma;
  // In fewer dimensions the longest direction has a larger share of the variance, and the shortest
  // a smaller one.
  return covariance_eigenvalues(sigma, settings.eigenvalue_ratio, std::max(2, settings.dim.low))[0];
}

double widest_mean_variance(TaskSettings const& settings) {
  double const d = settings.dim.low, k = settings.components.high, scale = settings.scale.high;
  double const low = settings.sigma.low * settings.sigma.low;
  double const high = settings.sigma.high * settings.sigma.high;
  bool const is_spherical = settings.covariance == CovarianceKind::spherical;
  double const within = is_spherical ? (low + (k - 1) * high) / k : low;
  // The unit of the separation is the largest sigma of a task.
  double const squared_distance =
      settings.separation.high * settings.separation.high * (is_spherical ? high : low);
  switch (settings.means) {
    case MeansKind::gaussian:
      return within + scale * scale * (1 - 1 / k);
    case MeansKind::uniform:
      return within + scale * scale / 3 * (1 - 1 / k);
    case MeansKind::sphere:
      return within + scale * scale / d * (1 - 1 / k);
    case MeansKind::simplex:
      return within + squared_distance * (k - 1) / (2 * k * d);
  }
  return within;
}

double widest_spread(TaskSettings const& settings) {
  double spread = 0;
  for (int family = 0; family < n_families(settings); ++family)
    spread = std::fmax(spread, std::sqrt(widest_mean_variance(family_of(settings, family))));
  return spread;
}

namespace {

void draw_factors(RandomStream& random, TaskSettings const& settings, double sigma,
                  Mixture& mixture) {
  Eigen::Index const k = mixture.components(), d = mixture.dim();
  Eigen::VectorXd const values = covariance_eigenvalues(sigma, settings.eigenvalue_ratio, d);
  mixture.factors.resize(k * d, d);
  for (Eigen::Index j = 0; j < k; ++j) {
    if (settings.covariance == CovarianceKind::tied && j > 0)
      mixture.factor(j) = mixture.factor(0).eval();
    else
      mixture.factor(j) = settings.covariance == CovarianceKind::diagonal
                              ? draw_diagonal(random, values)
                              : draw_rotated(random, values);
  }
}

}  // namespace

void draw_covariances(RandomStream& random, TaskSettings const& settings,
                      std::span<double const> sigma, Mixture& mixture) {
  mixture.noise = settings.noise;
  mixture.degrees = settings.noise == NoiseKind::student ? settings.degrees : 0;
  // The memory may be that of a task of another family.
  if (has_matrices(settings.covariance)) {
    mixture.variances.resize(0);
    return draw_factors(random, settings, sigma[0], mixture);
  }
  mixture.factors.resize(0, 0);
  mixture.variances.resize(mixture.components());
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    double const s = sigma[sigma.size() == 1 ? 0 : j];
    mixture.variances[j] = s * s;
  }
}

void draw_point(RandomStream& random, Mixture const& mixture, Eigen::Index j, double* point) {
  Eigen::Index const d = mixture.dim();
  double scale = mixture.is_isotropic() ? std::sqrt(mixture.variances[j]) : 1;
  // Student's t: normal over the root of a chi-square variate over its degrees, at variance 1.
  if (mixture.noise == NoiseKind::student) {
    double const chi_square = 2 * portable_exp(random.log_gamma_variate(0.5 * mixture.degrees));
    scale *= std::sqrt((mixture.degrees - 2) / chi_square);
  }
  for (Eigen::Index c = 0; c < d; ++c)
    point[c] =
        scale * (mixture.noise == NoiseKind::laplace ? laplace_variate(random) : random.normal());
  // The last coordinate comes first, since each needs those before it.
  if (!mixture.is_isotropic())
    for (Eigen::Index c = d - 1; c >= 0; --c) {
      double value = 0;
      for (Eigen::Index b = 0; b <= c; ++b) value += mixture.factor(j)(c, b) * point[b];
      point[c] = value;
    }
  for (Eigen::Index c = 0; c < d; ++c) point[c] += mixture.means(j, c);
}

}  // namespace tvem
