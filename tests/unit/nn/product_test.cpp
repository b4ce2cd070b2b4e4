#include <gtest/gtest.h>

#include "framework/nn/kernels.hpp"
#include "tests/unit/nn/nn_testing.hpp"

namespace tvem::test {
namespace {

enum class Add { none, other, itself };

/// Which product; the values are random.
struct ProductCase {
  int m, n, k;
  bool a_is_transposed, b_is_transposed, has_bias;
  Add add;
  double scale;
  bool has_row_bias = false, has_factor = false;
  bool factor_is_result = false;  // the product takes the place of its factor
  bool accumulates = false;       // onto the values of `add`
  Activation activation = Activation::none;

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
  /// The other passes fused with the product, of 12 combinations.
  ProductCase with_passes(int number) const {
    ProductCase c = *this;
    c.has_row_bias = number % 2 == 1;
    c.has_factor = number / 2 % 2 == 1;
    c.activation = static_cast<Activation>(number / 4 % 3);
    return c;
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
        row_bias(random_values<T>(static_cast<std::size_t>(c.m), 4)),
        add(random_values<T>(static_cast<std::size_t>(c.m * (c.n + ProductCase::c_gap)), 5)),
        factor(random_values<T>(add.size(), 6)) {}
  std::vector<T> a, b, bias, row_bias, add, factor;
};

/// C, or the slope of the activation, with the gaps between rows.
template <class T>
struct Results {
  std::vector<T> c, slope;
};

/// The product with all operands `shift` elements off alignment.
template <class T>
Results<T> multiply_all(Kernels<T> const& kernels, ProductCase const& c, Operands<T> const& x,
                        int shift = 0) {
  Guarded<T> a(x.a, shift), b(x.b, shift), bias(x.bias, shift), row_bias(x.row_bias, shift),
      add(x.add, shift), factor(x.factor, shift);
  auto slope = Guarded<T>::unset(x.add.size(), shift);
  auto result = c.add == Add::itself || c.accumulates ? Guarded<T>(x.add, shift)
                : c.factor_is_result                  ? Guarded<T>(x.factor, shift)
                                                      : Guarded<T>::unset(x.add.size(), shift);
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
                     .accumulates = c.accumulates,
                     .scale = static_cast<T>(c.scale),
                     .activation = c.activation};
  if (c.has_bias) product.bias = bias.data();
  if (c.add != Add::none) product.add = c.add == Add::itself ? result.data() : add.data();
  product.add_row_stride = product.c_row_stride;
  if (c.has_row_bias) product.row_bias = row_bias.data();
  if (c.has_factor) product.factor = c.factor_is_result ? result.data() : factor.data();
  if (c.activation != Activation::none) product.slope = slope.data();
  kernels.multiply(product);
  EXPECT_TRUE(result.guards_intact() && packed.guards_intact() && slope.guards_intact())
      << "written past an end";
  return {result.values(), slope.values()};
}

template <class T>
std::vector<T> multiply(Kernels<T> const& kernels, ProductCase const& c, Operands<T> const& x,
                        int shift = 0) {
  return multiply_all(kernels, c, x, shift).c;
}

struct Value {
  double value, slope;
};

Value activated(Activation f, double x) {
  if (f == Activation::none) return {x, 1};
  if (f == Activation::relu) return x > 0 ? Value{x, 1} : Value{0, 0};
  double const distribution = 0.5 * std::erfc(-x / std::sqrt(2.0));
  double const density = std::exp(-0.5 * x * x) / std::sqrt(2 * 3.14159265358979323846);
  return {x * distribution, distribution + x * density};
}

/// An element of C before the activation, by the plain loop whose bits every kernel has.
template <class T>
T element(ProductCase const& c, Operands<T> const& x, int i, int j) {
  T chain = c.accumulates ? x.add[c.c_at(i, j)] : T(0);
  for (int p = 0; p < c.k; ++p) chain = std::fma(x.a[c.a_at(i, p)], x.b[c.b_at(p, j)], chain);
  if (c.accumulates) return chain;
  T value = chain * static_cast<T>(c.scale);
  value += c.has_bias ? x.bias[static_cast<std::size_t>(j)] : T(0);
  if (c.has_row_bias) value += x.row_bias[static_cast<std::size_t>(i)];
  if (c.add != Add::none) value += x.add[c.c_at(i, j)];
  return c.has_factor ? value * x.factor[c.c_at(i, j)] : value;
}

/// Whether C has the bits of the plain loop, or agrees with its activation to the stated error, and
/// the gaps between rows are as before.
template <class T>
testing::AssertionResult agrees(ProductCase const& c, Operands<T> const& x,
                                Results<T> const& result) {
  bool const is_exact = c.activation != Activation::gelu;
  double const accepted = is_exact ? 0 : sizeof(T) == sizeof(float) ? 5e-7 : 2e-15;
  for (int i = 0; i < c.m; ++i) {
    for (int j = 0; j < c.n; ++j) {
      auto const sum = static_cast<double>(element(c, x, i, j));
      Value const expected = activated(c.activation, sum);
      double const magnitude = is_exact ? 0 : 1 + std::abs(sum);
      double const error = std::abs(static_cast<double>(result.c[c.c_at(i, j)]) - expected.value);
      if (!(error <= accepted * magnitude))
        return testing::AssertionFailure() << "C(" << i << ", " << j << ") is off by " << error;
      if (c.activation == Activation::none) continue;
      auto const slope = static_cast<double>(result.slope[c.c_at(i, j)]);
      if (!(std::abs(slope - expected.slope) <= accepted * magnitude))
        return testing::AssertionFailure() << "slope(" << i << ", " << j << ") is " << slope;
    }
    for (std::size_t j = c.c_at(i, c.n); j < c.c_at(i + 1, 0); ++j)
      if (!std::isnan(result.slope[j]) ||
          (c.add == Add::itself || c.accumulates ? result.c[j] != x.add[j]
           : c.factor_is_result                  ? result.c[j] != x.factor[j]
                                                 : !std::isnan(result.c[j])))
        return testing::AssertionFailure() << "written behind row " << i;
  }
  return testing::AssertionSuccess();
}

template <class T>
class ProductTest : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(ProductTest, Scalars);

TYPED_TEST(ProductTest, AllTailsAndOptions_HaveTheBitsOfPlainLoops) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets())
    for (int m = 1; m <= 30; ++m)
      for (int n = 1; n <= 70; ++n)
        for (int variant = 0; variant < 4; ++variant) {
          int const mixed = 31 * m + 17 * n + 29 * variant;
          auto const c = ProductCase::with_options(m, n, 1 + mixed % 70, mixed % 48);
          Operands<T> const x(c);
          ASSERT_TRUE(agrees(c, x, multiply_all(kernels<T>(set), c, x)))
              << name_of(set) << " m " << m << " n " << n << " k " << c.k << " options "
              << mixed % 48;
        }
}

