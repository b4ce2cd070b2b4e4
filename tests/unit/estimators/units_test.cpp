// Every method in all units of length: the same labels, and a likelihood that knows the volume.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "framework/estimators/estimator.hpp"
#include "framework/estimators/passes/scaling.hpp"
#include "tests/unit/estimators/em_testing.hpp"

namespace tvem {
namespace {

char const* const methods[] = {"em",
                               "em:restarts=5",
                               "em:precision=float",
                               "em:covariance=spherical",
                               "em:covariance=spherical:precision=float",
                               "em:covariance=tied",
                               "em:covariance=diagonal",
                               "em:covariance=full",
                               "em:start=spectral",
                               "em:start=given",
                               "two_round",
                               "two_round:covariance=full",
                               "gradient",
                               "gradient:covariance=spherical:precision=float",
                               "lloyd",
                               "lloyd:precision=float",
                               "hartigan",
                               "spectral",
                               "spectral:precision=float"};

/// Two groups of 60 points in three dimensions, the first moved from the origin.
Task two_groups() {
  TaskSettings prior;
  prior.dim = {3, 3};
  prior.components = {2, 2};
  prior.points = {120, 120};
  prior.means = MeansKind::simplex;
  prior.separation = {5, 5};
  return TaskPrior(prior).sample(1, Purpose::probe, 3);
}

/// The same in units of which the old one has `unit`.
Task in_units(Task task, double unit) {
  task.points *= unit;
  task.mixture.means *= unit;
  task.mixture.variances *= unit * unit;
  return task;
}

Fit fit_of(std::string const& text, Task const& task, double unit = 1) {
  EmSettings defaults;
  defaults.trace = 2;
  EstimatorSpec const spec = parse_estimator(text, defaults);
  EstimationSettings settings;
  settings.task.scale = {settings.task.scale.low * unit, settings.task.scale.high * unit};
  settings.input.guess = GuessKind::kmeans_plus_plus;
  return run_baseline(spec, settings.task, settings.input, task,
                      {.seed = 1, .count = spec.restarts()});
}

/// Log-likelihood per point that units of which the old one has `unit` take away.
double log_volume(Task const& task, double unit) {
  return static_cast<double>(task.points.cols()) * std::log(unit);
}

TEST(Units, EveryMethod_SameLabelsAndShiftedLikelihood) {
  Task const task = two_groups();
  for (std::string const text : methods) {
    Fit const expected = fit_of(text, task);
    for (double const unit : {1e-160, 1e-100, 1e-25, 1e-13, 1e13, 1e19, 1e100, 1e150}) {
      SCOPED_TRACE(text + " " + std::to_string(std::log10(unit)));
      Fit const fit = fit_of(text, in_units(task, unit), unit);
      EXPECT_EQ(fit.labels, expected.labels);
      EXPECT_EQ(fit.status, expected.status);
      // Iterations in float may end at another one.
      double const rounding = text.ends_with("float") ? 1e-4 : 1e-7, shift = log_volume(task, unit);
      EXPECT_NEAR(fit.log_likelihood + shift, expected.log_likelihood, rounding);
      EXPECT_LT((fit.mixture.means / unit - expected.mixture.means).norm(), 100 * rounding);
      ASSERT_EQ(fit.trace.size(), expected.trace.size());
      for (std::size_t i = 0; i < fit.trace.size(); ++i) {
        double const before = expected.trace[i].log_likelihood;
        double const after = fit.trace[i].log_likelihood + shift;
        EXPECT_TRUE(std::isnan(before) || std::fabs(after - before) < rounding) << after - before;
      }
    }
  }
}

TEST(Units, WhatIsKnown_ScaledAlong) {
  Task const task = two_groups();
  for (std::string const text :
       {"em:known=variance", "em:known=variance+weights+means_prior", "em:start=oracle",
        "em:known=means_prior:covariance=full", "gradient:known=variance"}) {
    Fit const expected = fit_of(text, task);
    for (double const unit : {1e-100, 1e-20, 1e20, 1e100}) {
      Fit const fit = fit_of(text, in_units(task, unit), unit);
      EXPECT_EQ(fit.labels, expected.labels) << text << " " << unit;
      EXPECT_EQ(fit.iterations, expected.iterations) << text << " " << unit;
      EXPECT_NEAR(fit.log_likelihood + log_volume(task, unit), expected.log_likelihood, 1e-9)
          << text << " " << unit;
    }
  }
}

TEST(Scaling, OrdinaryPoints_StayAsTheyAre) {
  Task const task = two_groups();
  for (double const unit : {1e-10, 1.0, 1e10})
    EXPECT_TRUE(ordinary_scaling(unit * task.points).is_identity()) << unit;
  EXPECT_TRUE(ordinary_scaling(RowMatrix::Zero(4, 2)).is_identity());
  EXPECT_TRUE(ordinary_scaling(RowMatrix::Constant(1, 2, 3)).is_identity());
}

TEST(Scaling, Centred_ExactlyBackAndLargestCoordinateNearOne) {
  RowMatrix points = 1e-160 * two_groups().points;
  points.col(1).setConstant(0.1);
  Scaling const scaling = centred_scaling(points);
  RowMatrix const scaled = scaling.from_points(points);
  EXPECT_TRUE((scaled.col(1).array() == 0).all());
  EXPECT_LT(scaled.colwise().mean().norm(), 1e-12);
  EXPECT_GE(scaled.cwiseAbs().maxCoeff(), 0.5);
  EXPECT_LT(scaled.cwiseAbs().maxCoeff(), 1);
  Mixture mixture = two_groups().mixture;
  Mixture const back = scaling.from_points(scaling.to_points(mixture));
  EXPECT_LT((back.means.col(0) - mixture.means.col(0)).norm(), 1e-12);
}

TEST(Scaling, ConstantCoordinate_OnlyWithinRounding) {
  RowMatrix points(3, 5);
  double const epsilon = std::numeric_limits<double>::epsilon();
  points << 0.1, 1, 0, 1e8, 1e-300,             //
      0.1, 1 + epsilon, 0, 1e8 + 1e-6, 1e-300,  //
      0.1, 1 - epsilon, 1e-300, 1e8, 1e-300;
  std::vector<bool> constant;
  for (int c = 0; c < 5; ++c) constant.push_back(is_constant(points, c));
  EXPECT_EQ(constant, (std::vector<bool>{true, true, false, false, true}));
}

}  // namespace
}  // namespace tvem
