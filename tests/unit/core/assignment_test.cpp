#include "framework/core/assignment.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "framework/core/random.hpp"

namespace tvem {
namespace {

double cost_of(std::vector<double> const& cost, std::vector<int> const& column_of) {
  double sum = 0;
  for (std::size_t i = 0; i < column_of.size(); ++i)
    sum += cost[i * column_of.size() + static_cast<std::size_t>(column_of[i])];
  return sum;
}

TEST(MinimumCostAssignment, RandomMatrices_AsScipy) {
  std::ifstream golden(TVEM_GOLDEN_DIR "/assignment_scipy.txt");
  ASSERT_TRUE(golden);
  std::string comment;
  std::getline(golden, comment);
  int n = 0, n_read = 0;
  while (golden >> n) {
    std::vector<double> cost(static_cast<std::size_t>(n * n));
    std::vector<int> expected(static_cast<std::size_t>(n));
    for (double& value : cost) golden >> value;
    for (int& value : expected) golden >> value;
    EXPECT_EQ(minimum_cost_assignment(cost, n), expected) << "matrix " << n_read;
    ++n_read;
  }
  EXPECT_GE(n_read, 40);
}

TEST(MinimumCostAssignment, ManyTies_CostOfBruteForce) {
  RandomStream random(1, Purpose::probe, 1);
  for (int trial = 0; trial < 300; ++trial) {
    int const n = static_cast<int>(random.integer(1, 6));
    std::vector<double> cost(static_cast<std::size_t>(n * n));
    for (double& value : cost) value = static_cast<double>(random.integer(-3, 3));
    std::vector<int> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    double best = cost_of(cost, order);
    while (std::next_permutation(order.begin(), order.end()))
      best = std::min(best, cost_of(cost, order));
    auto found = minimum_cost_assignment(cost, n);
    EXPECT_EQ(cost_of(cost, found), best);
    std::sort(found.begin(), found.end());
    std::iota(order.begin(), order.end(), 0);
    EXPECT_EQ(found, order) << "not a permutation";
  }
}

TEST(MinimumCostAssignment, NotFinite_CheckFails) {
  EXPECT_THROW(minimum_cost_assignment(std::vector<double>(4, INFINITY), 2), CheckFailed);
  EXPECT_THROW(minimum_cost_assignment(std::vector<double>(3, 0.0), 2), CheckFailed);
}

}  // namespace
}  // namespace tvem
