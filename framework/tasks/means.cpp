#include "framework/tasks/means.hpp"

#include <cmath>

#include "framework/core/text.hpp"
#include "framework/tasks/directions.hpp"

namespace tvem {
namespace {

/// After so many draws of a whole set of means the separation counts as impossible.
constexpr int max_draws = 100000;

/// Draws k equidistant means about the origin, with their simplex rotated at random. means: k x d.
/// The regular simplex builds on one direction after another: direction j lifts vertex j above the
/// vertices 0..j-1 by its height over their centre, and moves all of them so that the origin stays
/// the centre. Row 0 collects what the directions j..k-1 have moved the vertices below them by.
void draw_simplex(RandomStream& random, double distance, RowMatrix& means) {
  int const k = as_count(means.rows());
  draw_frame(random, 1, k - 1, means);
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

/// Adds one N(0, scale^2 I) vector to all means.
void move_at_random(RandomStream& random, double scale, RowMatrix& means) {
  for (Eigen::Index c = 0; c < means.cols(); ++c) {
    double const shift = scale * random.normal();
    for (Eigen::Index j = 0; j < means.rows(); ++j) means(j, c) += shift;
  }
}

/// Draws each mean without regard to the others.
void draw_independent(RandomStream& random, MeansKind kind, double scale, RowMatrix& means) {
  for (Eigen::Index j = 0; j < means.rows(); ++j) {
    if (kind == MeansKind::sphere) {
      draw_on_sphere(random, scale, means.row(j));
      continue;
    }
    for (Eigen::Index c = 0; c < means.cols(); ++c)
      means(j, c) =
          kind == MeansKind::gaussian ? scale * random.normal() : random.uniform(-scale, scale);
  }
}

bool are_separated(RowMatrix const& means, double distance) {
  for (Eigen::Index a = 0; a < means.rows(); ++a)
    for (Eigen::Index b = 0; b < a; ++b)
      if (squared_distance(means.row(a).data(), means.row(b).data(), means.cols()) <
          distance * distance)
        return false;
  return true;
}

}  // namespace

bool draw_means(RandomStream& random, TaskSettings const& settings, Shape const& shape,
                RowMatrix& means) {
  double const distance = shape.separation * shape.sigma;
  means.resize(shape.components, shape.dim);
  if (settings.means == MeansKind::simplex) {
    draw_simplex(random, distance, means);
    if (settings.centre == CentreKind::random) move_at_random(random, shape.scale, means);
    return true;
  }
  for (int draw = 0; draw < max_draws; ++draw) {
    draw_independent(random, settings.means, shape.scale, means);
    if (distance <= 0 || are_separated(means, distance)) return true;
  }
  return false;
}

std::string impossible_separation(TaskSettings const& settings, Shape const& shape) {
  return fmt::format(
      "task.separation = {:g}: {} draws of {} {} means with task.scale = {:g} in {} dimension{} "
      "held "
      "none with all distances at least {:g} (separation x sigma); lower task.separation, "
      "task.sigma "
      "or task.components, or raise task.scale or task.dim",
      shape.separation, max_draws, shape.components, name_of(settings.means), shape.scale,
      shape.dim, shape.dim > 1 ? "s" : "", shape.separation * shape.sigma);
}

}  // namespace tvem
