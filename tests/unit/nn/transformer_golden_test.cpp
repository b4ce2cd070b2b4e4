// Forward, loss and backward against PyTorch (golden/make_nn_golden.py).
#include <algorithm>

#include <gtest/gtest.h>

#include "framework/loss/mixture_losses.hpp"
#include "tests/unit/nn/golden_file.hpp"
#include "tests/unit/nn/model_testing.hpp"

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

/// Forward, the file's loss, backward.
template <class T>
ChunkResult<T> result_of(GoldenFile const& golden, Transformer<T>& model) {
  RaggedBatch const& batch = golden.batch;
  if (golden.loss == LossKind::permutation_cross_entropy) return process(model, batch);
  ChunkResult<T> result;
  auto const outputs = model.forward(batch);
  result.logits.assign(outputs.begin(), outputs.end());
  result.dlogits.resize(outputs.size());
  int const n_outputs = model.n_outputs();
  std::size_t const size = outputs.size() / batch.n_tasks();
  for (std::size_t t = 0; t < batch.n_tasks(); ++t) {
    auto const of_task = outputs.subspan(t * size, size);
    auto const gradient = std::span(result.dlogits).subspan(t * size, size);
    auto const dim = static_cast<std::size_t>(batch.dim);
    auto const points =
        std::span(batch.points).subspan(batch.offsets[t] * dim, batch.n_points(t) * dim);
    result.losses.push_back(
        golden.loss == LossKind::negative_log_likelihood
            ? NegativeLogLikelihood<T>()(of_task, n_outputs, batch.components[t], golden.dims[t],
                                         points, batch.dim, batch.labels_of(t), gradient)
            : PermutationParameters<T>()(of_task, n_outputs, golden.truths[t], gradient));
  }
  result.gradient.assign(model.layout().size(), T(0));
  model.backward(batch, result.dlogits, result.gradient);
  return result;
}

class TransformerGoldenTest : public testing::TestWithParam<char const*> {
 protected:
  template <class T>
  void compare(double tolerance) {
    GoldenFile const golden = read_golden(GetParam());
    AlignedVector<T> const parameters(golden.parameters.begin(), golden.parameters.end());
    for (auto const set : present_instruction_sets()) {
      SCOPED_TRACE(std::string(name_of(set)));
      WithInstructionSet const in_use(set);
      Transformer<T> model(golden.model, golden.domain);
      ASSERT_EQ(model.layout().views(), golden.layout.views());
      model.set_parameters(parameters);
      compare(golden, result_of(golden, model), tolerance);
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
                                         "none_relu_wide", "attention_unnormalised",
                                         "attention_relu", "attention_linear",
                                         "parameters_likelihood", "parameters_permutation",
                                         "pooled_layers"),
                         [](auto const& name) { return std::string(name.param); });

TEST_P(TransformerGoldenTest, DoublePrecision_AgreesWithPyTorchToRounding) {
  compare<double>(1e-12);
}

TEST_P(TransformerGoldenTest, SinglePrecision_AgreesWithPyTorchToRounding) { compare<float>(1e-5); }

}  // namespace
}  // namespace tvem::test
