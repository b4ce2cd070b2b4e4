#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "tests/unit/nn/model_testing.hpp"

namespace tvem::test {
namespace {

using Shape = std::tuple<std::string, int, int>;

std::vector<Shape> shapes(ModelSettings const& settings, ModelDomain const& domain) {
  Transformer<float> const model(settings, domain);
  std::vector<Shape> result;
  std::size_t offset = 0;
  for (ParameterView const& view : model.layout().views()) {
    EXPECT_EQ(view.offset, offset) << "the flat vector has no gaps";
    offset += view.size();
    result.emplace_back(view.name, view.rows, view.cols);
  }
  EXPECT_EQ(model.layout().size(), offset);
  return result;
}

std::size_t n_parameters(ModelSettings const& settings, ModelDomain const& domain) {
  return Transformer<float>(settings, domain).layout().size();
}

// The order is part of every checkpoint and of every parameter's random numbers: never change it.
TEST(TransformerLayout, OneLayer_HasTheseNamesShapesAndOrder) {
  std::vector<Shape> const expected{{"embedding.weight", 2, 8},     {"embedding.bias", 1, 8},
                                    {"components.weight", 3, 8},    {"layers.0.norm1.scale", 1, 8},
                                    {"layers.0.norm1.shift", 1, 8}, {"layers.0.norm2.scale", 1, 8},
                                    {"layers.0.norm2.shift", 1, 8}, {"layers.0.qkv.weight", 8, 24},
                                    {"layers.0.qkv.bias", 1, 24},   {"layers.0.out.weight", 8, 8},
                                    {"layers.0.out.bias", 1, 8},    {"layers.0.up.weight", 8, 32},
                                    {"layers.0.up.bias", 1, 32},    {"layers.0.down.weight", 32, 8},
                                    {"layers.0.down.bias", 1, 8},   {"norm.scale", 1, 8},
                                    {"norm.shift", 1, 8},           {"readout.weight", 8, 4},
                                    {"readout.bias", 1, 4}};
  EXPECT_EQ(shapes({.layers = 1, .heads = 2, .width = 8}, {.dim = 2, .components = {2, 4}}),
            expected);
}

TEST(TransformerLayout, Defaults_HaveTheStatedNumberOfParameters) {
  EXPECT_EQ(n_parameters({}, {.dim = 2, .components = {3, 3}}), 51075u);
}

TEST(TransformerLayout, Options_ChangeTheParametersTheyShould) {
  ModelDomain const domain{.dim = 2, .components = {3, 3}};
  std::size_t const block = 12704, norms = 4 * 32, final_norm = 2 * 32;
  EXPECT_EQ(n_parameters({.tied = true}, domain), 51075 - 3 * block);
  EXPECT_EQ(n_parameters({.norm = NormKind::post}, domain), 51075 - final_norm);
  EXPECT_EQ(n_parameters({.norm = NormKind::none}, domain), 51075 - final_norm - 4 * norms);
  EXPECT_EQ(n_parameters({.activation = Activation::relu}, domain), 51075u);
  EXPECT_EQ(n_parameters({}, {.dim = 2, .components = {2, 3}}), 51075u + 2 * 32);
}

TEST(InitialParameters, Seed_DeterminesThem) {
  Transformer<float> const model({}, {});
  EXPECT_EQ(model.initial_parameters(1), model.initial_parameters(1));
  EXPECT_NE(model.initial_parameters(1), model.initial_parameters(2));
  Transformer<float> const best({}, {});
  EXPECT_EQ(model.initial_parameters(1), best.initial_parameters(1));
}

TEST(InitialParameters, Tensors_AreWithinTheirBoundsAndDiffer) {
  Transformer<float> const model({}, {.dim = 2, .components = {2, 5}});
  auto const parameters = model.initial_parameters(1);
  for (ParameterView const& view : model.layout().views()) {
    auto const values = std::span(parameters).subspan(view.offset, view.size());
    bool const is_weight = view.name.ends_with(".weight");
    float const bound = 1 / std::sqrt(static_cast<float>(view.rows));
    float largest = 0;
    for (float const value : values) {
      largest = std::max(largest, std::abs(value));
      if (!is_weight) {
        EXPECT_EQ(value, view.name.ends_with(".scale") ? 1.0f : 0.0f) << view.name;
      }
    }
    if (!is_weight) continue;
    EXPECT_LE(largest, bound) << view.name;
    EXPECT_GT(largest, 0.9f * bound) << view.name;
  }
  auto const first = [&](char const* name) { return parameters[model.layout().find(name).offset]; };
  EXPECT_NE(first("layers.0.qkv.weight"), first("layers.1.qkv.weight"));
}

TEST(ParameterLayout, UnknownOrRepeatedName_IsRefused) {
  ParameterLayout layout;
  layout.add("a", 2, 3);
  EXPECT_EQ(layout.find("a").size(), 6u);
  EXPECT_THROW(layout.find("b"), CheckFailed);
  EXPECT_THROW(layout.add("a", 1, 1), CheckFailed);
  EXPECT_THROW(layout.add("c", 0, 1), CheckFailed);
}

TEST(Transformer, BatchOutsideItsDomain_IsRefused) {
  Transformer<float> model({.heads = 2, .width = 8}, {.dim = 2, .components = {2, 3}});
  auto const parameters = model.initial_parameters(1);
  model.set_parameters(parameters);
  EXPECT_THROW(model.forward(sample_batch({3, 3}, {3, 3}, {5, 5}, {0})), CheckFailed);
  EXPECT_THROW(model.forward(sample_batch({2, 2}, {4, 4}, {5, 5}, {0})), CheckFailed);
  EXPECT_THROW(model.set_parameters(std::span(parameters).first(10)), CheckFailed);
  EXPECT_NO_THROW(model.forward(sample_batch({2, 2}, {2, 3}, {5, 5}, {0})));
}

TEST(Transformer, WidthThatHeadsDoNotDivide_IsRefused) {
  EXPECT_THROW(Transformer<float>({.heads = 3, .width = 8}, {}), CheckFailed);
}

TEST(Kernels, InstructionSetThatIsMissing_IsRefused) {
  auto const beyond = static_cast<InstructionSet>(static_cast<int>(best_instruction_set()) + 1);
  EXPECT_THROW(kernels<float>(beyond), CheckFailed);
  EXPECT_THROW(kernels<double>(beyond), CheckFailed);
}

}  // namespace
}  // namespace tvem::test
