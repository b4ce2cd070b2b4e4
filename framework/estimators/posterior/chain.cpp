#include "framework/estimators/posterior/chain.hpp"

#include <algorithm>
#include <cmath>

#include "framework/core/index.hpp"
#include "framework/core/math.hpp"
#include "framework/estimators/passes/point_blocks.hpp"
#include "framework/estimators/posterior/rotation.hpp"
#include "framework/estimators/starts/starts.hpp"
#include "framework/tasks/means.hpp"

namespace tvem {
namespace {

/// Inverse temperatures from 1 down to where means drawn from the prior are about a sigma apart.
std::vector<double> ladder(TaskSettings const& prior, int n) {
  // Two of the means of a simplex are as far apart as Gaussian ones in a plane with this scale.
  double const scale = prior.means == MeansKind::simplex
                           ? 0.5 * prior.separation.low * prior.sigma.low
                           : prior.scale.low;
  double const ratio = prior.sigma.low / scale;
  double const last = std::min(1.0, 0.5 * ratio * ratio);
  std::vector<double> betas(n, 1.0);
  for (int t = 1; t < n; ++t)
    betas[t] = portable_exp(portable_log(last) * as_real(t) / as_real(n - 1));
  return betas;
}

/// The first of k weights, block_points apart, up to which they sum to more than `level`.
int chosen(double const* weights, int k, double level) {
  int j = 0;
  for (; j + 1 < k; ++j, weights += block_points)
    if ((level -= *weights) < 0) break;
  return j;
}

/// A draw of the prior's simplex about the origin: k x d.
RowMatrix drawn_vertices(RandomStream& random, TaskSettings prior, int k, int d) {
  RowMatrix vertices;
  prior.centre = CentreKind::origin;
  Shape const shape{.components = k,
                    .dim = d,
                    .sigma = prior.sigma.low,
                    .scale = prior.scale.low,
                    .separation = prior.separation.low};
  draw_means(random, prior, shape, vertices);
  return vertices;
}

double middle(Range<double> const& range) { return 0.5 * (range.low + range.high); }

}  // namespace

PosteriorChain::PosteriorChain(RowMatrix const& points, int k, TaskSettings const& prior,
                               int n_temperatures, RandomStream random)
    : points_(points),
      prior_(prior),
      random_(random),
      betas_(ladder(prior, n_temperatures)),
      counts_(k),
      point_sums_(k, points.cols()),
      centre_(points.cols()),
      log_volumes_(k),
      half_precisions_(k),
      log_scales_(k),
      blocks_(in_blocks<double>(points, Eigen::VectorXd::Zero(points.cols()))) {
  std::size_t const n_places = n_blocks_of(as_count(points.rows())) * block_points;
  for (auto* const values : {&weights_, &squares_}) values->resize(n_places * k);
  for (auto* const values : {&sums_, &tops_}) values->resize(n_places);
  for (int t = 0; t < n_temperatures; ++t) {
    RowMatrix const means = kmeans_plus_plus_start(points_, k, random_);
    states_.push_back({.labels = nearest_labels(points_, means),
                       .means = means,
                       .vertices = {},
                       .sigmas = std::vector<double>(k, middle(prior.sigma)),
                       .log_weights = std::vector<double>(k, -portable_log(k))});
    if (prior.means == MeansKind::simplex)
      states_.back().vertices = drawn_vertices(random_, prior, k, as_count(points.cols()));
  }
}

void PosteriorChain::sweep() {
  for (std::size_t t = 0; t < states_.size(); ++t) {
    draw_means(betas_[t], states_[t]);
    draw_sigmas(betas_[t], states_[t]);
    draw_weights(states_[t]);
    draw_labels(betas_[t], states_[t]);
  }
  exchange_neighbours();
}

std::vector<int> const& PosteriorChain::redrawn_labels() {
  draw_labels(betas_[0], states_[0]);
  return states_[0].labels;
}

void PosteriorChain::sum_points(ChainState const& state) {
  std::fill(counts_.begin(), counts_.end(), 0);
  point_sums_.setZero();
  for (Eigen::Index i = 0; i < points_.rows(); ++i) {
    int const label = state.labels[i];
    ++counts_[label];
    for (Eigen::Index c = 0; c < points_.cols(); ++c) point_sums_(label, c) += points_(i, c);
  }
}

void PosteriorChain::draw_means(double beta, ChainState& state) {
  sum_points(state);
  if (prior_.means == MeansKind::simplex) return draw_simplex_means(beta, state);
  draw_gaussian_means(beta, state);
}

/// Means are N(0, scale^2 I), and so Gaussian given their points.
void PosteriorChain::draw_gaussian_means(double beta, ChainState& state) {
  double const prior_precision = 1 / (prior_.scale.low * prior_.scale.low);
  for (Eigen::Index j = 0; j < state.means.rows(); ++j) {
    double const weight = beta / (state.sigmas[j] * state.sigmas[j]);
    double const precision = prior_precision + weight * counts_[j];
    double const deviation = 1 / std::sqrt(precision);
    for (Eigen::Index c = 0; c < points_.cols(); ++c)
      state.means(j, c) = weight * point_sums_(j, c) / precision + deviation * random_.normal();
  }
}

/// The centre is N(0, scale^2 I), and so Gaussian given vertices and points.
void PosteriorChain::draw_centre(double beta, ChainState& state) {
  centre_.setZero();
  if (prior_.centre == CentreKind::origin) return;
  double const weight = beta / (state.sigmas[0] * state.sigmas[0]);
  double const precision =
      1 / (prior_.scale.low * prior_.scale.low) + weight * as_real(points_.rows());
  for (Eigen::Index c = 0; c < points_.cols(); ++c) {
    double sum = 0;
    for (Eigen::Index j = 0; j < state.means.rows(); ++j)
      sum += point_sums_(j, c) - counts_[j] * state.vertices(j, c);
    centre_[c] = weight * sum / precision + random_.normal() / std::sqrt(precision);
  }
}

/// Given the centre, all rotations of the vertices v_j have the density exp(sum_j <pull_j, v_j>),
/// pull_j = beta / sigma^2 sum_i (x_i - centre): the lengths of the v_j stay.
void PosteriorChain::draw_simplex_means(double beta, ChainState& state) {
  draw_centre(beta, state);
  double const weight = beta / (state.sigmas[0] * state.sigmas[0]);
  for (Eigen::Index j = 0; j < state.means.rows(); ++j)
    for (Eigen::Index c = 0; c < points_.cols(); ++c)
      point_sums_(j, c) = weight * (point_sums_(j, c) - counts_[j] * centre_[c]);
  draw_rotation(random_, point_sums_, state.vertices);
  state.means = state.vertices.rowwise() + centre_;
}

/// A slice sampler on the prior's interval (Neal 2003), where sigma is uniform. n_values:
/// coordinates that have this sigma; square_sum: of their distances from the mean.
double PosteriorChain::draw_sigma(double beta, double n_values, double square_sum, double present) {
  auto const log_density = [=](double sigma) {
    return -beta * (n_values * portable_log(sigma) + 0.5 * square_sum / (sigma * sigma));
  };
  double const level = log_density(present) + portable_log(random_.uniform());
  double low = prior_.sigma.low, high = prior_.sigma.high;
  while (true) {
    double const sigma = random_.uniform(low, high);
    if (log_density(sigma) >= level) return sigma;
    (sigma < present ? low : high) = sigma;
  }
}

void PosteriorChain::draw_sigmas(double beta, ChainState& state) {
  if (prior_.sigma.is_fixed()) return;
  std::vector<double> square_sums(counts_.size());
  for (std::size_t i = 0; i < state.labels.size(); ++i)
    square_sums[state.labels[i]] += squared_distance(
        points_.row(i).data(), state.means.row(state.labels[i]).data(), points_.cols());
  double const d = as_real(points_.cols());
  if (prior_.covariance == CovarianceKind::spherical) {
    for (std::size_t j = 0; j < counts_.size(); ++j)
      state.sigmas[j] = draw_sigma(beta, counts_[j] * d, square_sums[j], state.sigmas[j]);
    return;
  }
  double sum = 0;
  for (double const square_sum : square_sums) sum += square_sum;
  double const sigma = draw_sigma(beta, d * as_real(points_.rows()), sum, state.sigmas[0]);
  std::fill(state.sigmas.begin(), state.sigmas.end(), sigma);
}

void PosteriorChain::draw_weights(ChainState& state) {
  if (prior_.weights == WeightsKind::equal) return;
  for (std::size_t j = 0; j < counts_.size(); ++j)
    state.log_weights[j] = random_.log_gamma_variate(prior_.concentration + counts_[j]);
  double const largest = *std::max_element(state.log_weights.begin(), state.log_weights.end());
  double sum = 0;
  for (double const log_weight : state.log_weights) sum += portable_exp(log_weight - largest);
  for (double& log_weight : state.log_weights) log_weight -= largest + portable_log(sum);
}

void PosteriorChain::weigh_labels(double beta, ChainState const& state) {
  double const d = as_real(points_.cols());
  for (std::size_t j = 0; j < counts_.size(); ++j) {
    double const sigma = state.sigmas[j];
    half_precisions_[j] = 0.5 * beta / (sigma * sigma);
    log_volumes_[j] = d * portable_log(sigma);
    log_scales_[j] = state.log_weights[j] - beta * log_volumes_[j];
  }
  LabelWeightsPass<double> pass{.points = blocks_.data(),
                                .n_points = as_count(points_.rows()),
                                .dim = as_count(points_.cols()),
                                .components = count_of(counts_),
                                .means = state.means.data(),
                                .half_precision = half_precisions_.data(),
                                .log_scale = log_scales_.data(),
                                .weights = weights_.data(),
                                .squares = squares_.data(),
                                .sums = sums_.data(),
                                .labels = tops_.data()};
  variant<PassKernels<double>>(instruction_set_in_use()).label_weights(pass);
}

void PosteriorChain::draw_labels(double beta, ChainState& state) {
  weigh_labels(beta, state);
  int const k = count_of(counts_);
  double log_volume = 0, half_squares = 0;
  for (std::size_t i = 0; i < state.labels.size(); ++i) {
    std::size_t const at = i / block_points * block_points * k + i % block_points;
    int label = as_count(whole_part(tops_[i]));
    // Where the sum is 1, all other weights are below its rounding.
    if (sums_[i] > 1) label = chosen(weights_.data() + at, k, sums_[i] * random_.uniform());
    state.labels[i] = label;
    log_volume += log_volumes_[label];
    half_squares += half_precisions_[label] * squares_[at + label * block_points];
  }
  state.log_likelihood = -log_volume - half_squares / beta;
}

void PosteriorChain::exchange_neighbours() {
  for (std::size_t t = states_.size() - 1; t > 0; --t) {
    double const log_ratio =
        (betas_[t - 1] - betas_[t]) * (states_[t].log_likelihood - states_[t - 1].log_likelihood);
    if (portable_log(random_.uniform()) < log_ratio) std::swap(states_[t], states_[t - 1]);
  }
}

}  // namespace tvem
