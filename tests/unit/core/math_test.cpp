#include "framework/core/math.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "framework/core/random.hpp"

namespace tvem {
namespace {

TEST(PortableLog, WideRange_RelativeErrorBelow1e15) {
  RandomStream random(3, Purpose::probe, 1);
  for (int i = 0; i < 200000; ++i) {
    double const x =
        std::ldexp(1 + random.uniform(), static_cast<int>(random.integer(-1000, 1000)));
    double const exact = std::log(x);
    ASSERT_NEAR(portable_log(x), exact, 1e-15 * std::fabs(exact)) << x;
  }
}

TEST(PortableLog, NearOne_RelativeErrorBelow1e15) {
  RandomStream random(3, Purpose::probe, 2);
  for (int i = 0; i < 200000; ++i) {
    double const x = 1 + 0.4 * (random.uniform() - 0.5) * std::pow(10.0, random.uniform(-12, 0));
    double const exact = std::log(x);
    ASSERT_NEAR(portable_log(x), exact, 1e-15 * std::fabs(exact)) << x;
  }
  EXPECT_EQ(portable_log(1.0), 0.0);
  EXPECT_TRUE(std::isnan(portable_log(NAN)));
  EXPECT_EQ(portable_log(INFINITY), INFINITY);
}

TEST(PortableExp, WholeRange_RelativeErrorBelow1e15) {
  RandomStream random(3, Purpose::probe, 3);
  for (int i = 0; i < 200000; ++i) {
    double const x = random.uniform(-708, 709.7);
    ASSERT_NEAR(portable_exp(x) / std::exp(x), 1, 1e-15) << x;
  }
}

TEST(PortableExp, Edges_AsDocumented) {
  EXPECT_EQ(portable_exp(0.0), 1.0);
  EXPECT_EQ(portable_exp(-0.0), 1.0);
  EXPECT_EQ(portable_exp(-1e4), 0.0);
  EXPECT_EQ(portable_exp(-INFINITY), 0.0);
  EXPECT_EQ(portable_exp(710.0), INFINITY);
  EXPECT_TRUE(std::isnan(portable_exp(NAN)));
}

TEST(PortableExpm1AndLog1p, SmallAndLarge_RelativeErrorBelow1e15) {
  RandomStream random(3, Purpose::probe, 4);
  for (int i = 0; i < 200000; ++i) {
    double const size = std::pow(10.0, random.uniform(-12, 0.8));
    double const x = random.uniform() < 0.5 ? -size : size, y = std::fmax(x, -0.99);
    ASSERT_NEAR(portable_expm1(x) / std::expm1(x), 1, 1e-15) << x;
    ASSERT_NEAR(portable_log1p(y) / std::log1p(y), 1, 1e-15) << y;
  }
  EXPECT_EQ(portable_expm1(0.0), 0.0);
  EXPECT_EQ(portable_log1p(0.0), 0.0);
}

TEST(PortableErfc, WholeRange_RelativeErrorBelow1e13) {
  RandomStream random(3, Purpose::probe, 5);
  for (int i = 0; i < 100000; ++i) {
    double const x = random.uniform(-6, 26);
    ASSERT_NEAR(portable_erfc(x) / std::erfc(x), 1, 1e-13) << x;
  }
  EXPECT_EQ(portable_erfc(0.0), 1.0);
  EXPECT_EQ(portable_erfc(-30.0), 2.0);
  EXPECT_TRUE(std::isnan(portable_erfc(NAN)));
}

TEST(PortablePower, PowersOfAdam_AsTheLibrary) {
  for (double const base : {0.5, 0.9, 0.999, 0.9999999})
    for (double const exponent : {1.0, 2.0, 17.0, 2000.0, 1e6})
      EXPECT_NEAR(portable_power(base, exponent), std::pow(base, exponent),
                  1e-12 * std::pow(base, exponent) + 1e-300);
  EXPECT_EQ(portable_power(0, 5), 0.0);
}

TEST(PortableLogGamma, FromSmallToLarge_AsTheLibrary) {
  for (double x = 0.05; x < 2e5; x *= 1.07)
    EXPECT_NEAR(portable_log_gamma(x), std::lgamma(x), 1e-13 * std::fmax(1, std::lgamma(x))) << x;
}

TEST(PortableCosPi, WholeInterval_AbsoluteErrorBelow1e15) {
  constexpr double pi = 3.14159265358979323846;
  for (int i = 0; i <= 10000; ++i)
    ASSERT_NEAR(portable_cos_pi(i / 10000.0), std::cos(pi * i / 10000.0), 1e-15) << i;
  EXPECT_EQ(portable_cos_pi(0), 1.0);
  EXPECT_EQ(portable_cos_pi(0.5), 0.0);
  EXPECT_EQ(portable_cos_pi(1), -1.0);
}

}  // namespace
}  // namespace tvem
