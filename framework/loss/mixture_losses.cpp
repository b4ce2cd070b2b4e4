#include "framework/loss/mixture_losses.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/math.hpp"
#include "framework/loss/not_finite.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem {
namespace {

/// Logarithm of the standard deviation of component j, the last of its outputs.
template <class T>
double log_sigma(std::span<T const> outputs, int n_outputs, Eigen::Index j) {
  return outputs[(j + 1) * n_outputs - 1];
}

/// Returns log(sum exp) and replaces the values by their shares.
double normalize(std::vector<double>& log_values) {
  double const largest = *std::max_element(log_values.begin(), log_values.end());
  double sum = 0;
  for (double& value : log_values) sum += value = portable_exp(value - largest);
  for (double& value : log_values) value /= sum;
  return largest + portable_log(sum);
}

/// |x - mu_j|^2 / variance_j.
double scaled_square(Mixture const& mixture, Eigen::Index j, float const* x) {
  double sum = 0;
  for (Eigen::Index c = 0; c < mixture.means.cols(); ++c) {
    double const difference = x[c] - mixture.means(j, c);
    sum += difference * difference;
  }
  return sum / mixture.variances[j];
}

/// The log densities of the components at their means.
template <class T>
Eigen::VectorXd log_scales(Mixture const& mixture, std::span<T const> outputs, int n_outputs) {
  Eigen::VectorXd log_scale(mixture.components());
  for (Eigen::Index j = 0; j < log_scale.size(); ++j)
    log_scale[j] = portable_log(std::fmax(mixture.weights[j], 1e-300)) -
                   mixture.dim() * (0.5 * portable_log(2 * std::numbers::pi) +
                                    log_sigma(outputs, n_outputs, j));
  return log_scale;
}

/// The gradient of a mixture's negative log-likelihood, summed over points.
struct Slopes {
  Eigen::VectorXd logits, log_sigmas;
  RowMatrix means;

  Slopes(int k, int d)
      : logits(Eigen::VectorXd::Zero(k)),
        log_sigmas(Eigen::VectorXd::Zero(k)),
        means(RowMatrix::Zero(k, d)) {}

  /// responsibilities: of the components for the point x.
  void add(Mixture const& mixture, float const* x, std::vector<double> const& responsibilities) {
    for (Eigen::Index j = 0; j < logits.size(); ++j) {
      double const r = responsibilities[j];
      logits[j] -= r - mixture.weights[j];
      log_sigmas[j] -= r * (scaled_square(mixture, j, x) - mixture.dim());
      for (Eigen::Index c = 0; c < means.cols(); ++c)
        means(j, c) -= r * (x[c] - mixture.means(j, c)) / mixture.variances[j];
    }
  }

  /// Writes the mean over n points as the gradient of the outputs.
  template <class T>
  void write_mean(double n, int n_outputs, std::span<T> doutputs) const {
    std::fill(doutputs.begin(), doutputs.end(), T(0));
    for (Eigen::Index j = 0; j < logits.size(); ++j) {
      T* const row = doutputs.data() + j * n_outputs;
      row[0] = rounded_to<T>(logits[j] / n);
      for (Eigen::Index c = 0; c < means.cols(); ++c) row[1 + c] = rounded_to<T>(means(j, c) / n);
      row[n_outputs - 1] = rounded_to<T>(log_sigmas[j] / n);
    }
  }
};

/// How far component j of an estimated mixture is from component a of the true one.
struct ParameterErrors {
  Mixture const& truth;
  Mixture const& estimate;
  Eigen::VectorXd true_log_sigma, log_sigma;

