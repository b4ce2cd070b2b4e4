// Forward, loss and backward against PyTorch (golden/make_nn_golden.py).
#include <algorithm>

#include <gtest/gtest.h>

#include "unit/nn/golden_file.hpp"
#include "unit/nn/model_testing.hpp"

namespace tvem::test {
namespace {

/// Largest difference between two vectors, relative to the largest of `expected`.
template <class Actual>
double difference(Actual const& actual, std::span<double const> expected) {
  double largest = 0, worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    double const error = std::abs(static_cast<double>(actual[i]) - expected[i]);
    largest = std::max(largest, std::abs(expected[i]));
    worst = error <= worst ? worst : error;  // keeps NaN
  }
  return worst / largest;
}

class TransformerGoldenTest : public testing::TestWithParam<char const*> {
 protected:
  template <class T>
  void compare(double tolerance) {
    GoldenFile const golden = read_golden(GetParam());
    AlignedVector<T> const parameters(golden.parameters.begin(), golden.parameters.end());
    for (auto const set : present_instruction_sets()) {
      SCOPED_TRACE(std::string(name_of(set)));
      Transformer<T> model(golden.model, golden.domain, set);
      ASSERT_EQ(model.layout().views(), golden.layout.views());
      model.set_parameters(parameters);
      compare(golden, process(model, golden.batch), tolerance);
    }
  }

 private:
  template <class T>
  void compare(GoldenFile const& golden, ChunkResult<T> const& result, double tolerance) {
    ASSERT_EQ(result.logits.size(), golden.logits.size());
    ASSERT_EQ(result.gradient.size(), golden.gradient.size());
    EXPECT_LT(difference(result.logits, golden.logits), tolerance);
    EXPECT_LT(difference(result.losses, golden.losses), tolerance);
    for (ParameterView const& view : golden.layout.views())
      EXPECT_LT(difference(std::span(result.gradient).subspan(view.offset, view.size()),
                           std::span(golden.gradient).subspan(view.offset, view.size())),
                tolerance)
          << view.name;
  }
};
INSTANTIATE_TEST_SUITE_P(Configurations, TransformerGoldenTest,
                         testing::Values("pre_gelu", "post_relu", "none_gelu_tied",
                                         "pre_relu_ragged", "post_gelu_tied_ragged",
                                         "none_relu_wide"),
                         [](auto const& name) { return std::string(name.param); });

TEST_P(TransformerGoldenTest, DoublePrecision_AgreesWithPyTorchToRounding) {
  compare<double>(1e-12);
}

TEST_P(TransformerGoldenTest, SinglePrecision_AgreesWithPyTorchToRounding) { compare<float>(1e-5); }

}  // namespace
}  // namespace tvem::test
