#include "tvem/tasks/prior.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "tvem/core/error.hpp"
#include "tvem/core/math.hpp"

namespace tvem {
namespace {

/// Draws of a whole set of means before the separation counts as impossible.
constexpr int max_draws = 100000;

struct Shape {
  int components;
  int dim;
  double sigma;
};

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

/// A row uniform on the sphere of the given radius.
void draw_on_sphere(RandomStream& random, double radius, Eigen::Ref<Eigen::RowVectorXd> row) {
  double norm = 0;
  while (norm < 1e-150) {  // a Gaussian of length 0 has no direction
    norm = 0;
    for (double& value : row) {
      value = random.normal();
      norm += value * value;
    }
    norm = std::sqrt(norm);
  }
  for (double& value : row) value *= radius / norm;
}

/// Makes rows first..last orthonormal, uniformly oriented: Gram-Schmidt on Gaussian vectors, twice
/// for accuracy.
void draw_frame(RandomStream& random, int first, int last, RowMatrix& rows) {
  int const d = static_cast<int>(rows.cols());
  for (int i = first; i <= last; ++i) {
    double norm = 0;
    while (norm < 1e-6) {
      for (int c = 0; c < d; ++c) rows(i, c) = random.normal();
      for (int pass = 0; pass < 2; ++pass)
        for (int j = first; j < i; ++j) {
          double dot = 0;
          for (int c = 0; c < d; ++c) dot += rows(i, c) * rows(j, c);
          for (int c = 0; c < d; ++c) rows(i, c) -= dot * rows(j, c);
        }
      norm = 0;
      for (int c = 0; c < d; ++c) norm += rows(i, c) * rows(i, c);
      norm = std::sqrt(norm);
    }
    for (int c = 0; c < d; ++c) rows(i, c) /= norm;
  }
}

/// k equidistant means about the origin, their simplex rotated at random. means: k x d.
void draw_simplex(RandomStream& random, double distance, RowMatrix& means) {
  int const k = static_cast<int>(means.rows());
  draw_frame(random, 1, k - 1, means);
  // The regular simplex builds on one direction after another: direction j lifts vertex j above the
  // vertices 0..j-1 by its height over their centre, and moves all of them so that the origin stays
  // the centre. Row 0 collects what the directions j..k-1 have moved the vertices below them by.
  means.row(0).setZero();
  for (int j = k - 1; j >= 1; --j) {
    double const height = distance * std::sqrt((j + 1.0) / (2.0 * j));
    for (Eigen::Index c = 0; c < means.cols(); ++c) {
      double const direction = means(j, c);
      means(j, c) = means(0, c) + height * j / (j + 1.0) * direction;
      means(0, c) -= height / (j + 1.0) * direction;
    }
  }
}

bool are_separated(RowMatrix const& means, double distance) {
  for (Eigen::Index a = 0; a < means.rows(); ++a)
    for (Eigen::Index b = 0; b < a; ++b) {
      double squared = 0;
      for (Eigen::Index c = 0; c < means.cols(); ++c)
        squared += (means(a, c) - means(b, c)) * (means(a, c) - means(b, c));
      if (squared < distance * distance) return false;
    }
  return true;
}

/// Means given that all their distances are at least the separation: the whole set is drawn again
/// until they are, so that the distribution is the conditional one. Returns whether that happened.
bool draw_means(RandomStream& random, TaskSettings const& settings, Shape const& shape,
                RowMatrix& means) {
  double const distance = settings.separation * shape.sigma;
  means.resize(shape.components, shape.dim);
  if (settings.means == MeansKind::simplex) {
    draw_simplex(random, distance, means);
    return true;
  }
  for (int draw = 0; draw < max_draws; ++draw) {
    for (int j = 0; j < shape.components; ++j) {
      if (settings.means == MeansKind::sphere) {
        draw_on_sphere(random, settings.scale, means.row(j));
        continue;
      }
      for (int c = 0; c < shape.dim; ++c)
        means(j, c) = settings.means == MeansKind::gaussian
                          ? settings.scale * random.normal()
                          : random.uniform(-settings.scale, settings.scale);
    }
    if (distance <= 0 || are_separated(means, distance)) return true;
  }
  return false;
}

std::string impossible_separation(TaskSettings const& settings, Shape const& shape) {
  std::ostringstream text;
  text << "task.separation = " << settings.separation << ": " << max_draws << " draws of "
       << shape.components << " " << name_of(settings.means)
       << " means with task.scale = " << settings.scale << " in " << shape.dim << " dimension"
       << (shape.dim > 1 ? "s" : "") << " held none with all distances at least "
       << settings.separation * shape.sigma
       << " (separation x sigma); lower task.separation, task.sigma or task.components, or raise "
          "task.scale or task.dim";
  return text.str();
}

int label_from(double u, Eigen::VectorXd const& weights) {
  double cumulative = 0;
  for (Eigen::Index j = 0; j + 1 < weights.size(); ++j) {
    cumulative += weights[j];
    if (u < cumulative) return static_cast<int>(j);
  }
  return static_cast<int>(weights.size()) - 1;
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
  return problems;
}

TaskPrior::TaskPrior(TaskSettings const& settings) : settings_(settings) {
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
  RandomStream random(seed, purpose, id);
  Shape shape{};
  shape.components =
      static_cast<int>(random.integer(settings_.components.low, settings_.components.high));
  shape.dim = static_cast<int>(random.integer(settings_.dim.low, settings_.dim.high));
  auto const n = random.integer(settings_.points.low, settings_.points.high);
  shape.sigma = random.uniform(settings_.sigma.low, settings_.sigma.high);

  task.id = id;
  task.mixture.weights.resize(shape.components);
  draw_weights(random, settings_, task.mixture.weights);
  if (!draw_means(random, settings_, shape, task.mixture.means))
    throw Error("task " + std::to_string(id) + ": " + impossible_separation(settings_, shape));
  task.mixture.variances.setConstant(shape.components, shape.sigma * shape.sigma);
  task.points.resize(n, shape.dim);
  task.labels.resize(static_cast<std::size_t>(n));
  for (Eigen::Index i = 0; i < n; ++i) {
    int const z = label_from(random.uniform(), task.mixture.weights);
    task.labels[static_cast<std::size_t>(i)] = z;
    for (int c = 0; c < shape.dim; ++c)
      task.points(i, c) = task.mixture.means(z, c) + shape.sigma * random.normal();
  }
}

}  // namespace tvem
