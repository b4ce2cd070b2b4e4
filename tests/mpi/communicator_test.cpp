#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "framework/comm/collective_errors.hpp"
#include "framework/comm/exact_sum.hpp"
#include "framework/core/random.hpp"
#include "tests/support/world.hpp"

namespace tvem {
namespace {

TEST(Communicator, Sum_OverAllRanksOnEveryRank) {
  Communicator const& world = test_world();
  auto const size = world.size();
  std::vector<double> values{1.0, static_cast<double>(world.rank()), -0.5};
  world.sum(values);
  EXPECT_EQ(values, (std::vector<double>{1.0 * size, 0.5 * size * (size - 1), -0.5 * size}));
  std::vector<float> floats{2.0f, static_cast<float>(world.rank())};
  world.sum(floats);
  EXPECT_EQ(floats[0], 2.0f * static_cast<float>(size));
  EXPECT_EQ(floats[1], 0.5f * static_cast<float>(size * (size - 1)));
}

TEST(Communicator, SumOfNothing_ReturnsOnEveryRank) {
  std::vector<double> nothing;
  test_world().sum(nothing);
  EXPECT_TRUE(nothing.empty());
}

TEST(Communicator, SumLongerThanOneMessage_EveryElementOnce) {
  // Sums are cut into messages of 2^24 elements.
  std::size_t const length = (std::size_t{1} << 24) + 3;
  std::vector<float> values(length, 1.0f);
  values.back() = static_cast<float>(test_world().rank());
  test_world().sum(values);
  auto const size = static_cast<float>(test_world().size());
  EXPECT_EQ(std::count(values.begin(), values.end() - 1, size),
            static_cast<std::ptrdiff_t>(length - 1));
  EXPECT_EQ(values.back(), 0.5f * size * (size - 1));
}

TEST(Communicator, MinAndMax_OverRanksExactToTheLastOf64Bits) {
  std::int64_t const base = std::int64_t{1} << 62;  // a double would lose the rank
  std::int64_t const rank = test_world().rank();
  EXPECT_EQ(test_world().min(base + rank), base);
  EXPECT_EQ(test_world().max(base + rank), base + test_world().size() - 1);
  EXPECT_EQ(test_world().min(-rank), 1 - test_world().size());
}

TEST(Communicator, Broadcast_TextOfRank0WithZeroBytesAndEmpty) {
  std::string const text = std::string("a\0b\n", 4) + std::string(100000, 'x');
  EXPECT_EQ(test_world().broadcast(test_world().is_root() ? text : "something else"), text);
  EXPECT_EQ(test_world().broadcast(test_world().is_root() ? "" : "not empty"), "");
}

TEST(Communicator, GatherOfDifferentLengths_RankOrderOnRank0) {
  // Rank r sends r values; rank 0 none.
  int const rank = test_world().rank();
  std::vector<double> const mine(static_cast<std::size_t>(rank), 10.0 + rank);
  std::vector<double> expected;
  for (int r = 0; r < test_world().size(); ++r)
    expected.insert(expected.end(), static_cast<std::size_t>(r), 10.0 + r);
  auto const all = test_world().gather(mine);
  EXPECT_EQ(all, test_world().is_root() ? expected : std::vector<double>{});
}

TEST(Communicator, Serial_BehavesAsAWorldOfOne) {
  Communicator const serial = Communicator::serial();
  EXPECT_EQ(serial.rank(), 0);
  EXPECT_EQ(serial.size(), 1);
  std::vector<double> values{1.5};
  serial.sum(values);
  serial.barrier();
  EXPECT_EQ(values[0], 1.5);
  EXPECT_EQ(serial.gather(values), values);
  EXPECT_EQ(serial.min(4), 4);
  EXPECT_EQ(serial.broadcast("text"), "text");
}

TEST(OnRoot, ActionThatWorks_RunsOnRank0Alone) {
  int n_calls = 0;
  on_root(test_world(), [&] { ++n_calls; });
  EXPECT_EQ(n_calls, test_world().is_root() ? 1 : 0);
}

/// What every rank throws when the action throws `thrown` on rank 0.
template <class Expected, class Thrown>
std::string message_on_this_rank(Thrown const& thrown) {
  try {
    on_root(test_world(), [&] { throw thrown; });
  } catch (Expected const& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(OnRoot, ActionThatThrows_EveryRankThrowsItsMessageAndKind) {
  EXPECT_EQ(message_on_this_rank<Error>(Error("disk full")), "disk full");
  EXPECT_EQ(message_on_this_rank<ConfigurationError>(
                ConfigurationError(std::vector<std::string>{"one", "two"})),
            "one\ntwo");
  EXPECT_EQ(message_on_this_rank<std::runtime_error>(std::runtime_error("of a library")),
            "of a library");
  EXPECT_EQ(message_on_this_rank<std::exception>(Error("")), "") << "an error without a message";
}

TEST(OnRoot, AfterAnError_TheRanksStillAgree) {
  message_on_this_rank<Error>(Error("once"));
  EXPECT_EQ(test_world().max(test_world().rank()), test_world().size() - 1);
}

/// Sums `n_chunks` random chunks, each rank taking its contiguous share.
std::vector<double> exact_sum(Communicator const& comm, int n_chunks, bool is_rounded) {
  constexpr std::size_t length = 500;
  Quantum const quantum(-40);
  std::vector<double> sum(length, 0.0);
  std::vector<float> chunk(length);
  for (int c = n_chunks * comm.rank() / comm.size(); c < n_chunks * (comm.rank() + 1) / comm.size();
       ++c) {
    RandomStream random(11, Purpose::probe, static_cast<std::uint64_t>(c));
    for (float& value : chunk)
      value = static_cast<float>(random.normal() * std::pow(10.0, random.uniform(-9, 0)));
    if (is_rounded) {
      EXPECT_EQ(add_rounded(sum, chunk, quantum, quantum.range(n_chunks)), SummandState::in_range);
    } else {
      for (std::size_t i = 0; i < length; ++i) sum[i] += static_cast<double>(chunk[i]);
    }
  }
  comm.sum(sum);
  return sum;
}

TEST(ExactSum, AnyNumberOfRanks_SameBitsAsOneRank) {
  for (int const n_chunks : {1, 7, 16})
    EXPECT_EQ(exact_sum(test_world(), n_chunks, true),
              exact_sum(Communicator::serial(), n_chunks, true))
        << n_chunks;
}

TEST(ExactSum, WithoutRounding_BitsDependOnTheRanks) {
  // Negative control: the property above would be no achievement.
  if (test_world().size() == 1) GTEST_SKIP() << "needs more than one rank";
  EXPECT_NE(exact_sum(test_world(), 16, false), exact_sum(Communicator::serial(), 16, false));
}

TEST(Communicator, Split_GroupsOfTheirOwn) {
  Communicator const& world = test_world();
  int const part = world.rank() * 2 / world.size();
  Communicator const group = world.split(part);
  std::array<double, 1> count{1}, first{static_cast<double>(world.rank())};
  group.sum(count);
  EXPECT_EQ(count[0], group.size());
  EXPECT_EQ(group.max(part), part);
  EXPECT_EQ(group.min(part), part);
  EXPECT_EQ(group.broadcast(group.is_root() ? "part " + std::to_string(part) : ""),
            "part " + std::to_string(part));
  auto const ranks = group.gather(first);
  if (group.is_root()) {
    ASSERT_EQ(static_cast<int>(ranks.size()), group.size());
    for (std::size_t r = 0; r < ranks.size(); ++r)
      EXPECT_EQ(ranks[r], world.rank() + static_cast<double>(r));
  }
  std::array<double, 1> roots{group.is_root() ? 1.0 : 0.0};
  world.sum(roots);
  EXPECT_EQ(roots[0], std::min(2, world.size()));
}

TEST(OnEveryRank, OneRankThrows_AllThrow) {
  Communicator const& world = test_world();
  int const last = world.size() - 1;
  try {
    on_every_rank(world, [&] {
      if (world.rank() == last) throw ConfigurationError("wrong on the last rank");
    });
    ADD_FAILURE() << "nothing was thrown";
  } catch (ConfigurationError const& error) {
    std::string const of_rank = world.rank() == last ? "" : "rank " + std::to_string(last) + ": ";
    EXPECT_EQ(error.what(), of_rank + "wrong on the last rank");
  }
  on_every_rank(world, [] {});
}

}  // namespace
}  // namespace tvem
