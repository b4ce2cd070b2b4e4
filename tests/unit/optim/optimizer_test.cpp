#include "framework/optim/optimizer.hpp"

#include <cmath>
#include <fstream>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "framework/core/random.hpp"
#include "framework/optim/optimizer_kernels.hpp"
#include "tests/support/golden_values.hpp"
#include "tests/support/instruction_sets.hpp"

namespace tvem {
namespace {

/// One case of golden/make_optim_golden.py.
struct GoldenCase {
  OptimizerSettings settings;
  std::vector<double> initial;
  std::vector<double> rates;                   // one an update
  std::vector<std::vector<double>> gradients;  // n_parameters each
  std::vector<std::vector<double>> expected;   // the parameters after the update
};

ParameterLayout vector_layout(std::size_t n_parameters) {
  ParameterLayout layout;
  layout.add("vector", 1, static_cast<int>(n_parameters));
  return layout;
}

/// The optimiser of a vector without hidden matrices.
Optimizer vector_optimizer(OptimizerSettings const& settings, std::size_t n_parameters) {
  return Optimizer(settings, vector_layout(n_parameters));
}

OptimizerKind optimizer_named(std::string const& name) {
  return name == "adam"    ? OptimizerKind::adam
         : name == "adamw" ? OptimizerKind::adamw
                           : OptimizerKind::sgd;
}

GoldenCase read_case(std::istream& header, std::istream& file) {
  GoldenCase golden;
  std::string name;
  int n_parameters = 0, n_updates = 0;
  header >> name >> golden.settings.weight_decay >> golden.settings.beta1 >>
      golden.settings.beta2 >> golden.settings.momentum >> n_parameters >> n_updates;
  golden.settings.optimizer = optimizer_named(name);
  golden.initial = test::read_values(file);
  for (int i = 0; i < n_updates; ++i) {
    auto const rate_and_gradient = test::read_values(file);
    golden.rates.push_back(rate_and_gradient.at(0));
    golden.gradients.emplace_back(rate_and_gradient.begin() + 1, rate_and_gradient.end());
    golden.expected.push_back(test::read_values(file));
  }
  return golden;
}

std::vector<GoldenCase> read_cases() {
  std::ifstream file(TVEM_GOLDEN_DIR "/optim_torch.txt");
  std::vector<GoldenCase> cases;
  for (std::string line; std::getline(file, line);) {
    std::istringstream header(line);
    std::string word;
    if (header >> word && word == "CASE") cases.push_back(read_case(header, file));
  }
  return cases;
}

TEST(Optimizer, EveryOptimizerAndOption_AsTorch) {
  auto const cases = read_cases();
  ASSERT_GE(cases.size(), 7u);
  for (std::size_t c = 0; c < cases.size(); ++c) {
    GoldenCase const& golden = cases[c];
    std::vector<float> parameters(golden.initial.begin(), golden.initial.end());
    auto state = initial_optimizer_state(golden.settings.optimizer, parameters.size());
    Optimizer optimizer = vector_optimizer(golden.settings, parameters.size());
    ASSERT_GE(golden.rates.size(), 10u);
    for (std::size_t t = 0; t < golden.rates.size(); ++t) {
      optimizer.update(golden.rates[t], golden.gradients[t], 1.0, parameters, state);
      ASSERT_EQ(golden.expected[t].size(), parameters.size());
      for (std::size_t i = 0; i < parameters.size(); ++i)
        EXPECT_NEAR(static_cast<double>(parameters[i]), golden.expected[t][i],
                    1e-6 * (1 + std::fabs(golden.expected[t][i])))
            << "case " << c << ", update " << t << ", parameter " << i;
    }
    EXPECT_EQ(state.n_updates, static_cast<std::int64_t>(golden.rates.size()));
  }
}

TEST(Optimizer, AdamFirstUpdate_RateTimesSign) {
  // Bias correction makes the first step g / |g|, whatever the size of g.
  OptimizerSettings settings;
  std::vector<float> parameters{1.0f, 1.0f, 1.0f};
  auto state = initial_optimizer_state(OptimizerKind::adam, 3);
  vector_optimizer(settings, 3)
      .update(0.125, std::vector<double>{1e3, -1e-3, 0.0}, 1.0, parameters, state);
  EXPECT_NEAR(parameters[0], 0.875, 1e-6);
  EXPECT_NEAR(parameters[1], 1.125, 2e-6);
  EXPECT_EQ(parameters[2], 1.0f);
}

TEST(Optimizer, StateCopiedHalfWay_SameBitsAsNeverInterrupted) {
  for (auto const kind : {OptimizerKind::adam, OptimizerKind::adamw, OptimizerKind::sgd}) {
    OptimizerSettings settings;
    settings.optimizer = kind;
    settings.weight_decay = 0.01;
    std::vector<float> whole(20, 0.5f);
    auto whole_state = initial_optimizer_state(kind, whole.size());
    std::vector<float> resumed;
    OptimizerState resumed_state;
    Optimizer optimizer = vector_optimizer(settings, whole.size());
    RandomStream random(1, Purpose::probe, 1);
    for (int t = 0; t < 10; ++t) {
      if (t == 5) {
        resumed = whole;
        resumed_state = whole_state;
      }
      std::vector<double> gradient(whole.size());
      for (double& g : gradient) g = random.normal();
      optimizer.update(0.01, gradient, 1.0, whole, whole_state);
      if (t >= 5) optimizer.update(0.01, gradient, 1.0, resumed, resumed_state);
    }
    EXPECT_EQ(whole, resumed);
    // Negative control: without the count of updates the bias correction is another.
    if (kind == OptimizerKind::sgd) continue;
    resumed_state.n_updates = 0;
    std::vector<double> const gradient(whole.size(), 1.0);
    optimizer.update(0.01, gradient, 1.0, whole, whole_state);
    optimizer.update(0.01, gradient, 1.0, resumed, resumed_state);
    EXPECT_NE(whole, resumed);
  }
}

TEST(Optimizer, LengthsThatDiffer_CheckFails) {
  OptimizerSettings const settings;
  std::vector<float> parameters(3, 0.0f);
  Optimizer optimizer = vector_optimizer(settings, 3);
  auto state = initial_optimizer_state(OptimizerKind::adam, 3);
  EXPECT_THROW(optimizer.update(0.1, std::vector<double>(2, 1.0), 1.0, parameters, state),
               CheckFailed);
  auto short_state = initial_optimizer_state(OptimizerKind::adam, 2);
  EXPECT_THROW(optimizer.update(0.1, std::vector<double>(3, 1.0), 1.0, parameters, short_state),
               CheckFailed);
}

TEST(Optimizer, Average_PlainRecursionFromTheFirstParameters) {
  OptimizerSettings settings;
  settings.average = 0.6;
  Optimizer optimizer = vector_optimizer(settings, 1);
  auto state = initial_optimizer_state(OptimizerKind::adam, 1);
  std::vector<float> parameters{0.5f};
  double expected = 0;
  for (int t = 1; t <= 30; ++t) {
    optimizer.update(0.1, std::vector<double>{t % 3 - 0.5}, 1.0, parameters, state);
    double const keep = std::min(0.6, t / (t + 9.0));
    expected = t == 1 ? parameters[0] : keep * expected + (1 - keep) * parameters[0];
    EXPECT_NEAR(state.average.at(0), expected, 1e-6) << t;
  }
  settings.average = 0;
  auto plain = initial_optimizer_state(OptimizerKind::adam, 1);
  vector_optimizer(settings, 1).update(0.1, std::vector<double>{1}, 1.0, parameters, plain);
  EXPECT_TRUE(plain.average.empty());
}

TEST(InitialOptimizerState, EveryKind_ZerosOfTheRightLength) {
  auto const adam = initial_optimizer_state(OptimizerKind::adam, 5);
  EXPECT_EQ(adam.n_updates, 0);
  EXPECT_EQ(adam.first_moment, AlignedVector<float>(5, 0.0f));
  EXPECT_EQ(adam.second_moment, AlignedVector<float>(5, 0.0f));
  EXPECT_TRUE(initial_optimizer_state(OptimizerKind::sgd, 5).second_moment.empty());
}

TEST(GradientNormAndClipFactor, NormAboveTheLimit_ScaledToTheLimit) {
  std::vector<double> const gradient{3.0, 0.0, -4.0};
  EXPECT_EQ(gradient_norm(gradient), 5.0);
  EXPECT_EQ(clip_factor(5.0, 2.0), 0.4);
  for (double const limit : {5.0, 5.5, 0.0}) EXPECT_EQ(clip_factor(5.0, limit), 1.0);
  EXPECT_EQ(clip_factor(0.0, 1.0), 1.0);
}

TEST(Optimizer, GradientFactor_AsGradientScaledBefore) {
  for (auto const kind : {OptimizerKind::adam, OptimizerKind::adamw, OptimizerKind::sgd}) {
    OptimizerSettings settings;
    settings.optimizer = kind;
    settings.weight_decay = 0.01;
    std::vector<double> const gradient{1.0, -3.0, 0.5}, scaled{0.25, -0.75, 0.125};
    std::vector<float> a(3, 0.5f), b = a;
    auto a_state = initial_optimizer_state(kind, 3), b_state = a_state;
    Optimizer optimizer = vector_optimizer(settings, 3);
    optimizer.update(0.1, gradient, 0.25, a, a_state);
    optimizer.update(0.1, scaled, 1.0, b, b_state);
    EXPECT_EQ(a, b);
  }
}

TEST(OptimizerKernels, EveryInstructionSet_SameBitsAsPlainLoops) {
  AdamFactors const f{.gradient = 0.7,
                      .beta1 = 0.9,
                      .beta2 = 0.999,
                      .first_correction = 3.1,
                      .second_correction = 7.3,
                      .rate = 0.01,
                      .decay_gradient = 0.02,
                      .keep = 0.99};
  for (std::size_t const n : {1, 7, 8, 31, 32, 33, 100}) {
    RandomStream random(1, Purpose::probe, n);
    std::vector<double> gradient(n);
    std::vector<float> m(n), v(n), w(n);
    for (std::size_t i = 0; i < n; ++i) {
      gradient[i] = random.normal();
      m[i] = static_cast<float>(random.normal());
      v[i] = static_cast<float>(random.uniform());
      w[i] = static_cast<float>(random.normal());
    }
    double lane[32] = {}, square_sum = 0;
    for (std::size_t i = 0; i < n; ++i) lane[i % 32] += gradient[i] * gradient[i];
    for (double const value : lane) square_sum += value;
    auto expected_m = m, expected_v = v, expected_w = w;
    for (std::size_t i = 0; i < n; ++i) {
      double const x = w[i], g = gradient[i] * f.gradient + x * f.decay_gradient;
      double const first = m[i] * f.beta1 + g * (1 - f.beta1);
      double const second = v[i] * f.beta2 + g * (1 - f.beta2) * g;
      double const step =
          first * f.first_correction * f.rate / (std::sqrt(second * f.second_correction) + 1e-8);
      expected_m[i] = static_cast<float>(first);
      expected_v[i] = static_cast<float>(second);
      expected_w[i] = static_cast<float>(x * f.keep - step);
    }
    for (auto const set : test::present_instruction_sets()) {
      auto const& kernels = variant<OptimizerKernels>(set);
      auto a = m, b = v, c = w;
      kernels.adam(f, n, gradient.data(), a.data(), b.data(), c.data());
      EXPECT_EQ(a, expected_m) << n << " " << name_of(set);
      EXPECT_EQ(b, expected_v) << n << " " << name_of(set);
      EXPECT_EQ(c, expected_w) << n << " " << name_of(set);
      EXPECT_EQ(kernels.square_sum(gradient.data(), n), square_sum) << n << " " << name_of(set);
    }
  }
}

}  // namespace
}  // namespace tvem
