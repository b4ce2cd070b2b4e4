#include "tvem/core/math.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tvem/core/random.hpp"

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

}  // namespace
}  // namespace tvem
