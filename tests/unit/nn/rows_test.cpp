// The kernels that are not matrix products, against plain loops in double precision.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/nn/row_kernels.hpp"

namespace tvem::test {
namespace {

/// Row i of a matrix with `cols` columns.
template <class T>
std::vector<double> row_of(std::vector<T> const& x, int cols, int i) {
  auto const first = x.begin() + static_cast<std::ptrdiff_t>(i) * cols;
  return std::vector<double>(first, first + cols);
}

/// Whether all values agree to `tolerance` x (1 + |expected|).
template <class T>
testing::AssertionResult near(std::vector<T> const& actual, std::vector<double> const& expected,
                              double tolerance) {
  if (actual.size() != expected.size()) return testing::AssertionFailure() << "other size";
  for (std::size_t i = 0; i < actual.size(); ++i) {
    double const error = std::abs(static_cast<double>(actual[i]) - expected[i]);
    if (!(error <= tolerance * (1 + std::abs(expected[i]))))
      return testing::AssertionFailure()
             << "value " << i << " is " << actual[i] << ", not " << expected[i];
  }
  return testing::AssertionSuccess();
}

template <class T>
constexpr double rounding = 16 * static_cast<double>(std::numeric_limits<T>::epsilon());

std::vector<double> softmax(std::vector<double> x) {
  double const largest = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (double& v : x) sum += v = std::exp(v - largest);
  for (double& v : x) v /= sum;
  return x;
}

struct NormReference {
  double mean = 0, inverse_deviation = 0;
  std::vector<double> unit;
};

NormReference normalise(std::vector<double> const& x) {
  NormReference r;
  auto const n = static_cast<double>(x.size());
  double squares = 0;
  for (double const v : x) r.mean += v / n;
  for (double const v : x) squares += (v - r.mean) * (v - r.mean) / n;
  r.inverse_deviation = 1 / std::sqrt(squares + 1e-5);
  for (double const v : x) r.unit.push_back((v - r.mean) * r.inverse_deviation);
  return r;
}

using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(RowKernelsTest, Scalars);

TYPED_TEST(RowKernelsTest, ColumnSums_AddToWhatIsThere) {
  using T = TypeParam;
  this->for_all([&](RowKernels<T>& run, int cols, std::string const& where) {
    auto const x = this->matrix(cols, 1);
    auto const sums = this->vector(cols, 2);
    std::vector<double> expected(sums.begin(), sums.end());
    for (std::size_t i = 0; i < x.size(); ++i)
      expected[i % static_cast<std::size_t>(cols)] += static_cast<double>(x[i]);
    ASSERT_TRUE(near(run.column_sums(x, sums), expected, rounding<T>)) << where;
  });
}

TYPED_TEST(RowKernelsTest, Softmax_AgreesWithPlainLoops) {
  using T = TypeParam;
  this->for_all([&](RowKernels<T>& run, int cols, std::string const& where) {
    auto const x = this->matrix(cols, 3, 3.0);
    auto const p = run.softmax_rows(x);
    for (int i = 0; i < n_rows; ++i) {
      auto const expected = softmax(row_of(x, cols, i));
      auto const actual = row_of(p, cols, i);
      for (std::size_t j = 0; j < expected.size(); ++j)
        ASSERT_NEAR(actual[j], expected[j], rounding<T> * expected[j]) << where;
    }
  });
}

TYPED_TEST(RowKernelsTest, Exponentials_AgreeWithPlainLoopsAndOverflowToInfinity) {
  using T = TypeParam;
  this->for_all([&](RowKernels<T>& run, int cols, std::string const& where) {
    auto x = this->matrix(cols, 3, 5.0);
    x[0] = T(1000);
    auto const y = run.exponential_rows(T(0.125), x);
    ASSERT_EQ(y[0], std::numeric_limits<T>::infinity());
    for (std::size_t i = 1; i < x.size(); ++i) {
      double const expected = 0.125 * std::exp(static_cast<double>(x[i]));
      ASSERT_NEAR(y[i], expected, 8 * rounding<T> * expected) << where;
    }
  });
}

TYPED_TEST(RowKernelsTest, NegativeRowProducts_AgreeWithPlainLoops) {
  using T = TypeParam;
  this->for_all([&](RowKernels<T>& run, int cols, std::string const& where) {
    auto const x = this->matrix(cols, 4), y = this->matrix(cols, 5);
    auto const products = run.negative_row_products(x, y);
    for (int i = 0; i < n_rows; ++i) {
      auto const a = row_of(x, cols, i), b = row_of(y, cols, i);
      double expected = 0, magnitude = 0;
      for (std::size_t j = 0; j < a.size(); ++j) {
        expected -= a[j] * b[j];
        magnitude += std::abs(a[j] * b[j]);
      }
      ASSERT_NEAR(static_cast<double>(products[static_cast<std::size_t>(i)]), expected,
                  rounding<T> * magnitude)
          << where;
    }
  });
}

TYPED_TEST(RowKernelsTest, LayerNorm_AgreesWithPlainLoops) {
  using T = TypeParam;
  this->for_all([&](RowKernels<T>& run, int cols, std::string const& where) {
    auto const x = this->matrix(cols, 6);
    auto const scale = this->vector(cols, 7), shift = this->vector(cols, 8);
    auto const normed = run.layer_norm(x, scale, shift);
    for (int i = 0; i < n_rows; ++i) {
      auto const reference = normalise(row_of(x, cols, i));
      auto const row = static_cast<std::size_t>(i);
      double const conditioning = reference.inverse_deviation;  // of the centred values' rounding
      ASSERT_NEAR(static_cast<double>(normed.mean[row]), reference.mean, rounding<T>) << where;
      ASSERT_NEAR(static_cast<double>(normed.inverse_deviation[row]), reference.inverse_deviation,
                  rounding<T> * conditioning * (1 + conditioning))
          << where;
      auto const y = row_of(normed.y, cols, i);
      for (std::size_t j = 0; j < y.size(); ++j)
        ASSERT_NEAR(
            y[j], reference.unit[j] * static_cast<double>(scale[j]) + static_cast<double>(shift[j]),
            rounding<T> * (4 + conditioning))
            << where;
    }
  });
}

/// dx of row i and the row's shares of the gradients of scale and shift.
struct NormBackwardReference {
  std::vector<double> dx, scale, shift;
};
NormBackwardReference norm_backward(std::vector<double> const& x, std::vector<double> const& scale,
                                    std::vector<double> const& dy) {
  auto const reference = normalise(x);
  auto const n = static_cast<double>(x.size());
  NormBackwardReference r{.dx = {}, .scale = {}, .shift = dy};
  double mean = 0, unit_mean = 0;
  for (std::size_t j = 0; j < x.size(); ++j) {
    mean += dy[j] * scale[j] / n;
    unit_mean += dy[j] * scale[j] * reference.unit[j] / n;
    r.scale.push_back(dy[j] * reference.unit[j]);
  }
  for (std::size_t j = 0; j < x.size(); ++j)
    r.dx.push_back((dy[j] * scale[j] - mean - reference.unit[j] * unit_mean) *
                   reference.inverse_deviation);
  return r;
}

TYPED_TEST(RowKernelsTest, LayerNormBackward_AgreesWithPlainLoops) {
  using T = TypeParam;
  this->for_all([&](RowKernels<T>& run, int cols, std::string const& where) {
    if (cols < 4) return;  // the variance of fewer values can be tiny; the gradient is 0 or huge
    auto const x = this->matrix(cols, 9), dy = this->matrix(cols, 10), add = this->matrix(cols, 11);
    auto const scale = this->vector(cols, 12), before = this->vector(cols, 13);
    auto const normed = run.layer_norm(x, scale, before);
    using Place = typename RowKernels<T>::Place;
    auto const plain = run.layer_norm_backward(x, normed, scale, dy, {}, Place::own, before);
    auto const added = run.layer_norm_backward(x, normed, scale, dy, add, Place::own, before);
    std::vector<double> dx, sum, scale_gradient(before.begin(), before.end());
    std::vector<double> shift_gradient(scale_gradient);
    for (int i = 0; i < n_rows; ++i) {
      auto const row =
          norm_backward(row_of(x, cols, i), {scale.begin(), scale.end()}, row_of(dy, cols, i));
      auto const row_added = row_of(add, cols, i);
      for (std::size_t j = 0; j < row.dx.size(); ++j) {
        dx.push_back(row.dx[j]);
        sum.push_back(row.dx[j] + row_added[j]);
        scale_gradient[j] += row.scale[j];
        shift_gradient[j] += row.shift[j];
      }
    }
    double const tolerance = 4 * rounding<T>;
    ASSERT_TRUE(near(plain.dx, dx, tolerance) && near(added.dx, sum, tolerance)) << where;
    ASSERT_TRUE(near(plain.scale, scale_gradient, tolerance)) << where;
    ASSERT_TRUE(near(plain.shift, shift_gradient, tolerance)) << where;
  });
}

TYPED_TEST(RowKernelsTest, LayerNormBackward_InPlaceOfAddOrGradient_GivesTheSameBits) {
  using T = TypeParam;
  this->for_all([&](RowKernels<T>& run, int cols, std::string const& where) {
    auto const x = this->matrix(cols, 9), dy = this->matrix(cols, 10), add = this->matrix(cols, 11);
    auto const scale = this->vector(cols, 12), before = this->vector(cols, 13);
    auto const normed = run.layer_norm(x, scale, before);
    using Place = typename RowKernels<T>::Place;
    auto const own = run.layer_norm_backward(x, normed, scale, dy, add, Place::own, before);
    for (auto const place : {Place::in_add, Place::in_dy}) {
      auto const in_place = run.layer_norm_backward(x, normed, scale, dy, add, place, before);
      ASSERT_TRUE(same_bits(in_place.dx, own.dx)) << where;
      ASSERT_TRUE(same_bits(in_place.scale, own.scale)) << where;
    }
  });
}

TYPED_TEST(RowKernelsTest, AnyAlignmentAndAnyRow_GivesTheSameBits) {
  using T = TypeParam;
  for (auto const set : present_instruction_sets())
    for (int cols = 1; cols <= max_cols; ++cols) {
      // All rows equal: then all rows of every result are, bit for bit, and those of a single row.
      auto const x = this->vector(cols, 14), dy = this->vector(cols, 15);
      auto const scale = this->vector(cols, 16), zero = std::vector<T>(scale.size(), T(0));
      auto const all = [&](int rows, int shift) {
        auto const tall = [&](std::vector<T> const& row) {
          std::vector<T> m;
          for (int i = 0; i < rows; ++i) m.insert(m.end(), row.begin(), row.end());
          return m;
        };
        RowKernels<T> run(set, rows, cols, shift);
        auto const p = run.softmax_rows(tall(x));
        auto const products = run.negative_row_products(tall(x), tall(dy));
        auto const normed = run.layer_norm(tall(x), scale, dy);
        auto const dx = run.layer_norm_backward(tall(x), normed, scale, tall(dy), tall(x),
                                                RowKernels<T>::Place::own, zero);
        return std::vector<std::vector<T>>{p, products, normed.y, dx.dx};
      };
      auto const alone = all(1, 0);
      for (int const shift : shifts) {
        auto const stacked = all(n_rows, shift);
        for (std::size_t what = 0; what < alone.size(); ++what)
          for (std::size_t i = 0; i < n_rows; ++i)
            ASSERT_TRUE(same_bits(std::span<T const>(alone[what]),
                                  std::span<T const>(stacked[what])
                                      .subspan(i * alone[what].size(), alone[what].size())))
                << name_of(set) << ", columns " << cols << ", shift " << shift;
      }
    }
}

TYPED_TEST(RowKernelsTest, SoftmaxOfExtremeValues_StaysAProbability) {
  using T = TypeParam;
  this->for_all([&](RowKernels<T>& run, int cols, std::string const& where) {
    auto x = this->matrix(cols, 17, 1e4);
    auto const p = run.softmax_rows(x);
    for (int i = 0; i < n_rows; ++i) {
      double sum = 0;
      for (double const v : row_of(p, cols, i)) {
        ASSERT_TRUE(v >= 0 && v <= 1) << where;
        sum += v;
      }
      ASSERT_NEAR(sum, 1, rounding<T>) << where;
    }
    x[static_cast<std::size_t>(cols - 1)] = std::numeric_limits<T>::quiet_NaN();
    auto const spoiled = run.softmax_rows(x);
    for (std::size_t j = 0; j < x.size(); ++j)
      ASSERT_EQ(std::isnan(spoiled[j]), j < static_cast<std::size_t>(cols))
          << where << ": not finite is never hidden, and stays in its row";
  });
}

}  // namespace
}  // namespace tvem::test
