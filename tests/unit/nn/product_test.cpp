#include <gtest/gtest.h>

#include "tvem/nn/kernels.hpp"
#include "unit/nn/nn_testing.hpp"

namespace tvem::test {
namespace {

enum class Add { none, other, itself };

/// Which product; the values are random.
struct ProductCase {
  int m, n, k;
  bool a_is_transposed, b_is_transposed, has_bias;
  Add add;
  double scale;

  /// The `number`-th combination of options, of 48.
  static ProductCase with_options(int m, int n, int k, int number) {
    return {.m = m,
            .n = n,
            .k = k,
            .a_is_transposed = number % 2 == 1,
            .b_is_transposed = number / 2 % 2 == 1,
            .has_bias = number / 4 % 2 == 1,
            .add = static_cast<Add>(number / 8 % 3),
            .scale = number / 24 % 2 == 1 ? 0.3 : 1.0};
  }
  std::size_t a_at(int i, int p) const {
    return static_cast<std::size_t>(a_is_transposed ? p * m + i : i * k + p);
  }
  std::size_t b_at(int p, int j) const {
    return static_cast<std::size_t>(b_is_transposed ? j * k + p : p * n + j);
  }
  std::size_t c_at(int i, int j) const { return static_cast<std::size_t>(i * (n + c_gap) + j); }
  static constexpr int c_gap = 3;  // between the rows of C: must stay as it was
};

template <class T>
struct Operands {
  explicit Operands(ProductCase const& c)
      : a(random_values<T>(static_cast<std::size_t>(c.m * c.k), 1)),
        b(random_values<T>(static_cast<std::size_t>(c.k * c.n), 2)),
        bias(random_values<T>(static_cast<std::size_t>(c.n), 3)),
        add(random_values<T>(static_cast<std::size_t>(c.m * (c.n + ProductCase::c_gap)), 4)) {}
  std::vector<T> a, b, bias, add;
};

/// C with the gaps between its rows, all operands `shift` elements off alignment.
template <class T>
std::vector<T> multiply(Kernels<T> const& kernels, ProductCase const& c, Operands<T> const& x,
                        int shift = 0) {
  Guarded<T> a(x.a, shift), b(x.b, shift), bias(x.bias, shift), add(x.add, shift);
  auto result =
      c.add == Add::itself ? Guarded<T>(x.add, shift) : Guarded<T>::unset(x.add.size(), shift);
  auto packed = Guarded<T>::unset(kernels.packed_size(c.k, c.n));
  kernels.pack(b.data(), c.b_is_transposed ? 1 : c.n, c.b_is_transposed ? c.k : 1, c.k, c.n,
               packed.data(), nullptr);
  Product<T> product{.m = c.m,
                     .n = c.n,
                     .k = c.k,
                     .a = a.data(),
                     .a_row_stride = c.a_is_transposed ? 1 : c.k,
                     .a_col_stride = c.a_is_transposed ? c.m : 1,
                     .packed_b = packed.data(),
                     .c = result.data(),
                     .c_row_stride = c.n + ProductCase::c_gap,
                     .scale = static_cast<T>(c.scale)};
  if (c.has_bias) product.bias = bias.data();
  if (c.add != Add::none) product.add = c.add == Add::itself ? result.data() : add.data();
  product.add_row_stride = product.c_row_stride;
  kernels.multiply(product);
  EXPECT_TRUE(result.guards_intact() && packed.guards_intact()) << "written past an end";
  return result.values();
}

/// Whether C agrees with plain loops in double precision to the rounding of k + 3 operations, and
/// the gaps between rows are as before.
template <class T>
testing::AssertionResult agrees(ProductCase const& c, Operands<T> const& x,
                                std::vector<T> const& result) {
  double const eps = std::numeric_limits<T>::epsilon();
  auto const scale = static_cast<double>(static_cast<T>(c.scale));
  for (int i = 0; i < c.m; ++i) {
    for (int j = 0; j < c.n; ++j) {
      double sum = 0, magnitude = 0;
      auto const count = [&](double term) { sum += term, magnitude += std::abs(term); };
      for (int p = 0; p < c.k; ++p)
        count(scale * static_cast<double>(x.a[c.a_at(i, p)]) *
              static_cast<double>(x.b[c.b_at(p, j)]));
      if (c.has_bias) count(x.bias[static_cast<std::size_t>(j)]);
      if (c.add != Add::none) count(x.add[c.c_at(i, j)]);
      double const error = std::abs(static_cast<double>(result[c.c_at(i, j)]) - sum);
      if (!(error <= eps * (c.k + 3) * magnitude))
        return testing::AssertionFailure() << "C(" << i << ", " << j << ") is off by " << error;
    }
    for (std::size_t j = c.c_at(i, c.n); j < c.c_at(i + 1, 0); ++j)
      if (c.add == Add::itself ? result[j] != x.add[j] : !std::isnan(result[j]))
        return testing::AssertionFailure() << "written behind row " << i;
  }
  return testing::AssertionSuccess();
}

template <class T>
class ProductTest : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(ProductTest, Scalars);

TYPED_TEST(ProductTest, AllTailsAndOptions_AgreeWithPlainLoops) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets())
    for (int m = 1; m <= 30; ++m)
      for (int n = 1; n <= 70; ++n)
        for (int variant = 0; variant < 4; ++variant) {
          int const mixed = 31 * m + 17 * n + 29 * variant;
          auto const c = ProductCase::with_options(m, n, 1 + mixed % 70, mixed % 48);
          Operands<T> const x(c);
          ASSERT_TRUE(agrees(c, x, multiply(kernels<T>(set), c, x)))
              << name_of(set) << " m " << m << " n " << n << " k " << c.k << " options "
              << mixed % 48;
        }
}