TYPED_TEST(ProductTest, FusedPasses_HaveTheBitsOfPlainLoops) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets())
    for (int number = 0; number < 48; ++number)
      for (int passes = 0; passes < 12; ++passes) {
        int const mixed = 7 * number + 5 * passes;
        auto const c = ProductCase::with_options(1 + mixed % 31, 1 + 3 * mixed % 71,
                                                 1 + 11 * mixed % 37, number)
                           .with_passes(passes);
        Operands<T> const x(c);
        ASSERT_TRUE(agrees(c, x, multiply_all(kernels<T>(set), c, x)))
            << name_of(set) << " options " << number << " passes " << passes;
      }
}

/// About the depths at which the product prefetches, and at which it is cut into blocks.
TYPED_TEST(ProductTest, DeepProducts_HaveTheBitsOfPlainLoops) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets())
    for (int const k : {159, 160, 161, 255, 256, 257, 511, 513, 700, 1025})
      for (int number = 0; number < 48; number += 5) {
        auto const c =
            ProductCase::with_options(1 + (k + 7 * number) % 40, 1 + (k + number) % 67, k, number)
                .with_passes(number / 5);
        Operands<T> const x(c);
        ASSERT_TRUE(agrees(c, x, multiply_all(kernels<T>(set), c, x)))
            << name_of(set) << " k " << k << " options " << number;
      }
}

/// As in the backward pass, where the gradient of the hidden units takes the place of the slopes.
TYPED_TEST(ProductTest, ProductInThePlaceOfItsFactor_HasTheBitsOfPlainLoops) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets())
    for (int const k : {20, 256, 257, 600}) {
      auto c = ProductCase::with_options(29, 41, k, 0);
      c.has_factor = c.factor_is_result = true;
      Operands<T> const x(c);
      ASSERT_TRUE(agrees(c, x, multiply_all(kernels<T>(set), c, x))) << name_of(set) << " k " << k;
    }
}

/// As the gradient of a weight, group after group of rows.
TYPED_TEST(ProductTest, Accumulation_GoesOnWithTheChains) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets())
    for (int const k : {1, 20, 160, 256, 257, 600})
      for (bool const is_transposed : {false, true}) {
        auto c = ProductCase::with_options(29, 131, k, is_transposed ? 1 : 0);
        c.accumulates = true;
        Operands<T> const x(c);
        ASSERT_TRUE(agrees(c, x, multiply_all(kernels<T>(set), c, x)))
            << name_of(set) << " k " << k << (is_transposed ? " transposed" : "");
      }
}

TYPED_TEST(ProductTest, ColumnSumsWhilePacking_AddToWhatIsThere) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets())
    for (int const k : {1, 2, 15, 64, 300})
      for (int n = 1; n <= 70; ++n) {
        auto const size = static_cast<std::size_t>(n);
        Guarded<T> b(random_values<T>(static_cast<std::size_t>(k) * size, 1), n % 5);
        auto const before = random_values<T>(size, 2);
        Guarded<T> sums(before, n % 3);
        auto packed = Guarded<T>::unset(kernels<T>(set).packed_size(k, n));
        kernels<T>(set).pack(b.data(), n, 1, k, n, packed.data(), sums.data());
        ASSERT_TRUE(sums.guards_intact() && packed.guards_intact()) << "written past an end";
        for (std::size_t j = 0; j < size; ++j) {
          double expected = static_cast<double>(before[j]), magnitude = std::abs(expected);
          for (std::size_t p = 0; p < static_cast<std::size_t>(k); ++p) {
            expected += static_cast<double>(b.data()[p * size + j]);
            magnitude += std::abs(static_cast<double>(b.data()[p * size + j]));
          }
          ASSERT_NEAR(
              static_cast<double>(sums.values()[j]), expected,
              (k + 1.0) * magnitude * static_cast<double>(std::numeric_limits<T>::epsilon()))
              << name_of(set) << " k " << k << " n " << n << " column " << j;
        }
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
