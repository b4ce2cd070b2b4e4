#include "framework/loss/mixture_losses.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "framework/core/error.hpp"
#include "framework/core/math.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem {
namespace {

/// Logarithm of the standard deviation of component j, the last of its outputs.
template <class T>
double log_sigma(std::span<T const> outputs, int n_outputs, Eigen::Index j) {
  return static_cast<double>(outputs[static_cast<std::size_t>((j + 1) * n_outputs - 1)]);
}

template <class T>
bool all_finite(std::span<T const> values) {
  return std::all_of(values.begin(), values.end(), [](T value) { return std::isfinite(value); });
}

/// The loss of outputs that are not finite: NaN, as the whole gradient.
template <class T>
double not_finite(std::span<T> doutputs) {
  std::fill(doutputs.begin(), doutputs.end(), std::numeric_limits<T>::quiet_NaN());
  return std::numeric_limits<double>::quiet_NaN();
}

/// log(sum exp), and the values replaced by their shares.
double normalize(std::vector<double>& log_values) {
  double const largest = *std::max_element(log_values.begin(), log_values.end());
  double sum = 0;
  for (double& value : log_values) sum += value = portable_exp(value - largest);
  for (double& value : log_values) value /= sum;
  return largest + portable_log(sum);
}

}  // namespace

template <class T>
Mixture mixture_of_outputs(std::span<T const> outputs, int n_outputs, int k, int d) {
  Mixture mixture;
  mixture.weights.resize(k);
  mixture.means.resize(k, d);
  mixture.variances.resize(k);
  std::vector<double> weights;
  for (Eigen::Index j = 0; j < k; ++j) {
    T const* const row = outputs.data() + j * n_outputs;
    weights.push_back(static_cast<double>(row[0]));
    for (Eigen::Index c = 0; c < d; ++c) mixture.means(j, c) = static_cast<double>(row[1 + c]);
    mixture.variances[j] = portable_exp(2 * log_sigma(outputs, n_outputs, j));
  }
  normalize(weights);
  for (Eigen::Index j = 0; j < k; ++j) mixture.weights[j] = weights[static_cast<std::size_t>(j)];
  return mixture;
}

template <class T>
double NegativeLogLikelihood<T>::operator()(std::span<T const> outputs, int n_outputs, int k, int d,
                                            std::span<float const> points, int stride,
                                            std::span<int const> labels, std::span<T> doutputs) {
  TVEM_CHECK(outputs.size() == doutputs.size() && d + 2 <= n_outputs && d <= stride &&
                 points.size() == labels.size() * static_cast<std::size_t>(stride),
             "outputs, points and gradient do not fit");
  if (!all_finite(outputs)) return not_finite(doutputs);
  Mixture const mixture = mixture_of_outputs(outputs, n_outputs, k, d);
  Eigen::VectorXd log_scale(k), dlogits = Eigen::VectorXd::Zero(k), dsigmas = dlogits;
  RowMatrix dmeans = RowMatrix::Zero(k, d);
  for (Eigen::Index j = 0; j < k; ++j)
    log_scale[j] =
        portable_log(std::fmax(mixture.weights[j], 1e-300)) -
        d * (0.5 * portable_log(2 * std::numbers::pi) + log_sigma(outputs, n_outputs, j));
  responsibilities_.resize(static_cast<std::size_t>(k));
  double n = 0, log_likelihood = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == outlier_label) continue;
    n += 1;
    float const* const x = points.data() + i * static_cast<std::size_t>(stride);
    auto const square = [&](Eigen::Index j) {
      double sum = 0;
      for (Eigen::Index c = 0; c < d; ++c) {
        double const difference = static_cast<double>(x[c]) - mixture.means(j, c);
        sum += difference * difference;
      }
      return sum / mixture.variances[j];
    };
    for (Eigen::Index j = 0; j < k; ++j)
      responsibilities_[static_cast<std::size_t>(j)] = log_scale[j] - 0.5 * square(j);
    log_likelihood += normalize(responsibilities_);
    for (Eigen::Index j = 0; j < k; ++j) {
      double const r = responsibilities_[static_cast<std::size_t>(j)];
      dlogits[j] -= r - mixture.weights[j];
      dsigmas[j] -= r * (square(j) - d);
      for (Eigen::Index c = 0; c < d; ++c)
        dmeans(j, c) -=
            r * (static_cast<double>(x[c]) - mixture.means(j, c)) / mixture.variances[j];
    }
  }
  TVEM_CHECK(n > 0, "a loss needs points that are no outliers");
  std::fill(doutputs.begin(), doutputs.end(), T(0));
  for (Eigen::Index j = 0; j < k; ++j) {
    T* const row = doutputs.data() + j * n_outputs;
    row[0] = static_cast<T>(dlogits[j] / n);
    for (Eigen::Index c = 0; c < d; ++c) row[1 + c] = static_cast<T>(dmeans(j, c) / n);
    row[n_outputs - 1] = static_cast<T>(dsigmas[j] / n);
  }
  return -log_likelihood / n;
}