TYPED_TEST(ProductTest, AnyAlignment_GivesTheSameBits) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets())
    for (int number = 0; number < 48; ++number) {
      auto const c = ProductCase::with_options(1 + number % 29, 1 + 7 * number % 67, 19, number);
      Operands<T> const x(c);
      auto const aligned = multiply(kernels<T>(set), c, x);
      for (int const shift : shifts)
        ASSERT_TRUE(same_bits(multiply(kernels<T>(set), c, x, shift), aligned))
            << name_of(set) << " shift " << shift << " options " << number;
    }
}

/// Row i of the product, from row i of A (and of add) alone.
template <class T>
std::vector<T> multiply_row(Kernels<T> const& kernels, ProductCase c, Operands<T> x, int i) {
  std::vector<T> a;
  for (int p = 0; p < c.k; ++p) a.push_back(x.a[c.a_at(i, p)]);
  auto const row = x.add.begin() + static_cast<std::ptrdiff_t>(c.c_at(i, 0));
  x.add = std::vector<T>(row, row + c.n + ProductCase::c_gap);
  x.a = a;
  c.m = 1;
  return multiply(kernels, c, x);
}

TYPED_TEST(ProductTest, RowAlone_HasTheBitsOfItsPlaceInTheMatrix) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets())
    for (int number = 0; number < 48; ++number) {
      auto const c = ProductCase::with_options(27, 1 + 11 * number % 67, 23, number);
      Operands<T> const x(c);
      auto const whole = multiply(kernels<T>(set), c, x);
      for (int i = 0; i < c.m; ++i) {
        auto const alone = multiply_row(kernels<T>(set), c, x, i);
        ASSERT_EQ(std::memcmp(alone.data(), whole.data() + c.c_at(i, 0),
                              static_cast<std::size_t>(c.n) * sizeof(T)),
                  0)
            << name_of(set) << " row " << i << " options " << number;
      }
    }
}

TYPED_TEST(ProductTest, TransposedOperands_GiveTheBitsOfPlainOnes) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets()) {
    auto const plain = ProductCase::with_options(17, 37, 41, 0);
    auto const both = ProductCase::with_options(17, 37, 41, 3);
    Operands<T> const x(plain);
    Operands<T> y(x);
    for (int p = 0; p < plain.k; ++p) {
      for (int i = 0; i < plain.m; ++i) y.a[both.a_at(i, p)] = x.a[plain.a_at(i, p)];
      for (int j = 0; j < plain.n; ++j) y.b[both.b_at(p, j)] = x.b[plain.b_at(p, j)];
    }
    EXPECT_TRUE(same_bits(multiply(kernels<T>(set), plain, x), multiply(kernels<T>(set), both, y)));
  }
}

TYPED_TEST(ProductTest, NonFiniteOperand_SpoilsItsRowOnly) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets()) {
    auto const c = ProductCase::with_options(13, 21, 9, 0);
    Operands<T> x(c);
    auto const before = multiply(kernels<T>(set), c, x);
    x.a[c.a_at(5, 4)] = std::numeric_limits<T>::infinity();
    auto const after = multiply(kernels<T>(set), c, x);
    for (int i = 0; i < c.m; ++i)
      for (int j = 0; j < c.n; ++j) {
        if (i == 5)
          EXPECT_FALSE(std::isfinite(after[c.c_at(i, j)]));
        else
          EXPECT_EQ(after[c.c_at(i, j)], before[c.c_at(i, j)]);
      }
  }
}

}  // namespace
}  // namespace tvem::test
