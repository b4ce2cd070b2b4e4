#include "framework/train/frame.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <Eigen/Eigenvalues>
#include <Eigen/LU>

#include "framework/core/random.hpp"
#include "framework/estimators/passes/scaling.hpp"
#include "framework/tasks/directions.hpp"

namespace tvem {
namespace {

/// What differs by no more than this share of the whole is equal but for rounding.
constexpr double rounding = 1e-10;

RowMatrix centred_at(RowMatrix const& points, Eigen::VectorXd const& centre) {
  return points.rowwise() - centre.transpose();
}

double standard_deviation(RowMatrix const& points, Eigen::Index c, double mean) {
  double largest = 0, square_sum = 0;
  for (Eigen::Index i = 0; i < points.rows(); ++i)
    largest = std::fmax(largest, std::fabs(points(i, c) - mean));
  // A power of two, which changes no digit, keeps squares within the range of double.
  double const unit = std::ldexp(1.0, std::ilogb(largest));
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    double const deviation = (points(i, c) - mean) / unit;
    square_sum += deviation * deviation;
  }
  return unit * std::sqrt(square_sum / as_real(points.rows()));
}

/// Sum of w_i x_i x_i^T (d x d).
RowMatrix scatter(RowMatrix const& points, Eigen::VectorXd const& weights) {
  Eigen::Index const d = points.cols();
  RowMatrix sum = RowMatrix::Zero(d, d);
  for (Eigen::Index i = 0; i < points.rows(); ++i)
    for (Eigen::Index a = 0; a < d; ++a) {
      double const value = weights[i] * points(i, a);
      for (Eigen::Index b = 0; b <= a; ++b) sum(a, b) += value * points(i, b);
    }
  return sum;
}

struct Axes {
  Eigen::VectorXd values;  // falling
  RowMatrix vectors;       // as rows
};

/// Reads the lower triangle.
Axes eigenvectors_of(RowMatrix const& symmetric) {
  Eigen::SelfAdjointEigenSolver<RowMatrix> const solver(symmetric);
  return {solver.eigenvalues().reverse(), solver.eigenvectors().rowwise().reverse().transpose()};
}

/// points (n x d) along axes (m x d): n x m.
RowMatrix along(RowMatrix const& points, Eigen::Ref<RowMatrix const> axes) {
  return points.lazyProduct(axes.transpose());
}

/// Turns the axes `first` .. `last`, whose eigenvalues are equal, to where the far points lie.
void separate_tie(RowMatrix const& centred, Eigen::Index first, Eigen::Index last, Axes& axes) {
  auto tied = axes.vectors.middleRows(first, last - first);
  RowMatrix const turn =
      eigenvectors_of(scatter(along(centred, tied), centred.rowwise().squaredNorm())).vectors;
  tied = turn.lazyProduct(tied).eval();
}

void separate_ties(RowMatrix const& centred, Axes& axes) {
  Eigen::Index const d = axes.values.size();
  double const smallest_gap = rounding * axes.values[0];
  for (Eigen::Index first = 0, last = 0; first < d; first = last) {
    for (last = first + 1; last < d; ++last)
      if (axes.values[last - 1] - axes.values[last] > smallest_gap) break;
    if (last - first > 1) separate_tie(centred, first, last, axes);
  }
}

/// Whether the axis points away from where the points have their long tail.
bool is_reversed(RowMatrix const& centred, Eigen::VectorXd const& y) {
  auto const cube = y.array().cube();
  Eigen::ArrayXd const moments[] = {cube, y.array() * centred.rowwise().squaredNorm().array(),
                                    cube * y.array().square()};
  for (Eigen::ArrayXd const& terms : moments) {
    double const sum = terms.sum();
    if (std::fabs(sum) > rounding * terms.abs().sum()) return sum < 0;
  }
  return false;
}

/// The middle of the points; of a coordinate that is constant but for rounding, its value.
Eigen::VectorXd centre_of(RowMatrix const& points) {
  Eigen::VectorXd centre(points.cols());
  for (Eigen::Index c = 0; c < points.cols(); ++c)
    centre[c] = is_constant(points, c) ? points(0, c) : column_mean(points, c);
  return centre;
}

/// Standard deviations of coordinates; 1 of those that are constant but for rounding.
Eigen::VectorXd scale_of(RowMatrix const& points) {
  Eigen::VectorXd scale = Eigen::VectorXd::Ones(points.cols());
  for (Eigen::Index c = 0; c < points.cols(); ++c)
    if (!is_constant(points, c)) scale[c] = standard_deviation(points, c, column_mean(points, c));
  return scale;
}

/// The mixture with the covariances M covariance_j M^T; NaN where one has no inverse.
Mixture transformed(Mixture const& mixture, RowMatrix const& matrix) {
  Mixture result = with_factors(mixture);
  for (Eigen::Index j = 0; j < result.components(); ++j) {
    RowMatrix const root = matrix.lazyProduct(result.factor(j));
    RowMatrix covariance = root.lazyProduct(root.transpose());
    if (!factorize(covariance)) covariance.setConstant(std::nan(""));
    result.factor(j) = covariance;
  }
  return result;
}

/// The mixture with the factors diag(scale) F_j.
Mixture scaled(Mixture const& mixture, Eigen::VectorXd const& scale) {
  Mixture result = with_factors(mixture);
  for (Eigen::Index j = 0; j < result.components(); ++j)
    result.factor(j) = scale.asDiagonal() * result.factor(j);
  return result;
}

/// Points divided by a power of two, which changes no digit, so that fourth powers of coordinates
/// are within the range of double.
RowMatrix in_range(RowMatrix const& points) {
  double const largest = points.size() > 0 ? points.cwiseAbs().maxCoeff() : 0;
  return largest > 0 ? RowMatrix(points / std::ldexp(1.0, std::ilogb(largest))) : points;
}

/// How clearly the points say which way the axis points: |sum of cubes| / sum of |cubes|.
double clearness(Eigen::VectorXd const& y) {
  double const sum = y.array().cube().sum(), largest = y.array().cube().abs().sum();
  return largest > 0 ? std::fabs(sum) / largest : 0;
}

/// The axes with the signs that the bits of `number` turn: the lowest bit that of the least clear.
RowMatrix with_signs(RowMatrix axes, RowMatrix const& centred, int number) {
  if (number == 0) return axes;
  RowMatrix const points = in_range(centred);
  std::vector<std::pair<double, Eigen::Index>> order;
  for (Eigen::Index a = 0; a < axes.rows(); ++a)
    order.emplace_back(clearness(along(points, axes.row(a))), a);
  std::sort(order.begin(), order.end());
  for (auto const& [clear, a] : order) {
    if (number % 2 == 1) axes.row(a) *= -1;
    number /= 2;
  }
  return axes;
}

/// Rotated at random; every second one is reflected.
RowMatrix random_axes(Eigen::Index d, int number) {
  RandomStream random(0, Purpose::orientation, number);
  RowMatrix axes(d, d);
  draw_frame(random, 0, d - 1, axes);
  if ((axes.determinant() < 0) != (number % 2 == 1)) axes.row(0) *= -1;
  return axes;
}

bool changes_lengths(Frame const& frame) { return (frame.scale.array() != 1).any(); }

}  // namespace

