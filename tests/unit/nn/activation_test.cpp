#include <gtest/gtest.h>

#include "framework/nn/kernels.hpp"
#include "tests/unit/nn/activated.hpp"

namespace tvem::test {
namespace {

double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
double normal_density(double x) {
  return std::exp(-0.5 * x * x) / std::sqrt(2 * 3.14159265358979323846);
}
double exact_gelu(double x) { return x * normal_distribution(x); }
double exact_gelu_slope(double x) { return normal_distribution(x) + x * normal_density(x); }

/// Every multiple of 1/4096 in [-12, 12].
template <class T>
std::vector<T> grid() {
  std::vector<T> x;
  for (int i = -12 * 4096; i <= 12 * 4096; ++i)
    x.push_back(static_cast<T>(i) / static_cast<T>(4096));
  return x;
}

/// Largest absolute errors of GELU and its slope on the grid.
template <class T>
std::pair<double, double> gelu_errors(InstructionSet set) {
  auto const x = grid<T>();
  auto const y = activate(set, Activation::gelu, x);
  double value_error = 0, slope_error = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    auto const at = static_cast<double>(x[i]);
    double const value = std::abs(static_cast<double>(y.value[i]) - exact_gelu(at));
    double const slope = std::abs(static_cast<double>(y.slope[i]) - exact_gelu_slope(at));
    value_error = std::max(value_error, value);
    slope_error = std::max(slope_error, slope);
  }
  return {value_error, slope_error};
}

TEST(Gelu, SinglePrecision_IsWithinTheStatedError) {
  for (auto const set : present_instruction_sets()) {
    auto const [value, slope] = gelu_errors<float>(set);
    EXPECT_LT(value, 5e-7) << name_of(set);
    EXPECT_LT(slope, 4e-7) << name_of(set);
  }
}

TEST(Gelu, DoublePrecision_IsExactToRounding) {
  for (auto const set : present_instruction_sets()) {
    auto const [value, slope] = gelu_errors<double>(set);
    EXPECT_LT(value, 2e-15) << name_of(set);
    EXPECT_LT(slope, 1e-15) << name_of(set);
  }
}

TEST(Gelu, FarOut_IsIdentityOrZero) {
  for (auto const set : present_instruction_sets()) {
    auto const y = activate<float>(set, Activation::gelu, {30.0f, -30.0f, 1e20f, -1e20f, 0.0f});
    EXPECT_EQ(y.value, (std::vector<float>{30.0f, y.value[1], 1e20f, y.value[3], 0.0f}));
    EXPECT_NEAR(y.value[1], 0, 1e-30);
    EXPECT_NEAR(y.value[3], 0, 1e-15);
    EXPECT_FLOAT_EQ(y.slope[0], 1);
    EXPECT_NEAR(y.slope[1], 0, 1e-30);
    EXPECT_FLOAT_EQ(y.slope[4], 0.5f);
  }
}

// Softmax of (0, -t) has the ratio exp(-t), so it shows the error of the exponential.
TEST(Exponential, SinglePrecision_IsWithinTheStatedError) {
  for (auto const set : present_instruction_sets()) {
    double largest = 0;
    for (int i = 0; i <= 87 * 512; ++i) {
      float const t = static_cast<float>(i) / 512;
      float row[] = {0.0f, -t};
      kernels<float>(set).softmax_rows(1, 2, row);
      double const ratio = static_cast<double>(row[1]) / static_cast<double>(row[0]);
      double const expected = std::exp(-static_cast<double>(t));
      if (t <= 75)
        largest = std::max(largest, std::abs(ratio / expected - 1));
      else
        EXPECT_EQ(ratio, 0) << "subnormal numbers would slow what follows a hundredfold";
    }
    EXPECT_LT(largest, 3.5e-7) << name_of(set) << ": 2e-7 plus the rounding of two divisions";
  }
}

template <class T>
class ActivationTest : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(ActivationTest, Scalars);

TYPED_TEST(ActivationTest, Relu_IsExactAtAllLengths) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets())
    for (std::size_t n = 1; n <= 70; ++n) {
      auto x = random_values<T>(n, 1);
      x[n / 2] = 0;
      auto const y = activate(set, Activation::relu, x);
      for (std::size_t i = 0; i < n; ++i) {
        ASSERT_EQ(y.value[i], x[i] > 0 ? x[i] : T(0));
        ASSERT_EQ(y.slope[i], x[i] > 0 ? T(1) : T(0)) << "0 has slope 0, as in PyTorch";
      }
    }
}

TYPED_TEST(ActivationTest, AnyAlignmentAndAnyPlace_GivesTheSameBits) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets())
    for (std::size_t n = 1; n <= 70; ++n) {
      auto const x = random_values<T>(n, 4);
      for (auto const f : {Activation::gelu, Activation::relu}) {
        auto const aligned = activate(set, f, x);
        for (int const shift : shifts) {
          auto const shifted = activate(set, f, x, shift);
          ASSERT_TRUE(same_bits(shifted.value, aligned.value));
          ASSERT_TRUE(same_bits(shifted.slope, aligned.slope));
        }
        auto const last_alone = activate<T>(set, f, {x.back()});
        ASSERT_EQ(last_alone.value[0], aligned.value.back());
        ASSERT_EQ(last_alone.slope[0], aligned.slope.back());
      }
    }
}

TYPED_TEST(ActivationTest, Relu_HidesNoNaN) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets()) {
    auto const nan = std::numeric_limits<T>::quiet_NaN();
    EXPECT_TRUE(std::isnan(activate<T>(set, Activation::relu, {T(1), nan}).value[1]));
    EXPECT_TRUE(std::isnan(activate<T>(set, Activation::gelu, {T(1), nan}).value[1]));
  }
}

}  // namespace
}  // namespace tvem::test
