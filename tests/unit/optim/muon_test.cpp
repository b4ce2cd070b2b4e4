#include "framework/optim/muon.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <Eigen/SVD>
#include <gtest/gtest.h>

#include "framework/core/random.hpp"
#include "framework/optim/optimizer.hpp"
#include "tests/support/golden_values.hpp"

namespace tvem {
namespace {

/// The layout of golden/make_muon_golden.py.
ParameterLayout golden_layout() {
  ParameterLayout layout;
  layout.add("vector", 1, 3);
  layout.add("tall", 6, 4, 1);
  layout.add("parts", 4, 12, 3);
  layout.add("wide", 3, 8, 1);
  return layout;
}

std::vector<float> random_matrix(int rows, int cols, std::uint64_t key) {
  RandomStream random(3, Purpose::probe, key);
  std::vector<float> x(std::size_t{1} * rows * cols);
  for (float& value : x) value = static_cast<float>(random.normal());
  return x;
}

void check_case(OptimizerSettings const& settings, std::istream& file) {
  ParameterLayout const layout = golden_layout();
  auto const initial = test::read_values(file);
  std::vector<float> parameters(initial.begin(), initial.end());
  ASSERT_EQ(parameters.size(), layout.size());
  auto state = initial_optimizer_state(OptimizerKind::muon, layout.size());
  Optimizer optimizer(settings, layout);
  for (int update = 0; update < 8; ++update) {
    auto const rate_and_gradient = test::read_values(file), expected = test::read_values(file);
    ASSERT_EQ(expected.size(), parameters.size());
    optimizer.update(rate_and_gradient[0], std::span(rate_and_gradient).subspan(1), 1.0, parameters,
                     state);
    for (std::size_t i = 0; i < parameters.size(); ++i)
      EXPECT_NEAR(static_cast<double>(parameters[i]), expected[i], 2e-5) << update << " " << i;
  }
}

TEST(Muon, TallWideAndSideBySideMatrices_AsTorch) {
  std::ifstream file(TVEM_GOLDEN_DIR "/muon_torch.txt");
  int n_cases = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream header(line);
    std::string word;
    OptimizerSettings settings;
    settings.optimizer = OptimizerKind::muon;
    settings.rate = 0.01;
    if (!(header >> word) || word != "CASE") continue;
    header >> settings.matrix_rate >> settings.momentum >> settings.weight_decay;
    SCOPED_TRACE(line);
    check_case(settings, file);
    ++n_cases;
  }
  EXPECT_EQ(n_cases, 3);
}

TEST(Orthogonalizer, RandomMatrices_SingularValuesNearOneAndVectorsKept) {
  Orthogonalizer orthogonalize;
  for (auto const& [rows, cols] : {std::pair{1, 1}, {1, 9}, {16, 16}, {33, 20}, {20, 70}}) {
    auto x = random_matrix(rows, cols, std::size_t{1} * rows * cols);
    using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    Matrix const before = Eigen::Map<Matrix>(x.data(), rows, cols);
    orthogonalize(rows, cols, x);
    Matrix const after = Eigen::Map<Matrix>(x.data(), rows, cols);
    Eigen::JacobiSVD<Eigen::MatrixXf> const svd(before, Eigen::ComputeThinU | Eigen::ComputeThinV);
    // In the singular vectors of the matrix before, the one after is diagonal.
    Eigen::MatrixXf const values = svd.matrixU().transpose() * after * svd.matrixV();
    for (Eigen::Index i = 0; i < values.rows(); ++i)
      for (Eigen::Index j = 0; j < values.cols(); ++j) {
        if (i == j && svd.singularValues()[i] < 0.01f * before.norm()) continue;
        EXPECT_NEAR(values(i, j), i == j ? 0.95 : 0.0, i == j ? 0.3 : 1e-3)
            << rows << " x " << cols;
      }
  }
}

TEST(Orthogonalizer, Zeros_StayZeros) {
  std::vector<float> x(12, 0.0f);
  Orthogonalizer()(3, 4, x);
  EXPECT_EQ(x, std::vector<float>(12, 0.0f));
}

TEST(Muon, RanksThatShareTheMatrices_SameBitsAsOneRank) {
  ParameterLayout const layout = golden_layout();
  MuonFactors const factors{.rate = 0.02, .keep = 1, .momentum = 0.9, .gradient = 1};
  std::vector<double> gradient(layout.size());
  RandomStream random(3, Purpose::probe, 1);
  for (double& g : gradient) g = random.normal();
  auto const run = [&](RankShare share) {
    std::vector<float> momentum(layout.size(), 0.0f), parameters(layout.size(), 0.5f);
    Muon(layout.hidden(), std::move(share)).update(factors, gradient, momentum, parameters);
    return parameters;
  };
  auto const whole = run({});
  for (int const n_ranks : {2, 3, 7}) {
    std::vector<float> sum;
    // First every rank's own directions are collected, then every rank gets their sum.
    for (int rank = 0; rank < n_ranks; ++rank)
      run({rank, n_ranks, [&](std::span<float> own) {
             sum.resize(own.size());
             for (std::size_t i = 0; i < own.size(); ++i) sum[i] += own[i];
           }});
    for (int rank = 0; rank < n_ranks; ++rank) {
      auto const give_sum = [&](std::span<float> own) { std::ranges::copy(sum, own.begin()); };
      EXPECT_EQ(run({rank, n_ranks, give_sum}), whole) << n_ranks;
    }
    // Negative control: without the sum the other ranks' matrices stay.
    EXPECT_NE(run({0, n_ranks, {}}), whole);
  }
}

}  // namespace
}  // namespace tvem