  double sigma(Eigen::Index a, Eigen::Index j) const { return log_sigma[j] - true_log_sigma[a]; }
  double weight(Eigen::Index a, Eigen::Index j) const {
    return truth.components() * (estimate.weights[j] - truth.weights[a]);
  }
  double mean(Eigen::Index a, Eigen::Index j, Eigen::Index c) const {
    return estimate.means(j, c) - truth.means(a, c);
  }
  double cost(Eigen::Index a, Eigen::Index j) const {
    double means = 0;
    for (Eigen::Index c = 0; c < truth.means.cols(); ++c) means += mean(a, j, c) * mean(a, j, c);
    return means + sigma(a, j) * sigma(a, j) + weight(a, j) * weight(a, j);
  }
};

template <class T>
ParameterErrors errors_of(std::span<T const> outputs, int n_outputs, Mixture const& truth,
                          Mixture const& estimate) {
  int const k = truth.components(), d = truth.dim();
  ParameterErrors errors{truth, estimate, Eigen::VectorXd(k), Eigen::VectorXd(k)};
  for (Eigen::Index j = 0; j < k; ++j) {
    errors.true_log_sigma[j] = 0.5 * portable_log(covariance_of(truth, j).trace() / d);
    errors.log_sigma[j] = log_sigma(outputs, n_outputs, j);
  }
  return errors;
}

/// output_of: the component of the outputs for each of the truth.
template <class T>
void write_gradient(ParameterErrors const& errors, std::span<int const> output_of, int n_outputs,
                    std::span<T> doutputs) {
  int const k = errors.truth.components(), d = errors.truth.dim();
  std::fill(doutputs.begin(), doutputs.end(), T(0));
  Eigen::VectorXd dweights(k);
  double mean_slope = 0;
  for (int a = 0; a < k; ++a) {
    Eigen::Index const j = output_of[a];
    T* const row = doutputs.data() + j * n_outputs;
    for (Eigen::Index c = 0; c < d; ++c) row[1 + c] = rounded_to<T>(2 * errors.mean(a, j, c) / k);
    row[n_outputs - 1] = rounded_to<T>(2 * errors.sigma(a, j) / k);
    dweights[j] = 2 * errors.weight(a, j);
    mean_slope += dweights[j] * errors.estimate.weights[j];
  }
  for (Eigen::Index j = 0; j < k; ++j)
    doutputs[j * n_outputs] =
        rounded_to<T>(errors.estimate.weights[j] * (dweights[j] - mean_slope));
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
    weights.push_back(row[0]);
    for (Eigen::Index c = 0; c < d; ++c) mixture.means(j, c) = row[1 + c];
    mixture.variances[j] = portable_exp(2 * log_sigma(outputs, n_outputs, j));
  }
  normalize(weights);
  for (Eigen::Index j = 0; j < k; ++j) mixture.weights[j] = weights[j];
  return mixture;
}

template <class T>
double NegativeLogLikelihood<T>::operator()(std::span<T const> outputs, int n_outputs, int k, int d,
                                            std::span<float const> points, int stride,
                                            std::span<int const> labels, std::span<T> doutputs) {
  TVEM_CHECK(outputs.size() == doutputs.size() && d + 2 <= n_outputs && d <= stride &&
                 points.size() == labels.size() * stride,
             "outputs, points and gradient do not fit");
  if (!all_finite(outputs)) return not_finite(doutputs);
  Mixture const mixture = mixture_of_outputs(outputs, n_outputs, k, d);
  Eigen::VectorXd const log_scale = log_scales(mixture, outputs, n_outputs);
  responsibilities_.resize(k);
  Slopes slopes(k, d);
  double n = 0, log_likelihood = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == outlier_label) continue;
    n += 1;
    float const* const x = points.data() + i * stride;
    for (Eigen::Index j = 0; j < k; ++j)
      responsibilities_[j] = log_scale[j] - 0.5 * scaled_square(mixture, j, x);
    log_likelihood += normalize(responsibilities_);
    slopes.add(mixture, x, responsibilities_);
  }
  TVEM_CHECK(n > 0, "a loss needs points that are no outliers");
  slopes.write_mean(n, n_outputs, doutputs);
  return -log_likelihood / n;
}

template <class T>
double PermutationParameters<T>::operator()(std::span<T const> outputs, int n_outputs,
                                            Mixture const& truth, std::span<T> doutputs) {
  int const k = truth.components(), d = truth.dim();
  TVEM_CHECK(outputs.size() == doutputs.size() && d + 2 <= n_outputs,
             "outputs, truth and gradient do not fit");
  if (!all_finite(outputs)) return not_finite(doutputs);
  Mixture const estimate = mixture_of_outputs(outputs, n_outputs, k, d);
  ParameterErrors const errors = errors_of(outputs, n_outputs, truth, estimate);
  costs_.clear();
  for (int a = 0; a < k; ++a)
    for (int j = 0; j < k; ++j) costs_.push_back(errors.cost(a, j));
  auto const output_of = solver_.solve(costs_, k);
  write_gradient(errors, output_of, n_outputs, doutputs);
  double loss = 0;
  for (int a = 0; a < k; ++a) loss += costs_[a * k + output_of[a]] / k;
  return loss;
}

template Mixture mixture_of_outputs(std::span<float const>, int, int, int);
template Mixture mixture_of_outputs(std::span<double const>, int, int, int);
template class NegativeLogLikelihood<float>;
template class NegativeLogLikelihood<double>;
template class PermutationParameters<float>;
template class PermutationParameters<double>;

}  // namespace tvem
