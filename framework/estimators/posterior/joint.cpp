#include "framework/estimators/posterior/joint.hpp"

#include <algorithm>
#include <numbers>

#include "framework/core/index.hpp"
#include "framework/core/math.hpp"
#include "framework/estimators/posterior/posterior.hpp"

namespace tvem {
namespace {

/// What the points of one label say of its mean and sigma.
struct LabelSums {
  double n = 0;
  double square_sum = 0;    // sum_i |x_i|^2
  std::vector<double> sum;  // d: sum_i x_i
};

std::vector<LabelSums> sums_of(RowMatrix const& points, std::vector<int> const& labels, int k) {
  std::vector<LabelSums> sums(k,
                              {.n = 0, .square_sum = 0, .sum = std::vector<double>(points.cols())});
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    LabelSums& of_label = sums[labels[i]];
    of_label.n += 1;
    for (Eigen::Index c = 0; c < points.cols(); ++c) {
      of_label.sum[c] += points(i, c);
      of_label.square_sum += points(i, c) * points(i, c);
    }
  }
  return sums;
}

/// log p(points of the label | sigma): Gaussian, of mean 0 and covariance sigma^2 I + scale^2 1 1^T
/// in each coordinate.
double log_marginal(LabelSums const& sums, double sigma, double scale) {
  double const d = as_real(std::ssize(sums.sum)), variance = sigma * sigma;
  double const of_mean = scale * scale, whole = variance + sums.n * of_mean;
  double square = 0;
  for (double const sum : sums.sum) square += sum * sum;
  return -0.5 * (sums.n * d * portable_log(2 * std::numbers::pi * variance) +
                 d * portable_log(whole / variance) +
                 (sums.square_sum - of_mean / whole * square) / variance);
}

/// log of the mean of exp(f(sigma)) over sigma, uniform on its range, by the midpoint rule.
template <class F>
double log_mean_over(Range<double> const& range, F const& f) {
  if (range.is_fixed()) return f(range.low);
  constexpr int n_nodes = 64;
  std::vector<double> values;
  for (int i = 0; i < n_nodes; ++i)
    values.push_back(f(range.low + (range.high - range.low) * (i + 0.5) / n_nodes));
  double const largest = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (double const value : values) sum += portable_exp(value - largest) / n_nodes;
  return largest + portable_log(sum);
}

}  // namespace

double log_joint(RowMatrix const& points, std::vector<int> const& labels, int k,
                 TaskSettings const& prior) {
  auto const sums = sums_of(points, labels, k);
  double result = 0;
  if (prior.weights == WeightsKind::dirichlet)
    for (LabelSums const& of_label : sums)
      result += portable_log_gamma(prior.concentration + of_label.n);
  auto const of_all = [&](double sigma) {
    double sum = 0;
    for (LabelSums const& of_label : sums) sum += log_marginal(of_label, sigma, prior.scale.low);
    return sum;
  };
  if (prior.covariance != CovarianceKind::spherical)
    return result + log_mean_over(prior.sigma, of_all);
  for (LabelSums const& of_label : sums)
    result += log_mean_over(
        prior.sigma, [&](double sigma) { return log_marginal(of_label, sigma, prior.scale.low); });
  return result;
}

std::vector<std::string> log_joint_problems(TaskSettings const& prior) {
  auto problems = posterior_problems(prior);
  if (prior.means == MeansKind::simplex)
    problems.emplace_back("it covers tasks with task.means = gaussian, not simplex");
  return problems;
}

}  // namespace tvem