RowMatrix canonical_axes(RowMatrix const& points) {
  RowMatrix const centred = in_range(points);
  Axes axes = eigenvectors_of(scatter(centred, Eigen::VectorXd::Ones(centred.rows())));
  separate_ties(centred, axes);
  for (Eigen::Index a = 0; a < axes.vectors.rows(); ++a)
    if (is_reversed(centred, along(centred, axes.vectors.row(a)))) axes.vectors.row(a) *= -1;
  return axes.vectors;
}

Frame standard_frame(RowMatrix const& points) {
  return {.centre = centre_of(points), .scale = scale_of(points), .axes = {}};
}

namespace {

/// None where they are those of the points.
RowMatrix axes_of(FrameKind kind, RowMatrix const& centred, int orientation) {
  if (kind == FrameKind::canonical)
    return with_signs(canonical_axes(centred), centred, orientation);
  return orientation > 0 ? random_axes(centred.cols(), orientation) : RowMatrix{};
}

}  // namespace

Frame frame_of(InputSettings const& settings, RowMatrix const& points, int orientation) {
  if (settings.frame == FrameKind::none && orientation == 0)
    return settings.standardize ? standard_frame(points) : Frame{};
  Eigen::Index const d = points.cols();
  Frame frame{.centre = Eigen::VectorXd::Zero(d), .scale = Eigen::VectorXd::Ones(d), .axes = {}};
  if (settings.frame != FrameKind::none || settings.standardize) frame.centre = centre_of(points);
  frame.axes = axes_of(settings.frame, centred_at(points, frame.centre), orientation);
  if (settings.standardize) frame.scale = scale_of(frame.from_points(points));
  return frame;
}

RowMatrix Frame::from_points(RowMatrix const& points) const {
  if (is_that_of_points()) return points;
  RowMatrix moved = centred_at(points, centre);
  if (axes.size() > 0) moved = along(moved, axes);
  return moved.array().rowwise() / scale.transpose().array();
}

Mixture Frame::from_points(Mixture const& mixture) const {
  if (is_that_of_points()) return mixture;
  Mixture result = mixture;
  if (axes.size() > 0 && !mixture.is_isotropic()) result = transformed(mixture, axes);
  if (axes.size() == 0 || changes_lengths(*this)) result = scaled(result, scale.cwiseInverse());
  result.means = from_points(mixture.means);
  return result;
}

Mixture Frame::to_points(Mixture const& mixture) const {
  if (is_that_of_points()) return mixture;
  Mixture result = mixture;
  if (axes.size() == 0 || changes_lengths(*this)) result = scaled(mixture, scale);
  if (axes.size() > 0 && !result.is_isotropic()) result = transformed(result, axes.transpose());
  result.means = mixture.means.array().rowwise() * scale.transpose().array();
  if (axes.size() > 0) result.means = result.means.lazyProduct(axes).eval();
  result.means.rowwise() += centre.transpose();
  return result;
}

}  // namespace tvem
