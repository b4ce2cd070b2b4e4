#include "framework/tasks/prior.hpp"

#include <algorithm>
#include <cmath>

#include "framework/core/error.hpp"
#include "framework/core/math.hpp"
#include "framework/core/text.hpp"
#include "framework/tasks/means.hpp"
#include "framework/tasks/spread.hpp"

namespace tvem {
namespace {

int draw_from(Range<int> range, RandomStream& random) {
  return random.integer(range.low, range.high);
}

/// Takes no random number for a fixed value.
double draw_unless_fixed(Range<double> range, RandomStream& random) {
  return range.is_fixed() ? range.low : random.uniform(range.low, range.high);
}

void draw_weights(RandomStream& random, TaskSettings const& settings, Eigen::VectorXd& weights) {
  if (settings.weights == WeightsKind::equal) {
    weights.setConstant(1.0 / as_real(weights.size()));
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
  int const last = as_count(weights.size()) - 1;
  for (int j = 0; j < last; ++j) {
    cumulative += weights[j];
    if (u < cumulative) return j;
  }
  return last;
}

/// The sigmas of a task: one, or one for each component.
std::vector<double>& draw_sigmas(RandomStream& random, TaskSettings const& settings, int components,
                                 std::vector<double>& sigmas) {
  bool const is_spherical = settings.covariance == CovarianceKind::spherical;
  sigmas.resize(is_spherical ? components : 1);
  for (double& sigma : sigmas) sigma = random.uniform(settings.sigma.low, settings.sigma.high);
  return sigmas;
}

/// Labels (n) and points (n x d) of a mixture.
void draw_points(RandomStream& random, Mixture const& mixture, std::span<int> labels,
                 RowMatrix& points) {
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    int const z = label_from(random.uniform(), mixture.weights);
    labels[i] = z;
    draw_point(random, mixture, z, points.data() + i * points.cols());
  }
}

/// Labels exactly floor(share n) of the points as outliers; every set of as many is as likely. Puts
/// them uniformly into the cube about the centre of the means whose faces are 6 sigma from the
/// outermost mean.
void draw_outliers(RandomStream& random, double share, double sigma, Task& task) {
  Eigen::Index const n = task.points.rows(), d = task.points.cols();
  Eigen::RowVectorXd const centre = task.mixture.means.colwise().mean();
  double const half_width =
      (task.mixture.means.rowwise() - centre).cwiseAbs().maxCoeff() + 6 * sigma;
  // The addend is there since 0.29 x 100 is below 29 in floating point.
  Eigen::Index n_left = whole_part(share * as_real(n) + 1e-9);
  for (Eigen::Index i = 0; i < n && n_left > 0; ++i) {
    if (random.integer(0, n - i - 1) >= n_left) continue;
    --n_left;
    task.labels[i] = outlier_label;
    for (Eigen::Index c = 0; c < d; ++c)
      task.points(i, c) = random.uniform(centre[c] - half_width, centre[c] + half_width);
  }
}

/// Replaces a share of the labels, each by another of the task's components.
void replace_labels(std::uint64_t seed, double share, Task& task) {
  if (share == 0 || task.components() == 1) return;
  RandomStream random(seed, Purpose::label_noise, task.id);
  for (int& label : task.labels) {
    bool const is_replaced = random.uniform() < share;
    int const shift = random.integer(1, task.components() - 1);
    if (is_replaced && label != outlier_label) label = (label + shift) % task.components();
  }
}

}  // namespace

std::vector<std::string> prior_problems(TaskSettings const& settings) {
  std::vector<std::string> problems;
  int const k = settings.components.high;
  if (settings.means == MeansKind::simplex && settings.separation.low <= 0)
    problems.emplace_back(
        "task.means = simplex needs task.separation > 0: the distance of the means in units of "
        "sigma");
  if (settings.means == MeansKind::simplex && settings.dim.low < k - 1)
    problems.push_back(fmt::format(
        "task.means = simplex: {} equidistant means need task.dim of at least {}, not {}", k, k - 1,
        settings.dim.low));
  if (settings.covariance == CovarianceKind::spherical && settings.sigma.is_fixed())
    problems.emplace_back(
        "task.covariance = spherical draws a sigma for each component: give task.sigma as a range "
        "such as 0.5..2");
  if (has_matrices(settings.covariance) && settings.dim.high > 1 && settings.eigenvalue_ratio == 1)
    problems.push_back(
        fmt::format("task.covariance = {} with task.eigenvalue_ratio = 1 is task.covariance = "
                    "shared; say that, "
                    "or give a ratio above 1",
                    name_of(settings.covariance)));
  return problems;
}

TaskPrior::TaskPrior(TaskSettings const& settings) : settings_(settings) {
  for (TaskFamily const& family : settings.families) families_.emplace_back(family.settings);
  if (!families_.empty()) return;
  auto problems = prior_problems(settings);
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  Shape const tightest{.components = settings.components.high,
                       .dim = settings.dim.low,
                       .sigma = settings.sigma.high,
                       .scale = settings.scale.low,
                       .separation = settings.separation.high};
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
  if (!families_.empty()) return sample_of_family(seed, purpose, id, task);
  RandomStream random(seed, purpose, id);
  Shape shape{};
  shape.components = draw_from(settings_.components, random);
  shape.dim = draw_from(settings_.dim, random);
  int const n = draw_from(settings_.points, random);
  auto const& sigmas = draw_sigmas(random, settings_, shape.components, task.sigmas);
  shape.sigma = *std::max_element(sigmas.begin(), sigmas.end());
  shape.scale = draw_unless_fixed(settings_.scale, random);
  shape.separation = draw_unless_fixed(settings_.separation, random);

  task.id = id;
  task.family = 0;
  task.mixture.weights.resize(shape.components);
  draw_weights(random, settings_, task.mixture.weights);
  if (!draw_means(random, settings_, shape, task.mixture.means))
    throw Error(fmt::format("task {}: {}", id, impossible_separation(settings_, shape)));
  draw_covariances(random, settings_, sigmas, task.mixture);
  task.points.resize(n, shape.dim);
  task.labels.resize(n);
  draw_points(random, task.mixture, task.labels, task.points);
  if (settings_.outliers > 0) draw_outliers(random, settings_.outliers, shape.sigma, task);
}

void TaskPrior::sample_of_family(std::uint64_t seed, Purpose purpose, std::uint64_t id,
                                 Task& task) const {
  RandomStream choice(seed, Purpose::family, id, number_of(purpose));
  int const family = choice.integer(0, n_families(settings_) - 1);
  families_[family].sample(seed, purpose, id, task);
  task.family = family;
}

void TaskPrior::sample_training(std::uint64_t seed, std::uint64_t id, Task& task) const {
  if (settings_.pool == 0) {
    sample(seed, Purpose::training_tasks, id, task);
    return replace_labels(seed, settings_.label_noise, task);
  }
  RandomStream choice(seed, Purpose::pool_choice, id);
  sample(settings_.pool_seed, Purpose::pool_tasks, choice.integer(0, settings_.pool - 1), task);
  // A task of the pool has the same wrong labels whenever it is drawn.
  replace_labels(settings_.pool_seed, settings_.label_noise, task);
}

RowMatrix sample_held_out(std::uint64_t seed, Task const& task) {
  if (!task.has_mixture()) return {};
  RandomStream random(seed, Purpose::held_out_points, task.id);
  RowMatrix points(task.points.rows(), task.points.cols());
  std::vector<int> labels(points.rows());
  draw_points(random, task.mixture, labels, points);
  return points;
}

}  // namespace tvem