template <class T>
double PermutationParameters<T>::operator()(std::span<T const> outputs, int n_outputs,
                                            Mixture const& truth, std::span<T> doutputs) {
  int const k = truth.components(), d = truth.dim();
  TVEM_CHECK(outputs.size() == doutputs.size() && d + 2 <= n_outputs,
             "outputs, truth and gradient do not fit");
  if (!all_finite(outputs)) return not_finite(doutputs);
  Mixture const mixture = mixture_of_outputs(outputs, n_outputs, k, d);
  Eigen::VectorXd true_log_sigma(k);
  for (Eigen::Index a = 0; a < k; ++a)
    true_log_sigma[a] = 0.5 * portable_log(covariance_of(truth, a).trace() / d);
  auto const sigma_error = [&](Eigen::Index a, Eigen::Index j) {
    return log_sigma(outputs, n_outputs, j) - true_log_sigma[a];
  };
  auto const weight_error = [&](Eigen::Index a, Eigen::Index j) {
    return k * (mixture.weights[j] - truth.weights[a]);
  };
  costs_.clear();
  for (Eigen::Index a = 0; a < k; ++a)
    for (Eigen::Index j = 0; j < k; ++j) {
      double const sigma = sigma_error(a, j), weight = weight_error(a, j);
      double means = 0;
      for (Eigen::Index c = 0; c < d; ++c) {
        double const difference = mixture.means(j, c) - truth.means(a, c);
        means += difference * difference;
      }
      costs_.push_back(means + sigma * sigma + weight * weight);
    }
  auto const output_of = solver_.solve(costs_, k);
  std::fill(doutputs.begin(), doutputs.end(), T(0));
  Eigen::VectorXd dweights(k);
  double loss = 0, mean_slope = 0;
  for (Eigen::Index a = 0; a < k; ++a) {
    Eigen::Index const j = output_of[static_cast<std::size_t>(a)];
    T* const row = doutputs.data() + j * n_outputs;
    loss += costs_[static_cast<std::size_t>(a * k + j)] / k;
    for (Eigen::Index c = 0; c < d; ++c)
      row[1 + c] = static_cast<T>(2 * (mixture.means(j, c) - truth.means(a, c)) / k);
    row[n_outputs - 1] = static_cast<T>(2 * sigma_error(a, j) / k);
    dweights[j] = 2 * weight_error(a, j);
    mean_slope += dweights[j] * mixture.weights[j];
  }
  for (Eigen::Index j = 0; j < k; ++j)
    doutputs[static_cast<std::size_t>(j * n_outputs)] =
        static_cast<T>(mixture.weights[j] * (dweights[j] - mean_slope));
  return loss;
}

template Mixture mixture_of_outputs(std::span<float const>, int, int, int);
template Mixture mixture_of_outputs(std::span<double const>, int, int, int);
template class NegativeLogLikelihood<float>;
template class NegativeLogLikelihood<double>;
template class PermutationParameters<float>;
template class PermutationParameters<double>;

}  // namespace tvem
