// Each layer alone: gradients with respect to parameters and inputs against finite differences.
#include <gtest/gtest.h>

#include "framework/nn/block.hpp"
#include "tests/unit/nn/finite_differences.hpp"
#include "tests/unit/nn/nn_testing.hpp"

namespace tvem::test {
namespace {

constexpr double tolerance = 1e-6, step = 1e-3;
std::vector<std::size_t> const task_offsets{0, 5, 6, 13};  // one task has a single point
constexpr int rows = 13;

/// The tasks in two groups: of one task, and of two.
std::vector<TaskGroup> task_groups() {
  std::vector<TaskGroup> groups;
  cut_into_groups(task_offsets, 10, groups);
  return groups;
}

std::size_t size(int n_rows, int cols) {
  return static_cast<std::size_t>(n_rows) * static_cast<std::size_t>(cols);
}

/// A layer's surroundings: parameters, gradient, scratch. The loss is a fixed random linear
/// function of the layer's output.
struct Bench {
  Bench(InstructionSet set, ParameterLayout const& parameter_layout, int out_cols)
      : kernel(kernels<double>(set)),
        layout(parameter_layout),
        parameters(random_values<double>(layout.size(), 1)),
        gradient(layout.size(), 0.0),
        weights(random_values<double>(size(rows, out_cols), 2)),
        scratch(100000) {}

  Pass<double> pass() { return {kernel, parameters.data(), gradient.data(), scratch.data()}; }
  double loss(std::vector<double> const& y) const { return dot(weights, y); }

  /// Checks every parameter tensor.
  template <class F>
  void check_parameters(F const& f, double with_step = step) {
    for (ParameterView const& view : layout.views())
      EXPECT_LT(gradient_error(f, std::span(parameters).subspan(view.offset, view.size()),
                               std::span(gradient).subspan(view.offset, view.size()), with_step),
                tolerance)
          << view.name;
  }

