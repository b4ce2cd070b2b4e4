// The whole model with its loss, every option, against finite differences in double precision.
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "tests/unit/nn/finite_differences.hpp"
#include "tests/unit/nn/model_testing.hpp"

namespace tvem::test {
namespace {

constexpr double tolerance = 1e-6;

/// A small model on a small ragged batch. Its loss is smooth only while no label permutation
/// changes, which it watches.
class Problem {
 public:
  Problem(ModelSettings const& settings, ModelDomain const& domain, RaggedBatch batch)
      : batch_(std::move(batch)),
        model_(settings, domain),
        parameters_(noisy_parameters(model_)),
        gradient_(result().gradient) {
    targets_ = targets(result());
  }

  double loss() {
    auto const now = result();
    permutation_changed_ |= targets(now) != targets_;
    return std::accumulate(now.losses.begin(), now.losses.end(), 0.0);
  }
  double error_of(ParameterView const& view, std::span<double const> gradient, double step) {
    return gradient_error([&] { return loss(); },
                          std::span<double>(parameters_).subspan(view.offset, view.size()),
                          gradient.subspan(view.offset, view.size()), step);
  }
  RaggedBatch const& batch() const { return batch_; }
  std::vector<ParameterView> const& views() const { return model_.layout().views(); }
  AlignedVector<double> const& gradient() const { return gradient_; }
  bool permutation_changed() const { return permutation_changed_; }

 private:
  ChunkResult<double> result() {
    model_.set_parameters(parameters_);
    return process(model_, batch_);
  }
  /// The logits that the minimising permutation calls true: those with a negative derivative.
  static std::vector<bool> targets(ChunkResult<double> const& result) {
    std::vector<bool> negative;
    for (double const d : result.dlogits) negative.push_back(d < 0);
    return negative;
  }

