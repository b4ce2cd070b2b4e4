
#include <algorithm>
#include <initializer_list>

#include <gtest/gtest.h>

#include "tests/unit/estimators/em_testing.hpp"

namespace tvem {
namespace {

RowMatrix column(std::initializer_list<double> values) {
  RowMatrix matrix(static_cast<Eigen::Index>(values.size()), 1);
  std::copy(values.begin(), values.end(), matrix.data());
  return matrix;
}

TEST(LloydFrom, TwoEmptyClusters_TakeTwoPoints) {
  // The first mean has all points; 10 and -8 are farthest from it.
  Fit const fit = lloyd_iterations(column({-8, -0.5, 0, 0.5, 10}), column({0, 1e4, -1e4}), 100);
  EXPECT_EQ(fit.n_dead, 2);
  EXPECT_EQ(fit.labels, (std::vector<int>{2, 0, 0, 0, 1}));
  EXPECT_EQ(fit.mixture.means, column({0, 10, -8}));
}

TEST(Em, CollapsedFit_VarianceAtTheFloorInUnitsOfThePoints) {
  // Two equal points far away from the others: a component of their own has no variance.
  for (double const unit : {1.0, 1024.0}) {
    RowMatrix const points = unit * column({0, 1, 2.5, 3, 4.5, 5, 60, 60});
    Mixture start;
    start.weights = Eigen::VectorXd::Constant(2, 0.5);
    start.means = unit * column({2, 60});
    start.variances = Eigen::VectorXd::Constant(2, unit * unit);
    EmSettings settings;
    settings.covariance = CovarianceKind::spherical;
    settings.variance_floor = 0.002;
    Fit const fit = em_from(points, start, settings);
    EXPECT_EQ(fit.status, FitStatus::collapsed);
    EXPECT_EQ(fit.n_collapsed, 1);
    EXPECT_DOUBLE_EQ(fit.mixture.variances[1], 0.002 * mean_variance(points));
    EXPECT_GT(fit.mixture.variances[0], unit * unit);
  }
}

}  // namespace
}  // namespace tvem
