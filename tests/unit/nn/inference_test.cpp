// Inference: the bits of the training's forward pass, in memory that is linear in the points and
// the same for any number of layers.
#include <gtest/gtest.h>

#include "tests/support/counted_allocations.hpp"
#include "tests/unit/nn/model_testing.hpp"

namespace tvem::test {
namespace {

struct Model {
  explicit Model(ModelSettings const& settings)
      : transformer(settings, {.dim = 3, .components = {2, 4}}),
        parameters(noisy_parameters(transformer)) {
    transformer.set_parameters(parameters);
  }
  Transformer<float> transformer;
  AlignedVector<float> parameters;
};

std::vector<float> copied(std::span<float const> values) { return {values.begin(), values.end()}; }

/// Tasks on both sides of the rows that attention and perceptron take at a time, some in one group.
RaggedBatch ragged_batch() {
  RaggedBatch batch;
  batch.dim = 3;
  batch.offsets = {0};
  for (std::size_t const n : {1, 47, 48, 20, 128, 129, 300}) {
    batch.offsets.push_back(batch.offsets.back() + n);
    batch.components.push_back(n % 2 == 0 ? 4 : 2);
  }
  batch.labels.assign(batch.offsets.back(), 0);
  batch.points = random_values<float>(3 * batch.offsets.back(), 7);
  return batch;
}

std::vector<ModelSettings> all_kinds() {
  std::vector<ModelSettings> kinds;
  for (auto const attention : {AttentionKind::softmax, AttentionKind::unnormalised,
                               AttentionKind::relu, AttentionKind::linear})
    for (auto const norm : {NormKind::none, NormKind::pre, NormKind::post})
      for (bool const tied : {false, true})
        for (auto const readout : {ReadoutKind::labels, ReadoutKind::parameters})
          kinds.push_back({.layers = 3,
                           .heads = 2,
                           .width = 20,
                           .attention = attention,
                           .norm = norm,
                           .activation = tied ? Activation::relu : Activation::gelu,
                           .tied = tied,
                           .readout = readout});
  return kinds;
}

TEST(Inference, AnyModelAndInstructionSet_HasTheBitsOfForward) {
  RaggedBatch const batch = ragged_batch();
  for (auto const set : present_instruction_sets())
    for (ModelSettings const& settings : all_kinds()) {
      WithInstructionSet const in_use(set);
      Model trained(settings), inferred(settings);
      auto const expected = copied(trained.transformer.forward(batch));
      EXPECT_TRUE(same_bits(copied(inferred.transformer.infer(batch)), expected))
          << name_of(set) << ' ' << name_of(settings.attention) << ' ' << name_of(settings.norm)
          << (settings.tied ? " tied " : " ") << name_of(settings.readout);
    }
}

TEST(Inference, BetweenTwoTrainingPasses_ChangesNoBitOfThem) {
  RaggedBatch const batch = sample_batch({1, 3}, {2, 4}, {5, 40}, {0, 1, 2});
  Model alone({.layers = 2, .width = 20}), shared({.layers = 2, .width = 20});
  auto const expected = process(alone.transformer, batch);
  for (int pass = 0; pass < 2; ++pass) {
    shared.transformer.infer(ragged_batch());
    auto const found = process(shared.transformer, batch);
    EXPECT_TRUE(same_bits(found.logits, expected.logits));
    EXPECT_TRUE(same_bits(std::span<float const>(found.gradient),
                          std::span<float const>(expected.gradient)));
  }
}

#if TVEM_COUNTS_ALLOCATIONS

/// The buffers, some 20, have a whole number of cache lines; and there is a list of groups.
constexpr std::size_t beside = 2000;

/// Bytes that the first inference over a task of n points asks for.
std::size_t allocated_bytes(ModelSettings const& settings, std::size_t n) {
  Model model(settings);
  RaggedBatch const batch{.dim = 3,
                          .points = random_values<float>(3 * n, 7),
                          .labels = std::vector<int>(n, 0),
                          .offsets = {0, n},
                          .components = {3}};
  std::size_t const before = n_allocated_bytes;
  model.transformer.infer(batch);
  return n_allocated_bytes - before;
}

TEST(InferenceMemory, AnyModel_IsWhatIsSaidBeforehand) {
  for (ModelSettings const& settings : all_kinds())
    for (std::size_t const n : {40, 500}) {
      std::size_t const said = Model(settings).transformer.bytes_to_infer(n);
      std::size_t const allocated = allocated_bytes(settings, n);
      EXPECT_GE(allocated, said);
      EXPECT_LE(allocated, said + beside);
    }
}

TEST(InferenceMemory, TwiceThePoints_IsAtMostTwice) {
  for (ModelSettings const& settings : all_kinds())
    EXPECT_LE(allocated_bytes(settings, 800), 2 * allocated_bytes(settings, 400) + beside);
}

TEST(InferenceMemory, MoreLayers_TakeNoMore) {
  EXPECT_EQ(allocated_bytes({.layers = 6}, 500), allocated_bytes({.layers = 1}, 500));
}

TEST(InferenceMemory, Question_AllocatesNothing) {
  Model model({});
  std::size_t const before = n_allocated_bytes;
  EXPECT_GT(model.transformer.bytes_to_infer(1'000'000'000), std::size_t{1} << 40);
  EXPECT_EQ(n_allocated_bytes, before);
}

#else

TEST(InferenceMemory, SanitizerOrOtherLibrary_NotCounted) { GTEST_SKIP(); }

#endif

}  // namespace
}  // namespace tvem::test
