#include "framework/estimators/gradient.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/core/error.hpp"
#include "framework/core/interruption.hpp"
#include "framework/core/math.hpp"
#include "framework/estimators/em.hpp"
#include "framework/estimators/passes/maximization.hpp"
#include "framework/estimators/passes/point_passes.hpp"
#include "framework/estimators/starts/starts.hpp"

namespace tvem {
namespace {

constexpr int patience = 20;

/// A mixture as unconstrained parameters: k logits, k d means in units of `scale`, k log variances
/// (one for all when they are shared: the first counts).
class Parameters {
 public:
  Parameters(Mixture const& mixture, MaximizationRule const& rule, double scale)
      : rule_(rule), scale_(scale), k_(mixture.components()), d_(mixture.dim()) {
    values_.resize(k_ * (d_ + 2));
    for (Eigen::Index j = 0; j < k_; ++j) {
      values_[j] = portable_log(std::fmax(mixture.weights[j], 1e-12));
      values_.segment(k_ + j * d_, d_) = mixture.means.row(j).transpose() / scale_;
      values_[k_ * (d_ + 1) + j] = portable_log(mixture.variances[j]);
    }
  }

  Mixture mixture() const {
    Mixture mixture;
    mixture.weights.resize(k_);
    mixture.means.resize(k_, d_);
    mixture.variances.resize(k_);
    double const largest = values_.head(k_).maxCoeff();
    double total = 0;
    for (Eigen::Index j = 0; j < k_; ++j)
      total += mixture.weights[j] = portable_exp(values_[j] - largest);
    for (Eigen::Index j = 0; j < k_; ++j) {
      mixture.weights[j] /= total;
      mixture.means.row(j) = scale_ * values_.segment(k_ + j * d_, d_).transpose();
      mixture.variances[j] = portable_exp(values_[k_ * (d_ + 1) + j]);
    }
    if (rule_.known.has_covariances()) mixture.variances = rule_.known.variances;
    return mixture;
  }

  /// Gradient of the objective by Fisher's identity, from the sums of the E-step at `mixture`.
  template <class T>
  Eigen::VectorXd gradient(PointPasses<T> const& passes, Mixture const& mixture) const {
    Eigen::VectorXd gradient = Eigen::VectorXd::Zero(values_.size());
    double const n = passes.n_points();
    Eigen::VectorXd mean(d_);
    double shared = 0;
    for (Eigen::Index j = 0; j < k_; ++j) {
      double const mass = passes.mass(j), variance = mixture.variances[j];
      if (!rule_.known.has_equal_weights) gradient[j] = mass / n - mixture.weights[j];
      auto slope = gradient.segment(k_ + j * d_, d_);
      if (mass > 0) {
        passes.weighted_mean(j, mean.data());
        slope = mass / variance * (mean - mixture.means.row(j).transpose());
      }
      slope -= mixture.means.row(j).transpose() / rule_.known.means_prior_variance;
      slope *= scale_ / n;
      double const log_variance = 0.5 * (passes.square_sum(j) / variance - as_real(d_) * mass) / n;
      gradient[k_ * (d_ + 1) + j] = log_variance;
      shared += log_variance;
    }
    auto log_variances = gradient.tail(k_);
    if (rule_.covariance == CovarianceKind::shared) log_variances.setConstant(shared);
    if (rule_.known.has_covariances()) log_variances.setZero();
    return gradient;
  }

  void move(Eigen::VectorXd const& step) {
    values_ += step;
    auto log_variances = values_.tail(k_);
    log_variances = log_variances.cwiseMax(portable_log(rule_.floor));
  }

 private:
  MaximizationRule const& rule_;
  double scale_;
  Eigen::Index k_, d_;
  Eigen::VectorXd values_;
};

/// Adam's step up a gradient, with its usual constants.
class Adam {
 public:
  Adam(double rate, Eigen::Index size)
      : rate_(rate), first_(Eigen::VectorXd::Zero(size)), second_(Eigen::VectorXd::Zero(size)) {}

  Eigen::VectorXd step(Eigen::VectorXd const& gradient) {
    constexpr double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
    first_ = beta1 * first_ + (1 - beta1) * gradient;
    second_ = beta2 * second_ + (1 - beta2) * gradient.cwiseAbs2();
    power1_ *= beta1;
    power2_ *= beta2;
    return (rate_ / (1 - power1_)) * first_.array() /
           ((second_ / (1 - power2_)).array().sqrt() + epsilon);
  }

