#include "framework/estimators/criteria.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace tvem {
namespace {

TEST(Criteria, FreeParameters_OfEveryKindOfCovariance) {
  int const k = 3, d = 4;
  auto const count = [&](CovarianceKind kind) {
    EmSettings settings;
    settings.covariance = kind;
    return n_free_parameters(settings, k, d) - (k - 1) - k * d;
  };
  EXPECT_EQ(count(CovarianceKind::shared), 1);
  EXPECT_EQ(count(CovarianceKind::spherical), 3);
  EXPECT_EQ(count(CovarianceKind::tied), 10);
  EXPECT_EQ(count(CovarianceKind::diagonal), 12);
  EXPECT_EQ(count(CovarianceKind::full), 30);
}

TEST(Criteria, FreeParameters_DegreesWhereTheyAreEstimated) {
  EmSettings settings;
  int const plain = n_free_parameters(settings, 2, 2);
  settings.noise = NoiseModel::student;
  EXPECT_EQ(n_free_parameters(settings, 2, 2), plain + 1);
  settings.degrees = 5;
  EXPECT_EQ(n_free_parameters(settings, 2, 2), plain);
}

TEST(Criteria, Icl_IsBicForCertainLabelsAndAboveItElse) {
  RowMatrix certain(4, 2), undecided(4, 2);
  certain << 1, 0, 1, 0, 0, 1, 0, 1;
  undecided.setConstant(0.5);
  Criteria const of_certain = criteria_of({}, -1.5, 3, certain);
  EXPECT_DOUBLE_EQ(of_certain.bic, 2 * 4 * 1.5 + (1 + 6 + 1) * std::log(4.0));
  EXPECT_EQ(of_certain.icl, of_certain.bic);
  Criteria const of_undecided = criteria_of({}, -1.5, 3, undecided);
  EXPECT_NEAR(of_undecided.icl, of_undecided.bic + 2 * 4 * std::log(2.0), 1e-12);
}

}  // namespace
}  // namespace tvem
