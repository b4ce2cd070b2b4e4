// What the model's output may depend on: not on the order of points, not on the other tasks of a
// chunk, not on the chunks before, not on addresses.
#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "tests/unit/nn/model_testing.hpp"

namespace tvem::test {
namespace {

using Order = std::vector<std::size_t>;

/// The batch with its points in another order: point i of the result is point order[i].
RaggedBatch with_points_in_order(RaggedBatch const& batch, Order const& order) {
  RaggedBatch result = batch;
  auto const dim = static_cast<std::size_t>(batch.dim);
  for (std::size_t i = 0; i < order.size(); ++i) {
    result.labels[i] = batch.labels[order[i]];
    for (std::size_t c = 0; c < dim; ++c)
      result.points[i * dim + c] = batch.points[order[i] * dim + c];
  }
  return result;
}

/// The tasks `tasks` of the batch, in that order.
RaggedBatch select_tasks(RaggedBatch const& batch, Order const& tasks) {
  RaggedBatch result;
  result.dim = batch.dim;
  result.offsets.push_back(0);
  auto const dim = static_cast<std::ptrdiff_t>(batch.dim);
  for (std::size_t const t : tasks) {
    auto const begin = static_cast<std::ptrdiff_t>(batch.offsets[t]);
    auto const end = static_cast<std::ptrdiff_t>(batch.offsets[t + 1]);
    result.points.insert(result.points.end(), batch.points.begin() + begin * dim,
                         batch.points.begin() + end * dim);
    result.labels.insert(result.labels.end(), batch.labels.begin() + begin,
                         batch.labels.begin() + end);
    result.offsets.push_back(result.labels.size());
    result.components.push_back(batch.components[t]);
  }
  return result;
}

/// Reverses the points within each task and moves its first to the middle: no fixed points of note.
Order shuffled_within_tasks(RaggedBatch const& batch) {
  Order order(batch.n_points());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t t = 0; t < batch.n_tasks(); ++t) {
    auto const begin = order.begin() + static_cast<std::ptrdiff_t>(batch.offsets[t]);
    auto const end = order.begin() + static_cast<std::ptrdiff_t>(batch.offsets[t + 1]);
    std::reverse(begin, end);
    std::rotate(begin, begin + (end - begin) / 3, end);
  }
  return order;
}

struct Case {
  InstructionSet set;
  NormKind norm;
};

class TransformerPurityTest : public testing::TestWithParam<Case> {
 protected:
  WithInstructionSet const in_use_{GetParam().set};
  template <class T>
  Transformer<T> make_model() const {
    return {{.layers = 2, .heads = 2, .width = 20, .norm = GetParam().norm},
            {.dim = 3, .components = {2, 4}}};
  }
  /// Tasks of 5 to 40 points with other k and d from task to task.
  static RaggedBatch chunk(std::vector<std::uint64_t> const& ids) {
    return sample_batch({1, 3}, {2, 4}, {5, 40}, ids);
  }
  template <class T>
  ChunkResult<T> fresh(RaggedBatch const& batch) const {
    auto model = make_model<T>();
    auto const parameters = noisy_parameters(model);
    model.set_parameters(parameters);
    return process(model, batch);
  }
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (auto const set : present_instruction_sets())
    for (auto const norm : {NormKind::none, NormKind::pre, NormKind::post})
      all.push_back({set, norm});
  return all;
}
INSTANTIATE_TEST_SUITE_P(All, TransformerPurityTest, testing::ValuesIn(cases()), [](auto const& c) {
  return std::string(name_of(c.param.set)) + "_" + std::string(name_of(c.param.norm));
});

template <class T>
void expect_same(ChunkResult<T> const& a, ChunkResult<T> const& b) {
  EXPECT_TRUE(same_bits(a.logits, b.logits)) << "logits";
  EXPECT_EQ(a.losses, b.losses);
  EXPECT_TRUE(same_bits(a.dlogits, b.dlogits)) << "derivative by the logits";
  EXPECT_TRUE(same_bits(std::span<T const>(a.gradient), std::span<T const>(b.gradient)))
      << "gradient";
}

/// Largest difference of the logits after the points were put into another order, relative to the
/// largest logit.
template <class T>
double equivariance_error(ChunkResult<T> const& before, ChunkResult<T> const& after,
                          Order const& order, std::size_t n_labels) {
  double largest = 0, worst = 0;
  for (std::size_t i = 0; i < order.size(); ++i)
    for (std::size_t j = 0; j < n_labels; ++j) {
      auto const expected = static_cast<double>(before.logits[order[i] * n_labels + j]);
      auto const found = static_cast<double>(after.logits[i * n_labels + j]);
      largest = std::max(largest, std::abs(expected));
      worst = std::abs(found - expected) <= worst ? worst : std::abs(found - expected);
    }
  return worst / largest;
}

// Only the order of sums over the points of a task changes: rounding, no more. Without a norm large
// scores amplify it most, in both precisions alike (their rounding differs by 5e8).
TEST_P(TransformerPurityTest, PointsInAnotherOrder_PermuteTheLogits) {
  RaggedBatch const batch = chunk({0, 1, 2, 3});
  Order const order = shuffled_within_tasks(batch);
  RaggedBatch const shuffled = with_points_in_order(batch, order);
  EXPECT_LT(equivariance_error(fresh<double>(batch), fresh<double>(shuffled), order, 4), 1e-13);
  EXPECT_LT(equivariance_error(fresh<float>(batch), fresh<float>(shuffled), order, 4), 5e-5);
}

TEST_P(TransformerPurityTest, OtherTasksInTheChunk_ChangeNoBitOfATasksLogits) {
  RaggedBatch const batch = chunk({0, 1, 2, 3});
  auto const whole = fresh<float>(batch);
  for (Order const& tasks : {Order{3, 1, 0, 2}, Order{2}, Order{1, 2}, Order{0}, Order{3, 3}}) {
    RaggedBatch const selected = select_tasks(batch, tasks);
    auto const part = fresh<float>(selected);
    for (std::size_t t = 0; t < tasks.size(); ++t) {
      std::size_t const size = batch.n_points(tasks[t]) * 4;
      EXPECT_TRUE(same_bits(
          std::span<float const>(part.logits).subspan(selected.offsets[t] * 4, size),
          std::span<float const>(whole.logits).subspan(batch.offsets[tasks[t]] * 4, size)))
          << "task " << tasks[t];
      EXPECT_EQ(part.losses[t], whole.losses[tasks[t]]);
    }
  }
}

TEST_P(TransformerPurityTest, ChunksBefore_ChangeNoBit) {
  RaggedBatch const batch = chunk({0, 1, 2});
  auto const alone = fresh<float>(batch);
  auto model = make_model<float>();
  auto const parameters = noisy_parameters(model);
  model.set_parameters(parameters);
  expect_same(process(model, batch), alone);  // first
  process(model, chunk({4, 5, 6, 7, 8, 9}));  // larger
  expect_same(process(model, batch), alone);  // after a larger one
  process(model, chunk({10}));                // smaller
  expect_same(process(model, batch), alone);  // last
}

TEST_P(TransformerPurityTest, ChunkOfHugeValuesBefore_ChangesNoBit) {
  RaggedBatch const batch = chunk({0, 1, 2});
  auto const alone = fresh<float>(batch);
  auto model = make_model<float>();
  auto const parameters = noisy_parameters(model);
  model.set_parameters(parameters);
  for (float const factor : {1e30f, std::numeric_limits<float>::infinity()}) {
    RaggedBatch huge = chunk({4, 5, 6, 7});
    for (float& x : huge.points) x *= factor;
    auto const spoiled = model.forward(huge);
    EXPECT_TRUE(std::isfinite(factor) || std::isnan(spoiled.front())) << "all buffers hold NaN";
    std::vector<float> const nan(spoiled.size(), std::numeric_limits<float>::quiet_NaN());
    AlignedVector<float> gradient(parameters.size(), 0.0f);
    model.backward(huge, nan, gradient);
    EXPECT_TRUE(std::isnan(gradient.front())) << "all buffers hold NaN";
    expect_same(process(model, batch), alone);
  }
}

TEST_P(TransformerPurityTest, InputAtOtherAddresses_ChangesNoBit) {
  RaggedBatch const batch = chunk({0, 1, 2});
  auto const alone = fresh<float>(batch);
  auto model = make_model<float>();
  auto const parameters = noisy_parameters(model);
  model.set_parameters(parameters);
  std::vector<RaggedBatch> copies;  // kept, so that every copy has an address of its own
  std::vector<std::vector<char>> between;
  for (std::size_t i = 0; i < 8; ++i) {
    copies.push_back(batch);
    between.emplace_back(16 * (i % 5) + 1);
    expect_same(process(model, copies.back()), alone);
  }
}

TEST_P(TransformerPurityTest, ParametersAndGradientOffAlignment_ChangeNoBit) {
  RaggedBatch const batch = chunk({0, 1, 2});
  auto const alone = fresh<float>(batch);
  auto model = make_model<float>();
  auto const parameters = noisy_parameters(model);
  for (int const shift : shifts) {
    Guarded<float> moved(std::vector<float>(parameters.begin(), parameters.end()), shift);
    Guarded<float> dlogits(alone.dlogits, shift);
    Guarded<float> gradient(std::vector<float>(parameters.size(), 0.0f), shift);
    model.set_parameters({moved.data(), parameters.size()});
    auto const logits = model.forward(batch);
    EXPECT_TRUE(same_bits(logits, std::span<float const>(alone.logits)));
    model.backward(batch, {dlogits.data(), alone.dlogits.size()},
                   {gradient.data(), parameters.size()});
    auto const found = gradient.values();
    EXPECT_TRUE(same_bits(std::span<float const>(found), std::span<float const>(alone.gradient)));
    EXPECT_TRUE(gradient.guards_intact());
  }
}

}  // namespace
}  // namespace tvem::test