 private:
  double rate_, power1_ = 1, power2_ = 1;
  Eigen::VectorXd first_, second_;
};

/// Sets the mixture and its results, computed in double precision.
void judge(PointPasses<double>& verdict, Mixture mixture, MaximizationRule const& rule, Fit& fit) {
  fit.mixture = std::move(mixture);
  fit.log_likelihood = verdict.expectation(fit.mixture);
  fit.objective = fit.log_likelihood + log_prior(rule.known, fit.mixture, verdict.n_points());
  fit.labels = verdict.labels();
}

/// Keeps what the ascent has led to, or the start where that is better. Where rounding is all that
/// moves, as between equal points, the ascent may end below its start; a fall within the rounding
/// of an iterate, also of one in float, does not count.
void judge_better(PointPasses<double>& verdict, Mixture const& start, Mixture ascended,
                  MaximizationRule const& rule, Fit& fit) {
  judge(verdict, start, rule, fit);
  double const least = fit.objective - 1e-6 * (1 + std::fabs(fit.objective));
  judge(verdict, std::move(ascended), rule, fit);
  if (!(fit.objective >= least)) judge(verdict, start, rule, fit);
}

/// Goes up to the best iterate, which becomes fit.mixture. Returns whether the ascent has
/// converged.
template <class T>
bool ascend(PointPasses<T>& passes, Parameters parameters, Adam adam, MaximizationRule const& rule,
            EmSettings const& settings, Fit& fit) {
  std::vector<double> best_objectives;
  double best = -std::numeric_limits<double>::infinity();
  for (;; ++fit.iterations) {
    leave_if_interrupted();
    Mixture mixture = parameters.mixture();
    double const log_likelihood = passes.expectation(mixture);
    double const objective = log_likelihood + log_prior(rule.known, mixture, passes.n_points());
    record(settings, log_likelihood, fit, [&] { return passes.labels(); });
    Eigen::VectorXd const slope = parameters.gradient(passes, mixture);
    if (objective > best || fit.iterations == 0) {
      best = objective;
      fit.mixture = std::move(mixture);
    }
    best_objectives.push_back(best);
    if (fit.iterations >= patience &&
        best - best_objectives[fit.iterations - patience] < settings.tolerance)
      return true;
    if (fit.iterations == settings.max_iterations) return false;
    parameters.move(adam.step(slope));
  }
}

template <class T>
Fit iterate(PointPasses<T>& passes, PointPasses<double>& verdict, Mixture const& start,
            double scale, MaximizationRule const& rule, EmSettings const& settings) {
  Fit fit;
  bool const has_converged =
      ascend(passes, Parameters(start, rule, scale),
             Adam(settings.rate, start.components() * (start.dim() + 2)), rule, settings, fit);
  fit.total_iterations = fit.iterations;
  judge_better(verdict, start, std::move(fit.mixture), rule, fit);
  if (std::isfinite(fit.log_likelihood)) judge_covariances(rule, settings.ratio_limit, fit);
  // The trace ends with the fit that is kept, which need not be the last iterate.
  if (std::ssize(fit.trace) == fit.iterations + 1)
    fit.trace.back() = {fit.labels, fit.log_likelihood};
  fit.status = status_of(fit, has_converged);
  return fit;
}

}  // namespace

Fit gradient_ascent(RowMatrix const& points, int k, EmSettings const& settings,
                    Restarts const& restarts, Knowledge const& known) {
  TVEM_CHECK(!has_matrices(settings.covariance) && known.factors.size() == 0,
             "gradient ascent is for shared and spherical covariances");
  MaximizationRule const rule{
      .covariance = settings.covariance, .floor = variance_floor(points, settings), .known = known};
  double const scale = std::sqrt(variance_floor(points, 1));
  Starts starts(points, k, settings, known, rule.floor);
  return with_passes(points, settings.precision, [&](auto& passes, auto& verdict) {
    return best_of_restarts(restarts, [&](RandomStream& random) {
      return iterate(passes, verdict, conformed(starts.mixture(random), rule), scale, rule,
                     settings);
    });
  });
}

}  // namespace tvem
