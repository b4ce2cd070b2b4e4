// Every kernel of the Transformer gives the same bits with every instruction set.
#include <gtest/gtest.h>

#include "tests/unit/nn/nn_testing.hpp"
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

  /// Values and slopes of an activation, as a product with 1.
  static std::vector<T> activated(InstructionSet set, Activation activation) {
    Kernels<T> const& kernel = kernels<T>(set);
    constexpr int n = 2000;
    std::vector<T> x, value(n), slope(n);
    for (int i = 0; i < n; ++i) x.push_back(static_cast<T>(0.013 * (i - n / 2)));
    T const one = 1;
    AlignedVector<T> packed(kernel.packed_size(1, n));
    kernel.pack(x.data(), n, 1, 1, n, packed.data(), nullptr);
    kernel.multiply({.m = 1,
                     .n = n,
                     .k = 1,
                     .a = &one,
                     .a_row_stride = 1,
                     .packed_b = packed.data(),
                     .c = value.data(),
                     .c_row_stride = n,
                     .activation = activation,
                     .slope = slope.data()});
    value.insert(value.end(), slope.begin(), slope.end());
    return value;
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
  for (auto const activation : {Activation::gelu, Activation::relu}) {
    auto const expected = this->activated(InstructionSet::portable, activation);
    for (auto const set : present_instruction_sets())
      EXPECT_TRUE(same_bits(this->activated(set, activation), expected))
          << name_of(set) << ' ' << name_of(activation);
  }
}

}  // namespace
}  // namespace tvem::test
