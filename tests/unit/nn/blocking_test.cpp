// How work is cut for the caches, and that no bit depends on it.
#include "framework/nn/cache/blocking.hpp"

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "tests/unit/nn/model_testing.hpp"

namespace tvem::test {
namespace {

constexpr std::size_t kilobyte = 1024;

/// While it lives, the model is cut in this way.
class WithBlocking {
 public:
  explicit WithBlocking(Blocking const& other) : before_(blocking()) { use_blocking(other); }
  ~WithBlocking() { use_blocking(before_); }
  WithBlocking(WithBlocking const&) = delete;
  WithBlocking& operator=(WithBlocking const&) = delete;

 private:
  Blocking before_;
};

TEST(Blocking, FollowsTheCachesWithinBounds) {
  auto const of = [](std::size_t first, std::size_t second) {
    return blocking_for({first * kilobyte, second * kilobyte});
  };
  EXPECT_EQ(of(32, 512).group_rows, 64U);
  EXPECT_EQ(of(48, 1024).group_rows, 128U);
  EXPECT_EQ(of(48, 2048).group_rows, 256U);
  EXPECT_EQ(of(48, 1).group_rows, 64U);
  EXPECT_EQ(of(48, 1 << 20).group_rows, 256U);
  EXPECT_EQ(of(48, 1024).panel_bytes, 32 * kilobyte);
  EXPECT_LT(of(32, 1024).panel_bytes, 24 * kilobyte);
  EXPECT_EQ(of(1, 1024).panel_bytes, least_panel_bytes);
  EXPECT_EQ(of(1 << 20, 1024).panel_bytes, most_panel_bytes);
}

TEST(Blocking, NoBitDependsOnIt) {
  // Tasks of one group and of several, and a perceptron deeper than a panel.
  RaggedBatch const batch = sample_batch({2, 2}, {3, 3}, {20, 90}, {1, 2, 3, 4, 5});
  for (auto const set : present_instruction_sets()) {
    if (set == InstructionSet::portable && set < best_instruction_set()) continue;  // slow
    WithInstructionSet const in_use(set);
    auto const computed = [&](Blocking const& other) {
      WithBlocking const cut(other);
      Transformer<float> model({.layers = 2, .heads = 2, .width = 136},
                               {.dim = 2, .components = {3, 3}});
      auto const parameters = noisy_parameters(model);
      model.set_parameters(parameters);
      auto result = process(model, batch);
      auto const inferred = model.infer(batch);
      result.logits.insert(result.logits.end(), inferred.begin(), inferred.end());
      return result;
    };
    auto const expected = computed({128, most_panel_bytes});
    for (Blocking const& other : {Blocking{1, least_panel_bytes}, Blocking{60, 20000},
                                  Blocking{100000, most_panel_bytes}}) {
      auto const found = computed(other);
      EXPECT_TRUE(same_bits(found.logits, expected.logits)) << name_of(set) << other.group_rows;
      EXPECT_TRUE(same_bits(std::span<float const>(found.gradient),
                            std::span<float const>(expected.gradient)))
          << name_of(set) << ' ' << other.group_rows;
    }
  }
}

TEST(Caches, OfThisProcessor_PlausibleSizes) {
  Caches const caches = caches_of_processor();
  EXPECT_GE(caches.first_level, 4 * kilobyte);
  EXPECT_GE(caches.second_level, caches.first_level);
}

TEST(Caches, OfTheEnvironment_ReadOrRefusedInASentence) {
  EXPECT_EQ(caches_from("48,2048").first_level, 48 * kilobyte);
  EXPECT_EQ(caches_from("48,2048").second_level, 2048 * kilobyte);
  for (char const* wrong : {"48", "48,", "a,b", "0,512", "48,-1", "48,2048,1", "48,9999999999"}) {
    try {
      caches_from(wrong);
      FAIL() << wrong;
    } catch (ConfigurationError const& error) {
      EXPECT_NE(std::string(error.what()).find(wrong), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace tvem::test
