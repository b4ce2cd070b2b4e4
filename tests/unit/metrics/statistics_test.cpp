#include "framework/metrics/statistics.hpp"

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "framework/core/random.hpp"
#include "framework/metrics/bayes.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem {
namespace {

TEST(Moments, SmallSample_ByHand) {
  std::vector<double> const values{1, 2, 4, NAN, 5};
  Moments const moments = moments_of(values);
  EXPECT_EQ(moments.count, 4);
  EXPECT_EQ(moments.n_nan, 1);
  EXPECT_EQ(moments.mean(), 3.0);
  EXPECT_NEAR(moments.standard_error(), std::sqrt(10.0 / 3 / 4), 1e-15);
}

TEST(Moments, Merged_AsOfTheWhole) {
  std::vector<double> const all{0.5, 1.5, -2, 8, NAN, 0.25, 3};
  Moments merged = moments_of(std::span(all).first(3));
  merged.merge(moments_of(std::span(all).subspan(3)));
  Moments const whole = moments_of(all);
  EXPECT_EQ(merged.sum, whole.sum);
  EXPECT_EQ(merged.square_sum, whole.square_sum);
  EXPECT_EQ(merged.count, whole.count);
  EXPECT_EQ(merged.n_nan, whole.n_nan);
}

TEST(Moments, TooFewValues_Nan) {
  EXPECT_TRUE(std::isnan(moments_of({}).mean()));
  EXPECT_TRUE(std::isnan(moments_of(std::vector<double>{1}).standard_error()));
}

TEST(PairedDifference, SmallSample_ByHandAndPairsWithNanLeftOut) {
  std::vector<double> const a{1, 2, 3, NAN}, b{0, 2, 1, 5};
  PairedDifference const difference = paired_difference(a, b);
  EXPECT_EQ(difference.mean, 1.0);
  EXPECT_NEAR(difference.standard_error, std::sqrt(1.0 / 3), 1e-15);
  EXPECT_NEAR(difference.high - difference.low, 2 * 1.96 * std::sqrt(1.0 / 3), 1e-15);
}

TEST(SimplexBayesError, TwoComponents_PhiOfHalfTheDistance) {
  for (double const separation : {0.0, 0.5, 1.0, 3.0, 6.0})
    EXPECT_NEAR(simplex_bayes_error(2, separation),
                0.5 * std::erfc(separation / 2 / std::sqrt(2.0)), 1e-11);
}

TEST(SimplexBayesError, NoDistance_Guessing) {
  for (int k : {2, 3, 10}) EXPECT_NEAR(simplex_bayes_error(k, 0), 1 - 1.0 / k, 1e-11);
}

TEST(SimplexBayesError, SeveralComponents_AsScipy) {
  std::ifstream golden(TVEM_GOLDEN_DIR "/metrics_bayes_scipy.txt");
  ASSERT_TRUE(golden);
  std::string comment;
  std::getline(golden, comment);
  int k = 0, n_read = 0;
  for (double separation = 0, expected = 0; golden >> k >> separation >> expected; ++n_read)
    EXPECT_NEAR(simplex_bayes_error(k, separation), expected, 1e-10) << k << " " << separation;
  EXPECT_EQ(n_read, 20);
}

TEST(SimplexBayesError, MapRuleOnDrawnTasks_WithinFourStandardErrors) {
  for (int const k : {2, 3, 5, 10})
    for (double const separation : {1.0, 3.0}) {
      TaskSettings settings;
      settings.means = MeansKind::simplex;
      settings.components = {k, k};
      settings.dim = {k, k};
      settings.separation = {separation, separation};
      settings.sigma = {0.7, 0.7};
      TaskPrior const prior(settings);
      Moments raw, permuted;
      for (std::uint64_t id = 0; id < 2000; ++id) {
        Task const task = prior.sample(3, Purpose::probe, id);
        auto const labels = map_labels(task.mixture, task.points);
        raw.add(labelled_error(task.labels, labels));
        permuted.add(clustering_error(task.labels, labels, k));
      }
      double const exact = simplex_bayes_error(k, separation);
      EXPECT_NEAR(raw.mean(), exact, 4 * raw.standard_error()) << k << " " << separation;
      EXPECT_LE(permuted.mean(), raw.mean());
      if (k == 10 && separation == 1.0) {
        EXPECT_NEAR(exact, 0.747, 0.001);
        EXPECT_NEAR(permuted.mean(), 0.657, 0.005);
      }
    }
}

TEST(Quantile, OrderStatistics_InterpolatedAsNumpys) {
  std::vector<double> const values{3, 1, NAN, 2, 10};
  EXPECT_EQ(quantile(values, 0), 1);
  EXPECT_EQ(quantile(values, 1), 10);
  EXPECT_DOUBLE_EQ(quantile(values, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(quantile(values, 0.9), 3 + 0.7 * 7);  // numpy.quantile([1, 2, 3, 10], 0.9)
  EXPECT_TRUE(std::isnan(quantile(std::vector<double>{NAN}, 0.5)));
}

TEST(WinRate, TiesCountHalf) {
  EXPECT_DOUBLE_EQ(win_rate(std::vector<double>{1, 2, 3, NAN}, std::vector<double>{2, 2, 1, 0}),
                   0.5);
  EXPECT_DOUBLE_EQ(win_rate(std::vector<double>{0, 0, 2}, std::vector<double>{1, 1, 1}), 2.0 / 3);
}

TEST(BootstrapDifference, ManyTasks_IntervalOfTheNormalDistribution) {
  RandomStream random(1, Purpose::probe, 9);
  std::vector<double> a, b;
  for (int i = 0; i < 400; ++i) {
    a.push_back(random.normal() + 1);
    b.push_back(random.normal());
  }
  PairedDifference const normal = paired_difference(a, b);
  PairedDifference const bootstrap = bootstrap_difference(a, b, 4000);
  EXPECT_EQ(bootstrap.mean, normal.mean);
  // The bootstrap's own noise: a quantile of 4000 resamples has an error of about 4 %.
  EXPECT_NEAR(bootstrap.standard_error, normal.standard_error, 0.06 * normal.standard_error);
  EXPECT_NEAR(bootstrap.low, normal.low, 0.25 * normal.standard_error);
  EXPECT_NEAR(bootstrap.high, normal.high, 0.25 * normal.standard_error);
  PairedDifference const again = bootstrap_difference(a, b, 4000);
  EXPECT_EQ(bootstrap.low, again.low);
}

/// The p-quantile of means of bootstrap samples of the values, by many samples.
double resampled_quantile(std::vector<double> const& values, double p, int n_samples) {
  std::vector<double> means;
  for (int r = 0; r < n_samples; ++r) {
    RandomStream random(3, Purpose::probe, static_cast<std::uint64_t>(r));
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      sum += values[static_cast<std::size_t>(
          random.integer(0, static_cast<std::int64_t>(values.size()) - 1))];
    means.push_back(sum / static_cast<double>(values.size()));
  }
  return quantile(means, p);
}

TEST(SaddlepointQuantile, SkewedValues_AsManyResamples) {
  std::vector<double> skewed;
  RandomStream random(7, Purpose::probe, 1);
  for (int i = 0; i < 60; ++i) skewed.push_back(std::pow(random.uniform(), 6));
  Moments const moments = moments_of(skewed);
  double const error = moments.standard_error();
  for (double const p : {0.005, 0.025, 0.2, 0.8, 0.975, 0.995}) {
    double const exact = resampled_quantile(skewed, p, 200000);
    EXPECT_NEAR(saddlepoint_quantile(skewed, p), exact, 0.02 * error) << p;
  }
  // Where the normal distribution is wrong by much more.
  double const upper = saddlepoint_quantile(skewed, 0.975) - moments.mean();
  double const lower = moments.mean() - saddlepoint_quantile(skewed, 0.025);
  EXPECT_GT(upper, lower + 0.1 * error);
  EXPECT_THROW(saddlepoint_quantile(skewed, 0.5), std::exception);
}

TEST(BootstrapDifference, ManyTasks_SaddlepointAgreesWithResamples) {
  RandomStream random(2, Purpose::probe, 4);
  std::vector<double> a, b;
  for (int i = 0; i < 20000; ++i) {
    a.push_back(0.05 * static_cast<double>(random.integer(0, 20)));
    b.push_back(i % 7 == 0 ? NAN : 0.05 * static_cast<double>(random.integer(0, 10)));
  }
  PairedDifference const normal = paired_difference(a, b), many = bootstrap_difference(a, b, 1000);
  EXPECT_EQ(many.mean, normal.mean);
  EXPECT_NEAR(many.standard_error, normal.standard_error, 1e-3 * normal.standard_error);
  EXPECT_NEAR(many.low, normal.low, 0.02 * normal.standard_error);
  EXPECT_NEAR(many.high, normal.high, 0.02 * normal.standard_error);
  PairedDifference const same = bootstrap_difference(a, a, 1000);
  EXPECT_EQ(same.low, 0);
  EXPECT_EQ(same.high, 0);
}

TEST(BootstrapDifference, FewOfManyTasksDiffer_FromNoDifferenceOn) {
  for (int const n_different : {1, 2, 3}) {
    std::vector<double> a(20000, 0.25);
    std::vector<double> const b = a;
    for (int i = 0; i < n_different; ++i) a[static_cast<std::size_t>(i)] += 0.5;
    PairedDifference const difference = bootstrap_difference(a, b, 1000);
    double const one = 0.5 / 20000;
    EXPECT_NEAR(difference.low, 0, 0.25 * one) << n_different;
    EXPECT_GT(difference.high, 1.5 * n_different * one) << n_different;
    EXPECT_LT(difference.high, (n_different + 5) * one) << n_different;
    PairedDifference const mirrored = bootstrap_difference(b, a, 1000);
    EXPECT_NEAR(mirrored.high, -difference.low, 1e-9);
    EXPECT_NEAR(mirrored.low, -difference.high, 1e-9);
  }
}

TEST(Quantiles, SeveralAtOnce_AsOneByOne) {
  std::vector<double> const values{3, 1, NAN, 2, 10}, levels{0, 0.1, 0.5, 1};
  auto const found = quantiles(values, levels);
  for (std::size_t i = 0; i < levels.size(); ++i) EXPECT_EQ(found[i], quantile(values, levels[i]));
}

}  // namespace
}  // namespace tvem