  RaggedBatch batch_;
  Transformer<double> model_;
  AlignedVector<double> parameters_, gradient_;
  std::vector<bool> targets_;
  bool permutation_changed_ = false;
};

enum class Tasks { alike, ragged };

Problem make_problem(ModelSettings settings, Tasks tasks) {
  settings.layers = 2;
  settings.heads = 2;
  settings.width = 8;
  settings.mlp_ratio = 2;
  if (tasks == Tasks::alike)
    return {
        settings, {.dim = 2, .components = {3, 3}}, sample_batch({2, 2}, {3, 3}, {7, 7}, {0, 1})};
  return {settings,
          {.dim = 3, .components = {2, 4}},
          sample_batch({1, 3}, {2, 4}, {5, 9}, {0, 1, 5, 12})};
}

using Options = std::tuple<NormKind, Activation, bool, Tasks>;
std::string name_of_options(testing::TestParamInfo<Options> const& info) {
  auto const& [norm, activation, tied, tasks] = info.param;
  return std::string(name_of(norm)) + "_" + std::string(name_of(activation)) +
         (tied ? "_tied" : "_untied") + (tasks == Tasks::alike ? "_alike" : "_ragged");
}

class TransformerGradientTest : public testing::TestWithParam<Options> {};
INSTANTIATE_TEST_SUITE_P(
    Options, TransformerGradientTest,
    testing::Combine(testing::Values(NormKind::none, NormKind::pre, NormKind::post),
                     testing::Values(Activation::gelu, Activation::relu), testing::Bool(),
                     testing::Values(Tasks::alike, Tasks::ragged)),
    name_of_options);

TEST_P(TransformerGradientTest, EveryTensor_AgreesWithFiniteDifferences) {
  auto const& [norm, activation, tied, tasks] = GetParam();
  Problem problem = make_problem({.norm = norm, .activation = activation, .tied = tied}, tasks);
  // A step that crosses no kink of ReLU; smooth models bear a larger one, which rounding wants.
  double const step = activation == Activation::relu ? 4e-6 : 1e-4;
  for (ParameterView const& view : problem.views())
    EXPECT_LT(problem.error_of(view, problem.gradient(), step), tolerance) << view.name;
  EXPECT_FALSE(problem.permutation_changed()) << "choose other data or a smaller step";
}

class AttentionKindGradientTest : public testing::TestWithParam<AttentionKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, AttentionKindGradientTest,
                         testing::Values(AttentionKind::unnormalised, AttentionKind::relu,
                                         AttentionKind::linear),
                         [](auto const& kind) { return std::string(name_of(kind.param)); });

TEST_P(AttentionKindGradientTest, EveryTensor_AgreesWithFiniteDifferences) {
  Problem problem = make_problem({.attention = GetParam()}, Tasks::ragged);
  double const step = GetParam() == AttentionKind::relu ? 4e-6 : 1e-4;
  for (ParameterView const& view : problem.views())
    EXPECT_LT(problem.error_of(view, problem.gradient(), step), tolerance) << view.name;
  EXPECT_FALSE(problem.permutation_changed()) << "choose other data or a smaller step";
}

/// Finite differences of a model with pooling: the loss of its outputs is a fixed random linear
/// function, so that the losses' own gradients are another test's.
TEST(TransformerGradient, ParameterReadout_EveryTensorAgreesWithFiniteDifferences) {
  for (auto const norm : {NormKind::none, NormKind::pre, NormKind::post}) {
    ModelSettings const settings{.layers = 2,
                                 .heads = 2,
                                 .width = 8,
                                 .mlp_ratio = 2,
                                 .norm = norm,
                                 .readout = ReadoutKind::parameters};
    RaggedBatch const batch = sample_batch({1, 3}, {2, 4}, {5, 9}, {0, 1, 5, 12});
    Transformer<double> model(settings, {.dim = 3, .components = {2, 4}, .point_dim = 3});
    auto parameters = noisy_parameters(model);
    EXPECT_EQ(model.n_outputs(), 5);
    EXPECT_EQ(model.output_rows(batch), 4u * 4u);
    auto const weights = random_values<double>(4 * 4 * 5, 8);
    auto const loss = [&] {
      model.set_parameters(parameters);
      auto const outputs = model.forward(batch);
      return dot(outputs, weights);
    };
    loss();
    AlignedVector<double> gradient(model.layout().size());
    std::size_t n_final = 0;
    model.backward(batch, weights, gradient,
                   [&](std::size_t, std::size_t size) { n_final += size; });
    EXPECT_EQ(n_final, gradient.size());
    for (ParameterView const& view : model.layout().views())
      EXPECT_LT(gradient_error(loss, std::span(parameters).subspan(view.offset, view.size()),
                               std::span(gradient).subspan(view.offset, view.size()), 1e-4),
                tolerance)
          << view.name;
  }
}

TEST(TransformerGradient, RaggedBatch_HasTasksOfDifferentSizesComponentsAndDimensions) {
  RaggedBatch const batch = make_problem({}, Tasks::ragged).batch();
  std::set<std::size_t> sizes;
  for (std::size_t t = 0; t < batch.n_tasks(); ++t) sizes.insert(batch.n_points(t));
  EXPECT_EQ(std::set<int>(batch.components.begin(), batch.components.end()),
            (std::set<int>{2, 3, 4}));
  EXPECT_GE(sizes.size(), 3u);
  std::set<std::size_t> dims;
  for (std::size_t t = 0; t < batch.n_tasks(); ++t) {
    std::size_t dim = 3;
    while (batch.points[batch.offsets[t] * 3 + dim - 1] == 0.0f) --dim;
    dims.insert(dim);
  }
  EXPECT_GE(dims.size(), 2u);
}

// The negative control: an error of 1e-4 in one tensor, and in one entry of it, must be seen.
TEST(TransformerGradient, GradientOffByOneTenThousandth_IsNoticed) {
  Problem problem = make_problem({}, Tasks::ragged);
  for (ParameterView const& view : problem.views()) {
    auto scaled = problem.gradient();
    for (std::size_t i = view.offset; i < view.offset + view.size(); ++i) scaled[i] *= 1 + 1e-4;
    EXPECT_GT(problem.error_of(view, scaled, 1e-4), tolerance) << view.name;

    auto const one_wrong = [&] {
      auto gradient = problem.gradient();
      auto const first = gradient.begin() + static_cast<std::ptrdiff_t>(view.offset);
      auto const largest =
          std::max_element(first, first + static_cast<std::ptrdiff_t>(view.size()),
                           [](double a, double b) { return std::abs(a) < std::abs(b); });
      *largest *= 1 + 1e-4;
      return gradient;
    }();
    EXPECT_GT(problem.error_of(view, one_wrong, 1e-4), tolerance) << view.name;
  }
}

}  // namespace
}  // namespace tvem::test
