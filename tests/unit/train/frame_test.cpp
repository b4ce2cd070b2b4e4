#include "framework/train/frame.hpp"

#include <cmath>
#include <set>
#include <vector>

#include <Eigen/LU>
#include <gtest/gtest.h>

#include "framework/core/random.hpp"
#include "framework/tasks/directions.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem {
namespace {

InputSettings canonical() {
  InputSettings settings;
  settings.frame = FrameKind::canonical;
  return settings;
}

Task task_of(int dim, int points, std::uint64_t id) {
  TaskSettings settings;
  settings.dim = {dim, dim};
  settings.points = {points, points};
  settings.covariance = CovarianceKind::full;
  return TaskPrior(settings).sample(1, Purpose::probe, id);
}

/// A rotation or reflection at random.
RowMatrix orthogonal(int dim, std::uint64_t id) {
  RandomStream random(2, Purpose::probe, id);
  RowMatrix axes(dim, dim);
  draw_frame(random, 0, dim - 1, axes);
  if (id % 2 == 0) axes.row(0) *= -1;
  return axes;
}

RowMatrix moved(RowMatrix const& points, RowMatrix const& axes, double shift) {
  return (points * axes.transpose()).array() + shift;
}

double largest_difference(RowMatrix const& a, RowMatrix const& b) {
  return (a - b).cwiseAbs().maxCoeff();
}

/// Points have the same coordinates in their frame however they are rotated, reflected and moved.
void expect_same_everywhere(RowMatrix const& points, double tolerance) {
  RowMatrix const here = frame_of(canonical(), points).from_points(points);
  for (std::uint64_t id = 0; id < 20; ++id) {
    RowMatrix const elsewhere = moved(points, orthogonal(as_count(points.cols()), id), 7.5);
    RowMatrix const there = frame_of(canonical(), elsewhere).from_points(elsewhere);
    EXPECT_LT(largest_difference(here, there), tolerance) << points.cols() << " " << id;
  }
}

TEST(CanonicalFrame, RotatedReflectedAndMoved_SameCoordinates) {
  for (int const dim : {1, 2, 3, 5, 16})
    for (std::uint64_t id = 0; id < 5; ++id)
      expect_same_everywhere(task_of(dim, 60, id).points, 1e-9);
}

TEST(CanonicalFrame, MoreDimensionsThanPoints_SameCoordinates) {
  RowMatrix const points = task_of(12, 5, 3).points;
  expect_same_everywhere(points, 1e-9);
  RowMatrix const here = frame_of(canonical(), points).from_points(points);
  EXPECT_LT(here.rightCols(8).cwiseAbs().maxCoeff(), 1e-9) << "five points span four dimensions";
}

TEST(CanonicalFrame, FallingVarianceAndLongTailsAhead) {
  RowMatrix const points = task_of(4, 80, 2).points;
  RowMatrix const y = frame_of(canonical(), points).from_points(points);
  RowMatrix const scatter = y.transpose() * y;
  for (int a = 0; a < 4; ++a) {
    EXPECT_NEAR(y.col(a).sum(), 0, 1e-10);
    EXPECT_GT(y.col(a).array().cube().sum(), 0);
    for (int b = 0; b < a; ++b) EXPECT_NEAR(scatter(a, b), 0, 1e-8);
    if (a > 0) {
      EXPECT_GE(scatter(a - 1, a - 1), scatter(a, a));
    }
  }
}

/// Points on two lines through the middle, a right angle apart: as much variance on the one as on
/// the other, but other shapes.
RowMatrix tied_points() {
  RowMatrix points = RowMatrix::Zero(8, 2);
  points.col(0) << 3, -1, -1, -1, 0, 0, 0, 0;
  double const unit = std::sqrt(12.0 / 50);
  points.col(1) << 0, 0, 0, 0, 6 * unit, -3 * unit, -2 * unit, -1 * unit;
  return points;
}

TEST(CanonicalFrame, TiedSpectrum_SameCoordinates) { expect_same_everywhere(tied_points(), 1e-7); }

/// Along the second axis the cubes cancel; the points above lie nearer to the middle than those
/// below.
TEST(CanonicalFrame, CubesThatCancel_SameCoordinates) {
  RowMatrix points(6, 2);
  points.col(0) << 2, -1, -1, 3, -1.5, -1.5;
  points.col(1) << 1, 1, 1, -1, -1, -1;
  expect_same_everywhere(points, 1e-8);
}

TEST(CanonicalFrame, AllPointsEqual_AllZero) {
  RowMatrix const points = RowMatrix::Constant(5, 3, 1.25);
  EXPECT_EQ(frame_of(canonical(), points).from_points(points), RowMatrix::Zero(5, 3));
}

TEST(CanonicalFrame, PowersOfTwo_SameAxes) {
  RowMatrix const points = task_of(3, 40, 5).points;
  RowMatrix const axes = frame_of(canonical(), points).axes;
  for (int const exponent : {-300, -90, 90, 300})
    EXPECT_EQ(frame_of(canonical(), std::ldexp(1.0, exponent) * points).axes, axes) << exponent;
}

TEST(Orientation, CanonicalFrame_EachPatternOfSignsOnceAndTheLeastClearFirst) {
  RowMatrix const points = task_of(3, 40, 3).points;
  RowMatrix const y = frame_of(canonical(), points).from_points(points);
  auto const cubes = y.array().cube();
  Eigen::ArrayXd const clear =
      (cubes.colwise().sum().abs() / cubes.abs().colwise().sum()).transpose();
  Eigen::Index least_clear = 0;
  clear.minCoeff(&least_clear);
  std::set<std::vector<int>> patterns;
  for (int orientation = 0; orientation < 8; ++orientation) {
    RowMatrix const other = frame_of(canonical(), points, orientation).from_points(points);
    std::vector<int> signs;
    for (int a = 0; a < 3; ++a) signs.push_back(y(0, a) * other(0, a) > 0 ? 1 : -1);
    EXPECT_LT(largest_difference(other.cwiseAbs(), y.cwiseAbs()), 1e-12);
    EXPECT_EQ(signs[least_clear], orientation % 2 == 0 ? 1 : -1);
    patterns.insert(signs);
  }
  EXPECT_EQ(patterns.size(), 8u);
}

TEST(Orientation, CanonicalFrame_SameForRotatedPoints) {
  RowMatrix const points = task_of(3, 40, 3).points;
  RowMatrix const elsewhere = moved(points, orthogonal(3, 1), 2);
  for (int orientation = 0; orientation < 8; ++orientation)
    EXPECT_LT(
        largest_difference(frame_of(canonical(), points, orientation).from_points(points),
                           frame_of(canonical(), elsewhere, orientation).from_points(elsewhere)),
        1e-9);
}

TEST(Orientation, NoFrame_RotatedAboutTheOriginEverySecondOneReflected) {
  RowMatrix const points = task_of(3, 40, 3).points;
  InputSettings const none{.frame = FrameKind::none};
  EXPECT_TRUE(frame_of(none, points, 0).is_that_of_points());
  for (int orientation = 1; orientation < 6; ++orientation) {
    Frame const frame = frame_of(none, points, orientation);
    EXPECT_LT(largest_difference(frame.axes * frame.axes.transpose(), RowMatrix::Identity(3, 3)),
              1e-12);
    EXPECT_EQ(frame.axes.determinant() < 0, orientation % 2 == 1);
    EXPECT_EQ(frame.centre, Eigen::VectorXd::Zero(3));
    EXPECT_GT(largest_difference(frame.axes, frame_of(none, points, orientation + 1).axes), 0.1);
  }
}

TEST(Frame, MixturesLeadThereAndBack) {
  for (bool const is_standardized : {false, true})
    for (auto const kind : {FrameKind::centred, FrameKind::canonical}) {
      InputSettings settings;
      settings.frame = kind;
      settings.standardize = is_standardized;
      Task const task = task_of(3, 50, 4);
      Frame const frame = frame_of(settings, task.points);
      Mixture const there = frame.from_points(task.mixture), back = frame.to_points(there);
      EXPECT_NEAR(mean_log_likelihood(there, frame.from_points(task.points)),
                  mean_log_likelihood(task.mixture, task.points) + frame.scale.array().log().sum(),
                  1e-9);
      EXPECT_LT(largest_difference(back.means, task.mixture.means), 1e-10);
      for (int j = 0; j < task.components(); ++j)
        EXPECT_LT(largest_difference(covariance_of(back, j), covariance_of(task.mixture, j)), 1e-9);
    }
}

TEST(Frame, RotatedSphericalComponents_StayVariances) {
  TaskSettings settings;
  settings.covariance = CovarianceKind::spherical;
  settings.sigma = {0.5, 2};
  Task const task = TaskPrior(settings).sample(1, Purpose::probe, 1);
  Mixture const there = frame_of(canonical(), task.points).from_points(task.mixture);
  EXPECT_TRUE(there.is_isotropic());
  EXPECT_EQ(there.variances, task.mixture.variances);
}

TEST(Frame, CanonicalAndStandardised_White) {
  InputSettings settings = canonical();
  settings.standardize = true;
  RowMatrix const points = task_of(3, 50, 6).points;
  RowMatrix const y = frame_of(settings, points).from_points(points);
  EXPECT_LT(largest_difference(y.transpose() * y / 50, RowMatrix::Identity(3, 3)), 1e-9);
}

}  // namespace
}  // namespace tvem
