#include "framework/comm/exact_sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "framework/comm/exact_sum_kernels.hpp"
#include "framework/core/random.hpp"

namespace tvem {
namespace {

using Chunks = std::vector<std::vector<float>>;

Chunks random_chunks(std::size_t n_chunks, std::size_t length) {
  RandomStream random(5, Purpose::probe, 1);
  Chunks chunks(n_chunks, std::vector<float>(length));
  for (auto& chunk : chunks)
    for (float& value : chunk)
      value = static_cast<float>(random.normal() * std::pow(10.0, random.uniform(-9, 0)));
  return chunks;
}

/// The chunks summed in parts, as ranks would, and the parts then added.
std::vector<double> sum_in_parts(Chunks const& chunks, std::vector<std::size_t> const& order,
                                 std::size_t n_parts) {
  Quantum const quantum(-40);
  double const limit = quantum.range(static_cast<std::int64_t>(chunks.size()));
  std::vector<std::vector<double>> parts(n_parts, std::vector<double>(chunks[0].size(), 0.0));
  for (std::size_t i = 0; i < order.size(); ++i)
    EXPECT_EQ(add_rounded(parts[i * n_parts / order.size()], chunks[order[i]], quantum, limit),
              SummandState::in_range);
  for (std::size_t p = 1; p < n_parts; ++p)
    for (std::size_t j = 0; j < parts[0].size(); ++j) parts[0][j] += parts[p][j];
  return parts[0];
}

TEST(AddRounded, AnyOrderAndPartition_SameBits) {
  Chunks const chunks = random_chunks(37, 101);
  std::vector<std::size_t> order(chunks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  auto const reference = sum_in_parts(chunks, order, 1);
  RandomStream random(5, Purpose::probe, 2);
  for (std::size_t n_parts = 1; n_parts <= 9; ++n_parts) {
    for (std::size_t i = order.size() - 1; i > 0; --i)
      std::swap(order[i], order[static_cast<std::size_t>(random.integer(0, static_cast<int>(i)))]);
    EXPECT_EQ(sum_in_parts(chunks, order, n_parts), reference) << n_parts;
  }
}

TEST(AddRounded, PlainFloatingPointSum_DependsOnTheOrder) {
  Chunks const chunks = random_chunks(37, 101);
  std::vector<float> forward(101, 0.0f), backward(101, 0.0f);
  for (std::size_t i = 0; i < chunks.size(); ++i)
    for (std::size_t j = 0; j < 101; ++j) {
      forward[j] += chunks[i][j];
      backward[j] += chunks[chunks.size() - 1 - i][j];
    }
  EXPECT_NE(forward, backward) << "the property above would be no achievement";
}

TEST(AddRounded, EverySum_WithinHalfAQuantumASummand) {
  Chunks const chunks = random_chunks(20, 50);
  std::vector<std::size_t> order(20);
  std::iota(order.begin(), order.end(), std::size_t{0});
  auto const sums = sum_in_parts(chunks, order, 1);
  for (std::size_t j = 0; j < 50; ++j) {
    long double exact = 0;
    for (auto const& chunk : chunks) exact += static_cast<long double>(chunk[j]);
    EXPECT_NEAR(sums[j], static_cast<double>(exact), 20 * std::ldexp(0.5, -40));
  }
}

TEST(AddRounded, OutOfRangeOrNotFinite_IsNoticedAnywhere) {
  Quantum const quantum(-40);
  auto const limit = static_cast<float>(quantum.range(4));
  float const infinity = std::numeric_limits<float>::infinity();
  for (std::size_t n = 1; n <= 70; ++n)
    for (std::size_t place = 0; place < n; ++place) {
      auto const state_of = [&](float value) {
        std::vector<double> sum(n, 1.0);
        std::vector<float> summands(n, 0.5f);
        summands[place] = value;
        return add_rounded(sum, summands, quantum, quantum.range(4));
      };
      ASSERT_EQ(state_of(limit), SummandState::in_range);
      ASSERT_EQ(state_of(-limit), SummandState::in_range);
      for (float const large : {1.01f * limit, -1.01f * limit})
        ASSERT_EQ(state_of(large), SummandState::out_of_range) << n << " " << place;
      for (float const bad : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN()})
        ASSERT_EQ(state_of(bad), SummandState::non_finite) << n << " " << place;
    }
}

TEST(AddRounded, EveryInstructionSet_SameBits) {
  Chunks const chunks = random_chunks(3, 131);
  Quantum const quantum(-40);
  std::vector<double> expected(131, 0.25);
  for (std::size_t i = 0; i < 131; ++i)
    for (auto const& chunk : chunks) expected[i] += quantum.round(static_cast<double>(chunk[i]));
  for (auto const set : {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512}) {
    if (set > best_instruction_set()) continue;
    std::vector<double> sum(131, 0.25);
    for (auto const& chunk : chunks)
      variant<ExactSumKernels>(set).add_rounded(sum.data(), chunk.data(), 131, quantum.magic());
    EXPECT_EQ(sum, expected) << name_of(set);
  }
}

TEST(Quantum, FullRange_PartialSumsAreExact) {
  // As many summands as allowed, each at the limit: the sum is still a multiple of the quantum.
  Quantum const quantum(-40);
  std::int64_t const n = 64;
  auto const largest = static_cast<float>(quantum.range(n));
  std::vector<double> sum(1, 0.0);
  for (std::int64_t i = 0; i < n; ++i) {
    std::vector<float> const summand{std::nextafter(largest, 0.0f)};
    ASSERT_EQ(add_rounded(sum, summand, quantum, quantum.range(n)), SummandState::in_range);
  }
  EXPECT_EQ(sum[0], static_cast<double>(n) * static_cast<double>(std::nextafter(largest, 0.0f)));
}

TEST(Quantum, Coarser_RangeGrowsBy2To16) {
  Quantum const fine(-40);
  EXPECT_EQ(fine.coarser().range(10), std::ldexp(fine.range(10), 16));
  EXPECT_EQ(fine.coarser().exponent(), fine.exponent() + 16);
  EXPECT_EQ(fine.round(1.0 + std::ldexp(0.4, fine.exponent())), 1.0);
}

TEST(Quantum, Admitting_FinestThatHasTheRange) {
  for (double const magnitude : {0.1, 1.0, 8.0, 32.0, 1e6})
    for (std::int64_t const n : {1, 2, 3, 64, 1000, 1048576}) {
      Quantum const quantum = Quantum::admitting(magnitude, n);
      EXPECT_GE(quantum.range(n), magnitude) << magnitude << " " << n;
      EXPECT_LT(Quantum(quantum.exponent() - 1).range(n), magnitude) << magnitude << " " << n;
    }
}

}  // namespace
}  // namespace tvem
