#include "framework/estimators/criteria.hpp"

#include "framework/core/math.hpp"

namespace tvem {
namespace {

int n_of_covariances(CovarianceKind kind, int k, int d) {
  int const of_matrix = d * (d + 1) / 2;
  switch (kind) {
    case CovarianceKind::shared:
      return 1;
    case CovarianceKind::spherical:
      return k;
    case CovarianceKind::tied:
      return of_matrix;
    case CovarianceKind::diagonal:
      return k * d;
    case CovarianceKind::full:
      return k * of_matrix;
  }
  return 0;
}

/// -sum r log r over all points and components.
double entropy(RowMatrix const& responsibilities) {
  double sum = 0;
  for (double const r : responsibilities.reshaped())
    if (r > 0) sum -= r * portable_log(r);
  return sum;
}

}  // namespace

int n_free_parameters(EmSettings const& settings, int k, int d) {
  bool const has_free_degrees = settings.noise == NoiseModel::student && settings.degrees == 0;
  return (k - 1) + k * d + n_of_covariances(settings.covariance, k, d) + (has_free_degrees ? 1 : 0);
}

Criteria criteria_of(EmSettings const& settings, double log_likelihood, int d,
                     RowMatrix const& responsibilities) {
  double const n = as_real(responsibilities.rows());
  int const p = n_free_parameters(settings, as_count(responsibilities.cols()), d);
  double const bic = -2 * n * log_likelihood + p * portable_log(n);
  return {.bic = bic, .icl = bic + 2 * entropy(responsibilities)};
}

}  // namespace tvem
