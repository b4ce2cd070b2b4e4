#include "framework/tasks/prior.hpp"

#include <algorithm>
#include <cmath>

#include "framework/core/error.hpp"
#include "framework/core/math.hpp"
#include "framework/tasks/means.hpp"
#include "framework/tasks/spread.hpp"

namespace tvem {
namespace {

void draw_weights(RandomStream& random, TaskSettings const& settings, Eigen::VectorXd& weights) {
  if (settings.weights == WeightsKind::equal) {
    weights.setConstant(1.0 / static_cast<double>(weights.size()));
    return;
  }
  for (double& weight : weights) weight = random.log_gamma_variate(settings.concentration);
  double const largest = weights.maxCoeff();
  double sum = 0;
  for (double& weight : weights) sum += weight = portable_exp(weight - largest);
  for (double& weight : weights) weight /= sum;
}

int label_from(double u, Eigen::VectorXd const& weights) {
  double cumulative = 0;
  for (Eigen::Index j = 0; j + 1 < weights.size(); ++j) {
    cumulative += weights[j];
    if (u < cumulative) return static_cast<int>(j);
  }
  return static_cast<int>(weights.size()) - 1;
}

/// The sigmas of a task: one, or one for each component.
std::vector<double>& draw_sigmas(RandomStream& random, TaskSettings const& settings, int components,
                                 std::vector<double>& sigmas) {
  bool const is_spherical = settings.covariance == CovarianceKind::spherical;
  sigmas.resize(is_spherical ? static_cast<std::size_t>(components) : 1);
  for (double& sigma : sigmas) sigma = random.uniform(settings.sigma.low, settings.sigma.high);
  return sigmas;
}

/// Labels (n) and points (n x d) of a mixture.
void draw_points(RandomStream& random, Mixture const& mixture, std::span<int> labels,
                 RowMatrix& points) {
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    int const z = label_from(random.uniform(), mixture.weights);
    labels[static_cast<std::size_t>(i)] = z;
    draw_point(random, mixture, z, points.data() + i * points.cols());
  }
}

/// Labels exactly floor(share n) of the points as outliers, every set of as many being as likely,
/// and puts them uniformly into the cube about the centre of the means whose faces are 6 sigma from
/// the outermost mean.
void draw_outliers(RandomStream& random, double share, double sigma, Task& task) {
  Eigen::Index const n = task.points.rows(), d = task.points.cols();
  Eigen::RowVectorXd const centre = task.mixture.means.colwise().mean();
  double const half_width =
      (task.mixture.means.rowwise() - centre).cwiseAbs().maxCoeff() + 6 * sigma;
  // 0.29 x 100 is below 29 in floating point.
  auto n_left = static_cast<Eigen::Index>(share * static_cast<double>(n) + 1e-9);
  for (Eigen::Index i = 0; i < n && n_left > 0; ++i) {
    if (random.integer(0, n - i - 1) >= n_left) continue;
    --n_left;
    task.labels[static_cast<std::size_t>(i)] = outlier_label;
    for (Eigen::Index c = 0; c < d; ++c)
      task.points(i, c) = random.uniform(centre[c] - half_width, centre[c] + half_width);
  }
}

}  // namespace

std::vector<std::string> prior_problems(TaskSettings const& settings) {
  std::vector<std::string> problems;
  if (settings.means == MeansKind::simplex) {
    if (settings.separation <= 0)
      problems.push_back(
          "task.means = simplex needs task.separation > 0: the distance of the means "
          "in units of sigma");
    if (settings.dim.low < settings.components.high - 1)
      problems.push_back("task.means = simplex: " + std::to_string(settings.components.high) +
                         " equidistant means need task.dim of at least " +
                         std::to_string(settings.components.high - 1) + ", not " +
                         std::to_string(settings.dim.low));
  }
  bool const has_matrices = settings.covariance == CovarianceKind::tied ||
                            settings.covariance == CovarianceKind::diagonal ||
                            settings.covariance == CovarianceKind::full;
  if (settings.covariance == CovarianceKind::spherical && settings.sigma.is_fixed())
    problems.push_back(
        "task.covariance = spherical draws a sigma for each component: give task.sigma as a range "
        "such as 0.5..2");
  if (has_matrices && settings.dim.high > 1 && settings.eigenvalue_ratio == 1)
    problems.push_back("task.covariance = " + std::string(name_of(settings.covariance)) +
                       " with task.eigenvalue_ratio = 1 is task.covariance = shared; say that, or "
                       "give a ratio above 1");
  return problems;
}

TaskPrior::TaskPrior(TaskSettings const& settings) : settings_(settings) {
  for (TaskFamily const& family : settings.families) families_.emplace_back(family.settings);
  if (!families_.empty()) return;
  auto problems = prior_problems(settings);
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  Shape const tightest{settings.components.high, settings.dim.low, settings.sigma.high};
  RandomStream random(0, Purpose::probe, 0);
  RowMatrix means;
  if (!draw_means(random, settings, tightest, means))
    throw ConfigurationError(impossible_separation(settings, tightest));
}

Task TaskPrior::sample(std::uint64_t seed, Purpose purpose, std::uint64_t id) const {
  Task task;
  sample(seed, purpose, id, task);
  return task;
}

void TaskPrior::sample(std::uint64_t seed, Purpose purpose, std::uint64_t id, Task& task) const {
  if (!families_.empty()) {
    RandomStream choice(seed, Purpose::family, id, static_cast<std::uint64_t>(purpose));
    auto const family = static_cast<int>(choice.integer(0, n_families(settings_) - 1));
    families_[static_cast<std::size_t>(family)].sample(seed, purpose, id, task);
    task.family = family;
    return;
  }
  RandomStream random(seed, purpose, id);
  Shape shape{};
  shape.components =
      static_cast<int>(random.integer(settings_.components.low, settings_.components.high));
  shape.dim = static_cast<int>(random.integer(settings_.dim.low, settings_.dim.high));
  auto const n = random.integer(settings_.points.low, settings_.points.high);
  auto const& sigmas = draw_sigmas(random, settings_, shape.components, task.sigmas);
  shape.sigma = *std::max_element(sigmas.begin(), sigmas.end());

  task.id = id;
  task.family = 0;
  task.mixture.weights.resize(shape.components);
  draw_weights(random, settings_, task.mixture.weights);
  if (!draw_means(random, settings_, shape, task.mixture.means))
    throw Error("task " + std::to_string(id) + ": " + impossible_separation(settings_, shape));
  draw_covariances(random, settings_, sigmas, task.mixture);
  task.points.resize(n, shape.dim);
  task.labels.resize(static_cast<std::size_t>(n));
  draw_points(random, task.mixture, task.labels, task.points);
  if (settings_.outliers > 0) draw_outliers(random, settings_.outliers, shape.sigma, task);
}

void TaskPrior::sample_training(std::uint64_t seed, std::uint64_t id, Task& task) const {
  if (settings_.pool == 0) return sample(seed, Purpose::training_tasks, id, task);
  RandomStream choice(seed, Purpose::pool_choice, id);
  sample(settings_.pool_seed, Purpose::pool_tasks,
         static_cast<std::uint64_t>(choice.integer(0, settings_.pool - 1)), task);
}

RowMatrix sample_held_out(std::uint64_t seed, Task const& task) {
  RandomStream random(seed, Purpose::held_out_points, task.id);
  RowMatrix points(task.points.rows(), task.points.cols());
  std::vector<int> labels(static_cast<std::size_t>(points.rows()));
  draw_points(random, task.mixture, labels, points);
  return points;
}

}  // namespace tvem