  Kernels<double> const& kernel;
  ParameterLayout const& layout;
  std::vector<double> parameters, gradient, weights;
  AlignedVector<double> scratch;
};

class LayerGradientTest : public testing::TestWithParam<InstructionSet> {};
INSTANTIATE_TEST_SUITE_P(InstructionSets, LayerGradientTest,
                         testing::ValuesIn(present_instruction_sets()),
                         [](auto const& set) { return std::string(name_of(set.param)); });

TEST_P(LayerGradientTest, Linear_AgreesWithFiniteDifferences) {
  ParameterLayout layout;
  Linear<double> linear(layout, "linear", 7, 19, 0);
  Bench bench(GetParam(), layout, 19);
  auto x = random_values<double>(size(rows, 7), 3),
       residual = random_values<double>(size(rows, 19), 4);
  auto const f = [&] {
    std::vector<double> y(size(rows, 19));
    linear.pack(bench.kernel, bench.parameters.data());
    linear.forward(bench.pass(), rows, x.data(), residual.data(), y.data());
    return bench.loss(y);
  };
  f();
  std::vector<double> dx(x.size());
  linear.backward(bench.pass(), rows, x.data(), bench.weights.data(), nullptr, dx.data());
  bench.check_parameters(f);
  EXPECT_LT(gradient_error(f, x, dx, step), tolerance) << "input";
  EXPECT_LT(gradient_error(f, residual, bench.weights, step), tolerance) << "residual";
}

TEST_P(LayerGradientTest, LinearBackward_AddsToTheGradient) {
  ParameterLayout layout;
  Linear<double> linear(layout, "linear", 3, 5, 0);
  Bench bench(GetParam(), layout, 5);
  auto const x = random_values<double>(size(rows, 3), 3);
  linear.pack(bench.kernel, bench.parameters.data());
  linear.backward(bench.pass(), rows, x.data(), bench.weights.data(), nullptr, nullptr);
  auto const once = bench.gradient;
  linear.backward(bench.pass(), rows, x.data(), bench.weights.data(), nullptr, nullptr);
  for (std::size_t i = 0; i < once.size(); ++i)
    EXPECT_NEAR(bench.gradient[i], 2 * once[i], 1e-14 * (1 + std::abs(once[i])));
}

TEST_P(LayerGradientTest, LayerNorm_AgreesWithFiniteDifferences) {
  ParameterLayout layout;
  LayerNorm<double> const norm(layout, "norm", 11);
  Bench bench(GetParam(), layout, 11);
  auto x = random_values<double>(size(rows, 11), 3), added = random_values<double>(x.size(), 4);
  NormTape<double> tape;
  Reservation reservation;
  tape.reserve(reservation, rows);
  auto const f = [&] {  // y + <added, x>: what a residual connection makes of it
    std::vector<double> y(x.size());
    norm.forward(bench.pass(), rows, x.data(), y.data(), tape.at(0));
    return bench.loss(y) + dot(added, x);
  };
  f();
  std::vector<double> dx(x.size());
  norm.backward(bench.pass(), rows, x.data(), tape.at(0), bench.weights.data(), added.data(),
                dx.data());
  bench.check_parameters(f);
  EXPECT_LT(gradient_error(f, x, dx, step), tolerance) << "input";
}

TEST_P(LayerGradientTest, Attention_AgreesWithFiniteDifferences) {
  for (auto const kind : {AttentionKind::softmax, AttentionKind::unnormalised, AttentionKind::relu,
                          AttentionKind::linear})
    for (int const heads : {1, 2, 4}) {
      SCOPED_TRACE(std::string(name_of(kind)));
      int const width = 12;
      Attention<double> const attention(width, heads, kind);
      double const small = kind == AttentionKind::relu ? 1e-6 : 1e-3;  // crosses no kink
      ParameterLayout const none;
      Bench bench(GetParam(), none, width);
      auto qkv = random_values<double>(size(rows, 3 * width), 3);
      std::vector<double> probabilities(attention.probabilities_size(task_offsets)), mixed;
      auto const f = [&] {
        std::vector<double> y(size(rows, width));
        for (TaskGroup const& group : task_groups())
          attention.forward(bench.pass(), group, qkv.data(), probabilities.data(), y.data());
        mixed = y;
        return bench.loss(y);
      };
      f();
      auto dqkv = qkv;
      for (TaskGroup const& group : task_groups())
        attention.backward(bench.pass(), group, probabilities.data(), mixed.data(),
                           bench.weights.data() + group.first_row() * width, dqkv.data());
      EXPECT_LT(gradient_error(f, qkv, dqkv, small), tolerance) << heads << " heads, all";
      for (std::size_t part = 0; part < 3; ++part) {  // each part on its own scale
        std::vector<double> only(dqkv.size(), 0.0);
        for (std::size_t i = 0; i < only.size(); ++i)
          if (i / width % 3 == part) only[i] = dqkv[i];
        auto const direction = unit_vector(only);
        double const expected = dot(dqkv, direction);
        EXPECT_NEAR(directional_derivative(f, qkv, direction, small), expected,
                    tolerance * expected)
            << heads << " heads, part " << part;
      }
    }
}

TEST_P(LayerGradientTest, Attention_NeedsNoMoreScratchThanItSays) {
  Attention<double> const attention(12, 2, AttentionKind::softmax);
  auto const& kernel = kernels<double>(GetParam());
  auto const dmixed = random_values<double>(size(rows, 12), 4);
  auto scratch = Guarded<double>::unset(attention.scratch_size(kernel, 7));
  auto probabilities = Guarded<double>::unset(attention.probabilities_size(task_offsets));
  auto mixed = Guarded<double>::unset(size(rows, 12));
  Guarded<double> dqkv(random_values<double>(size(rows, 36), 3));
  Pass<double> const pass{kernel, nullptr, nullptr, scratch.data()};
  for (TaskGroup const& group : task_groups())
    attention.forward(pass, group, dqkv.data(), probabilities.data(), mixed.data());
  for (TaskGroup const& group : task_groups())
    attention.backward(pass, group, probabilities.data(), mixed.data(),
                       dmixed.data() + group.first_row() * 12, dqkv.data());
  EXPECT_TRUE(scratch.guards_intact() && probabilities.guards_intact());
  EXPECT_TRUE(mixed.guards_intact() && dqkv.guards_intact());
  for (double const d : dqkv.values()) ASSERT_TRUE(std::isfinite(d));
}

// ---- one encoder layer, every option ----

using BlockOptions = std::tuple<NormKind, Activation>;
class BlockGradientTest : public testing::TestWithParam<BlockOptions> {};
INSTANTIATE_TEST_SUITE_P(Options, BlockGradientTest,
                         testing::Combine(testing::Values(NormKind::none, NormKind::pre,
                                                          NormKind::post),
                                          testing::Values(Activation::gelu, Activation::relu)),
                         [](auto const& options) {
                           return std::string(name_of(std::get<0>(options.param))) + "_" +
                                  std::string(name_of(std::get<1>(options.param)));
                         });

struct BlockBench {
  static constexpr int width = 8;
  explicit BlockBench(ModelSettings const& settings, InstructionSet set)
      : activation(settings.activation),
        block(layout, "block", settings),
        bench(set, layout, width) {
    Reservation reservation;
    block.reserve(reservation, tape, task_offsets, true);
    block.reserve(reservation, scratch, rows);
    for (double& p : bench.parameters) p *= 0.5;
  }
  double loss() {
    std::vector<double> y(size(rows, width));
    block.pack(bench.kernel, bench.parameters.data());
    std::copy(input.begin(), input.end(), tape.input.begin());
    block.forward(bench.pass(), task_groups(), tape, y.data());
    if (first_slope.empty()) first_slope = tape.slope;
    kink_crossed |= activation == Activation::relu && tape.slope != first_slope;
    return bench.loss(y);
  }
  Activation activation;
  ParameterLayout layout;
  Block<double> block;
  Bench bench;
  BlockTape<double> tape;
  BlockScratch<double> scratch;
  std::vector<double> input = random_values<double>(size(rows, width), 3);
  AlignedVector<double> first_slope;
  bool kink_crossed = false;
};

TEST_P(BlockGradientTest, Block_AgreesWithFiniteDifferences) {
  auto const [norm, activation] = GetParam();
  for (auto const set : present_instruction_sets()) {
    SCOPED_TRACE(std::string(name_of(set)));
    BlockBench b({.heads = 2,
                  .width = BlockBench::width,
                  .mlp_ratio = 3,
                  .norm = norm,
                  .activation = activation},
                 set);
    auto const f = [&] { return b.loss(); };
    double const block_step = activation == Activation::relu ? 1e-5 : step;
    f();
    auto d = b.bench.weights;
    b.block.backward(b.bench.pass(), task_groups(), b.tape, b.scratch, d.data());
    b.bench.check_parameters(f, block_step);
    EXPECT_LT(gradient_error(f, b.input, d, block_step), tolerance) << "input";
    EXPECT_FALSE(b.kink_crossed) << "choose other data or a smaller step";
  }
}

}  // namespace
}  // namespace tvem::test
