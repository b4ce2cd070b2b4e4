#include "framework/core/random.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace tvem {
namespace {

/// Kolmogorov's distance between the values and a distribution function, times sqrt(n): below 1.95
/// with probability 0.999.
template <class Cdf>
double kolmogorov_statistic(std::vector<double> values, Cdf const& cdf) {
  std::sort(values.begin(), values.end());
  auto const n = static_cast<double>(values.size());
  double distance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    double const p = cdf(values[i]), rank = static_cast<double>(i);
    distance = std::max({distance, p - rank / n, (rank + 1) / n - p});
  }
  return distance * std::sqrt(n);
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

TEST(RandomStream, KnownKeys_BitsOfAnIndependentImplementation) {
  std::ifstream golden(TVEM_GOLDEN_DIR "/random_philox.txt");
  ASSERT_TRUE(golden);
  std::string comment;
  std::getline(golden, comment);
  std::uint64_t seed = 0, purpose = 0, id = 0, index = 0, bits = 0;
  int n_read = 0;
  while (golden >> seed >> purpose >> id >> index) {
    RandomStream random(seed, static_cast<Purpose>(purpose), id, index);
    for (int i = 0; i < 10; ++i) {
      golden >> bits;
      EXPECT_EQ(random.bits(), bits) << "seed " << seed << " id " << id << " number " << i;
      ++n_read;
    }
  }
  EXPECT_GE(n_read, 50);
}

TEST(RandomStream, EveryPartOfTheKey_GivesAnotherStream) {
  std::set<std::uint64_t> first;
  for (std::uint64_t seed : {1, 2})
    for (auto purpose : {Purpose::training_tasks, Purpose::evaluation_tasks})
      for (std::uint64_t id : {0, 1})
        for (std::uint64_t index : {0, 1})
          first.insert(RandomStream(seed, purpose, id, index).bits());
  EXPECT_EQ(first.size(), 16u);
}

TEST(RandomStream, Uniform_UniformInTheOpenInterval) {
  RandomStream random(7, Purpose::probe, 1);
  std::vector<double> values(20000);
  for (double& value : values) value = random.uniform();
  EXPECT_GT(*std::min_element(values.begin(), values.end()), 0.0);
  EXPECT_LT(*std::max_element(values.begin(), values.end()), 1.0);
  EXPECT_LT(kolmogorov_statistic(values, [](double x) { return x; }), 1.95);
}

TEST(RandomStream, Normal_StandardNormal) {
  RandomStream random(7, Purpose::probe, 2);
  std::vector<double> values(20000);
  for (double& value : values) value = random.normal();
  EXPECT_LT(kolmogorov_statistic(values, normal_cdf), 1.95);
  // Negative control: the test sees a standard deviation of 1.05.
  for (double& value : values) value *= 1.05;
  EXPECT_GT(kolmogorov_statistic(values, normal_cdf), 1.95);
}

TEST(RandomStream, Integer_AllValuesEquallyOftenEndsIncluded) {
  RandomStream random(7, Purpose::probe, 3);
  std::vector<int> counts(7, 0);
  for (int i = 0; i < 70000; ++i) ++counts[static_cast<std::size_t>(random.integer(-3, 3) + 3)];
  double chi_square = 0;
  for (int const count : counts) chi_square += (count - 10000.0) * (count - 10000.0) / 10000.0;
  EXPECT_LT(chi_square, 22.5);  // 0.999 quantile, 6 degrees of freedom
  EXPECT_EQ(random.integer(5, 5), 5);
}

TEST(RandomStream, LogGammaVariate_MomentsOfTheGammaDistribution) {
  for (double const shape : {0.1, 0.5, 1.0, 2.0, 7.5}) {
    RandomStream random(7, Purpose::probe, 4);
    double sum = 0, square_sum = 0;
    int const n = 40000;
    for (int i = 0; i < n; ++i) {
      double const value = std::exp(random.log_gamma_variate(shape));
      sum += value;
      square_sum += value * value;
    }
    double const mean = sum / n, variance = square_sum / n - mean * mean;
    EXPECT_NEAR(mean, shape, 4 * std::sqrt(shape / n)) << shape;
    // Variance of the sample variance: (mu_4 - sigma^4) / n with mu_4 = 3 a^2 + 6 a.
    EXPECT_NEAR(variance, shape, 4 * std::sqrt((2 * shape * shape + 6 * shape) / n)) << shape;
  }
}

TEST(NormalQuantile, TailsBordersAndMiddle_AsScipy) {
  std::ifstream golden(TVEM_GOLDEN_DIR "/normal_quantile_scipy.txt");
  ASSERT_TRUE(golden);
  std::string comment;
  std::getline(golden, comment);
  int n_read = 0;
  for (double p = 0, x = 0; golden >> p >> x; ++n_read)
    EXPECT_NEAR(normal_quantile(p), x, 2e-15 * std::fabs(x)) << p;
  EXPECT_GE(n_read, 80);
}

TEST(NormalQuantile, WholeRange_InverseOfTheDistributionFunction) {
  for (double p = 1e-300; p < 0.5; p *= 3.7) {
    double const x = normal_quantile(p);
    EXPECT_NEAR(normal_cdf(x) / p, 1, 1e-12) << p;
    if (p > 1e-10) {
      EXPECT_NEAR(normal_quantile(1 - p), -x, 1e-5) << p;
    }
  }
  EXPECT_EQ(normal_quantile(0.5), 0.0);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-15);
}

}  // namespace
}  // namespace tvem
