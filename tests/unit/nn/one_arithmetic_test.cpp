// Every kernel of the Transformer gives the same bits with every instruction set.
#include <gtest/gtest.h>

#include "tests/unit/nn/activated.hpp"
#include "tests/unit/nn/row_kernels.hpp"

namespace tvem::test {
namespace {

template <class T>
class OneArithmeticTest : public testing::Test {
 protected:
  static constexpr int n_rows = 5;

  /// All that the kernels of rows compute from the same random values.
  static std::vector<std::vector<T>> rows_results(InstructionSet set, int cols) {
    auto const size = static_cast<std::size_t>(cols);
    auto const matrix = [&](std::uint64_t id) { return random_values<T>(n_rows * size, id); };
    RowKernels<T> run(set, n_rows, cols, 0);
    auto const x = matrix(1), dy = matrix(2), add = matrix(3);
    auto const scale = random_values<T>(size, 4), shift = random_values<T>(size, 5);
    auto const normed = run.layer_norm(x, scale, shift);
    auto const back =
        run.layer_norm_backward(x, normed, scale, dy, add, RowKernels<T>::Place::own, shift);
    return {run.column_sums(x, shift),
            run.softmax_rows(x),
            run.exponential_rows(T(0.25), x),
            run.negative_row_products(x, dy),
            normed.y,
            normed.mean,
            normed.inverse_deviation,
            back.dx,
            back.scale,
            back.shift};
  }
};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(OneArithmeticTest, Scalars);

TYPED_TEST(OneArithmeticTest, KernelsOfRows_SameBitsWithEverySet) {
  for (int cols = 1; cols <= 150; ++cols) {
    auto const expected = this->rows_results(InstructionSet::portable, cols);
    for (auto const set : present_instruction_sets()) {
      auto const found = this->rows_results(set, cols);
      for (std::size_t what = 0; what < found.size(); ++what)
        ASSERT_TRUE(same_bits(found[what], expected[what]))
            << name_of(set) << ", columns " << cols << ", result " << what;
    }
  }
}

TYPED_TEST(OneArithmeticTest, Activations_SameBitsWithEverySet) {
  std::vector<TypeParam> x;
  for (int i = -1000; i < 1000; ++i) x.push_back(static_cast<TypeParam>(0.013 * i));
  for (auto const activation : {Activation::gelu, Activation::relu}) {
    auto const expected = activate(InstructionSet::portable, activation, x);
    for (auto const set : present_instruction_sets()) {
      auto const found = activate(set, activation, x);
      EXPECT_TRUE(same_bits(found.value, expected.value) && same_bits(found.slope, expected.slope))
          << name_of(set) << ' ' << name_of(activation);
    }
  }
}

}  // namespace
}  // namespace tvem::test
