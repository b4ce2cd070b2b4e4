// Every method on points without a good clustering: what it says of itself is true.
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "framework/estimators/estimator.hpp"
#include "framework/estimators/gradient.hpp"
#include "framework/estimators/passes/maximization.hpp"
#include "tests/unit/estimators/em_testing.hpp"

namespace tvem {
namespace {

constexpr CovarianceKind covariances[] = {CovarianceKind::shared, CovarianceKind::spherical,
                                          CovarianceKind::tied, CovarianceKind::diagonal,
                                          CovarianceKind::full};

struct Case {
  char const* name;
  RowMatrix points;
  int k;
};

RowMatrix rows(std::initializer_list<std::initializer_list<double>> values) {
  RowMatrix matrix(static_cast<Eigen::Index>(values.size()),
                   static_cast<Eigen::Index>(values.begin()->size()));
  Eigen::Index i = 0;
  for (auto const& row : values)
    for (double const value : row) matrix.data()[i++] = value;
  return matrix;
}

RowMatrix equal_points(int n, double value) { return RowMatrix::Constant(n, 2, value); }

RowMatrix collinear_points() {
  RowMatrix points(12, 2);
  for (int i = 0; i < 12; ++i) points.row(i) << 0.1 * i * i, 0.3 * i * i;
  return points;
}

/// Two groups of six, each 1 wide and `distance` apart.
RowMatrix far_groups(double distance) {
  RowMatrix points(12, 2);
  for (int i = 0; i < 12; ++i)
    points.row(i) << std::sin(5 * i) + (i < 6 ? 0 : distance), std::cos(7 * i);
  return points;
}

std::vector<Case> cases() {
  RowMatrix const two_places = rows({{1, 1}, {1, 1}, {1, 1}, {5, 5}, {5, 5}});
  RowMatrix const few = far_groups(3).topRows(4);
  return {{"equal points", equal_points(6, 0.1), 2},
          {"equal points far out", equal_points(7, 1e8), 3},
          {"points at 0", equal_points(5, 0), 2},
          {"one point", rows({{0.3, -2}}), 1},
          {"fewer points than components", rows({{0.3, -2}, {1, 1}}), 3},
          {"a point a component", few, 4},
          {"two places, two components", two_places, 2},
          {"two places, three components", two_places, 3},
          {"two places, five components", two_places, 5},
          {"on a line", collinear_points(), 2},
          {"a constant coordinate",
           rows({{0, 0.1}, {1, 0.1}, {2, 0.1}, {10, 0.1}, {11, 0.1}, {12, 0.1}}), 2},
          {"groups far apart", far_groups(1e9), 2},
          {"groups far apart, three components", far_groups(1e9), 3},
          {"groups very far apart", far_groups(1e15), 2}};
}

std::vector<std::string> methods() {
  std::vector<std::string> texts{"lloyd",    "lloyd:precision=float",   "lloyd:restarts=5",
                                 "hartigan", "hartigan:start=random",   "hartigan:restarts=5",
                                 "spectral", "spectral:precision=float"};
  for (std::string const method : {"em", "two_round", "gradient"})
    for (auto const covariance : covariances) {
      bool const has_matrix = has_matrices(covariance);
      if (method == "gradient" && has_matrix) continue;
      std::string const text = method + ":covariance=" + std::string(name_of(covariance));
      for (auto const* option : {"", ":restarts=5", ":variance_floor=0"})
        texts.push_back(text + option);
      if (!has_matrix) texts.push_back(text + ":precision=float");
    }
  return texts;
}

Fit fit_of(Case const& c, std::string const& text) {
  EmSettings defaults;
  defaults.trace = 1;
  EstimatorSpec const spec = parse_estimator(text, defaults);
  Task task;
  task.points = c.points;
  task.mixture.means = RowMatrix::Zero(c.k, c.points.cols());
  return run_baseline(spec, {}, {}, task, {.seed = 1, .count = spec.restarts()});
}

TEST(Degenerate, EveryMethodAndInput_StatusLikelihoodAndLabelsAreTrue) {
  for (auto const& c : cases())
    for (auto const& text : methods()) {
      SCOPED_TRACE(std::string(c.name) + ", " + text);
      Fit const fit = fit_of(c, text);
      EXPECT_TRUE(std::isfinite(fit.log_likelihood));
      EXPECT_TRUE(fit.mixture.means.allFinite());
      double const rounding = text.ends_with("float") ? 1e-5 : 1e-9;
      EXPECT_NEAR(fit.mixture.weights.sum(), 1, rounding);
      std::set<int> const used(fit.labels.begin(), fit.labels.end());
      ASSERT_EQ(static_cast<Eigen::Index>(fit.labels.size()), c.points.rows());
      EXPECT_TRUE(*used.begin() >= 0 && *used.rbegin() < c.k);
      EXPECT_TRUE(static_cast<int>(used.size()) == c.k || fit.status != FitStatus::converged);
      // The singular covariances of points on a line, without a floor, have no next step.
      bool const is_singular =
          text.ends_with("tied:variance_floor=0") || text.ends_with("full:variance_floor=0");
      EXPECT_TRUE(is_singular || fit.status != FitStatus::failed);
      EXPECT_LE(fit.n_dead, c.k * fit.total_iterations);
      double const start = fit.trace.at(0).log_likelihood;
      bool const has_likelihood = !std::isnan(start) && fit.n_dead == 0;
      EXPECT_TRUE(!has_likelihood || fit.log_likelihood >= start - rounding * std::fabs(start));
    }
}

TEST(Degenerate, FewerPlacesThanClusters_DeadComponents) {
  for (std::string const text : {"lloyd", "lloyd:precision=float", "hartigan", "spectral"}) {
    for (auto const& places : {rows({{1, 1}, {1, 1}, {1, 1}, {5, 5}, {5, 5}}),
                               rows({{0.1, 1}, {0.1, 1}, {0.1, 1}, {0.7, 5}, {0.7, 5}})}) {
      Fit const fit = fit_of({"", places, 3}, text);
      EXPECT_EQ(fit.status, FitStatus::dead_component) << text;
      EXPECT_EQ(fit.n_dead, 1) << text;
      EXPECT_EQ(std::set<int>(fit.labels.begin(), fit.labels.end()).size(), 2u) << text;
    }
  }
}

TEST(Degenerate, EqualPoints_LikelihoodOfTheStart) {
  for (std::string const text : {"em", "gradient", "two_round", "em:covariance=full"})
    for (double const value : {0.1, 5.0, 1e8}) {
      Fit const fit = fit_of({"", equal_points(6, value), 2}, text);
      EXPECT_EQ(fit.status, FitStatus::collapsed) << text;
      EXPECT_EQ(fit.log_likelihood, fit.trace.at(0).log_likelihood) << text;
      EXPECT_EQ(fit.mixture.means, RowMatrix::Constant(2, 2, value)) << text;
    }
}

TEST(Degenerate, GradientThatOnlyRoundingMoves_TheStart) {
  // Called without the units that take the rounding away.
  Fit const fit = gradient_ascent(equal_points(5, 0.3), 2, {}, {.seed = 1});
  EXPECT_EQ(fit.mixture.means, RowMatrix::Constant(2, 2, 0.3));
  EXPECT_EQ(fit.status, FitStatus::collapsed);
}

TEST(Degenerate, ConstantCoordinate_ItsValueChangesNothing) {
  for (auto const& text : methods()) {
    auto const fit_with = [&](double value) {
      RowMatrix points =
          rows({{0, value}, {1, value}, {2, value}, {10, value}, {11, value}, {12, value}});
      return fit_of({"", points, 2}, text);
    };
    Fit const expected = fit_with(0);
    for (double const value : {0.1, -7.3, 1e8, 1e-300, 1e300}) {
      Fit const fit = fit_with(value);
      EXPECT_EQ(fit.labels, expected.labels) << text << " " << value;
      EXPECT_EQ(fit.log_likelihood, expected.log_likelihood) << text << " " << value;
      EXPECT_EQ(fit.status, expected.status) << text << " " << value;
      EXPECT_EQ(fit.mixture.means.col(1), Eigen::VectorXd::Constant(2, value)) << text;
    }
  }
}

}  // namespace
}  // namespace tvem
