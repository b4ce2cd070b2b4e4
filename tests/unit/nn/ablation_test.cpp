#include "framework/nn/ablation/ablation.hpp"

#include <Eigen/SVD>
#include <gtest/gtest.h>

#include "tests/unit/nn/model_testing.hpp"

namespace tvem {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A matrix in the middle of others: rows x cols within rows of length `stride`.
HiddenMatrix middle(int rows, int cols) {
  return {.rows = rows, .cols = cols, .offset = 3, .stride = static_cast<std::size_t>(cols) + 5};
}

Matrix matrix_in(std::vector<float> const& values, HiddenMatrix const& place) {
  Matrix matrix(place.rows, place.cols);
  for (int i = 0; i < place.rows; ++i)
    for (int j = 0; j < place.cols; ++j)
      matrix(i, j) = values[place.offset + static_cast<std::size_t>(i) * place.stride +
                            static_cast<std::size_t>(j)];
  return matrix;
}

TEST(Approximate, WideAndTall_TheTruncatedSingularValueDecomposition) {
  for (auto const& [rows, cols] : {std::pair(6, 9), {9, 6}, {7, 7}}) {
    HiddenMatrix const place = middle(rows, cols);
    auto const before = test::random_values<float>(200, 5);
    for (int rank = 1; rank < 6; ++rank) {
      auto values = before;
      approximate(values, place, rank);
      Eigen::JacobiSVD<Eigen::MatrixXd> const svd(matrix_in(before, place),
                                                  Eigen::ComputeThinU | Eigen::ComputeThinV);
      Matrix const expected = svd.matrixU().leftCols(rank) *
                              svd.singularValues().head(rank).asDiagonal() *
                              svd.matrixV().leftCols(rank).transpose();
      EXPECT_LT((matrix_in(values, place) - expected).norm(), 1e-5) << rows << " " << rank;
      for (std::size_t i = 0; i < place.offset; ++i) EXPECT_EQ(values[i], before[i]);
      std::size_t const gap = place.offset + static_cast<std::size_t>(cols);
      EXPECT_EQ(values[gap], before[gap]);  // between two rows
    }
  }
}

TEST(Approximate, FullRank_TheSameBits) {
  auto const before = test::random_values<float>(200, 5);
  auto values = before;
  for (int const rank : {6, 7, 1000}) approximate(values, middle(6, 9), rank);
  EXPECT_TRUE(test::same_bits(values, before));
}

TEST(StableRank, OfKnownSingularValues) {
  std::vector<float> values(16, 0.0F);
  HiddenMatrix const square{.rows = 4, .cols = 4, .offset = 0, .stride = 4};
  EXPECT_EQ(stable_rank(values, square), 0);
  values[0] = 2;
  EXPECT_NEAR(stable_rank(values, square), 1, 1e-12);
  values[5] = -2;
  values[10] = 1;
  EXPECT_NEAR(stable_rank(values, square), (4 + 4 + 1) / 4.0, 1e-12);
}

ModelSettings looped(int layers) {
  ModelSettings settings;
  settings.layers = layers;
  settings.width = 16;
  settings.tied = true;
  return settings;
}

std::vector<float> outputs_of(Transformer<float>& model) {
  auto const batch = test::sample_batch({2, 2}, {3, 3}, {20, 20}, {1, 2});
  auto const outputs = model.infer(batch);
  return {outputs.begin(), outputs.end()};
}

/// The outputs of a looped model of three layers with this ablation.
std::vector<float> ablated_outputs(Ablation const& ablation) {
  Transformer<float> const trained(looped(3), {});
  auto const parameters = test::noisy_parameters(trained);
  AblatedTransformer model(looped(3), {}, parameters, ablation);
  return outputs_of(model.transformer());
}

TEST(AblatedTransformer, NothingTakenAway_TheSameBits) {
  auto const whole = ablated_outputs({});
  EXPECT_TRUE(test::same_bits(ablated_outputs({.layers = 3}), whole));
  EXPECT_TRUE(test::same_bits(ablated_outputs({.rank = 16}), whole));
  EXPECT_TRUE(test::same_bits(ablated_outputs({.pruned = 0.0001}), whole));
  EXPECT_FALSE(test::same_bits(ablated_outputs({.rank = 15}), whole));
  EXPECT_FALSE(test::same_bits(ablated_outputs({.pruned = 0.1}), whole));
}

TEST(AblatedTransformer, OtherLoops_ThoseOfAModelOfAsManyLayers) {
  Transformer<float> longer(looped(7), {});
  auto const parameters = test::noisy_parameters(longer);
  longer.set_parameters(parameters);
  EXPECT_TRUE(test::same_bits(ablated_outputs({.layers = 7}), outputs_of(longer)));
}

/// All units of a perceptron away: its output bias remains, whichever units go first.
TEST(AblatedTransformer, AllUnitsPruned_TheSameForBothOrders) {
  Ablation ablation{.pruned = 1};
  auto const none = ablated_outputs(ablation);
  ablation.pruned_units = PrunedUnits::largest;
  EXPECT_TRUE(test::same_bits(ablated_outputs(ablation), none));
}

TEST(Ablated, Pruned_UnitsOfSmallestAndLargestNorm) {
  ModelSettings settings = looped(1);
  Transformer<float> const model(settings, {});
  auto parameters = test::noisy_parameters(model, 0.1);
  auto const& up = model.layout().find("layers.0.up.weight");
  auto const weight = [&](AlignedVector<float> const& values, int unit) {
    return values[up.offset + static_cast<std::size_t>(unit)];  // of the first feature
  };
  std::size_t const width = static_cast<std::size_t>(up.cols);
  for (std::size_t i = 0; i < 16; ++i) {  // unit 5 is the largest, unit 9 the smallest
    parameters[up.offset + i * width + 5] *= 10;
    parameters[up.offset + i * width + 9] *= 0.01F;
  }
  parameters[model.layout().find("layers.0.up.bias").offset + 9] = 0;
  Ablation ablation{.pruned = 1.0 / 64};
  EXPECT_EQ(weight(ablated(parameters, model.layout(), ablation), 9), 0);
  EXPECT_NE(weight(ablated(parameters, model.layout(), ablation), 5), 0);
  ablation.pruned_units = PrunedUnits::largest;
  EXPECT_EQ(weight(ablated(parameters, model.layout(), ablation), 5), 0);
  EXPECT_NE(weight(ablated(parameters, model.layout(), ablation), 9), 0);
}

}  // namespace
}  // namespace tvem
