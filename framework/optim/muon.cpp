#include "framework/optim/muon.hpp"

#include <algorithm>
#include <cmath>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"

namespace tvem {
namespace {

/// The coefficients of Jordan et al. 2024.
constexpr struct { float a = 3.4445f, b = -4.7750f, c = 2.0315f; } newton_schulz;

/// Calls f(place in the flat vector, place in the row-major copy) for every element of a matrix.
template <class F>
void for_each_element(HiddenMatrix const& matrix, F f) {
  std::size_t const cols = matrix.cols;
  for (int i = 0; i < matrix.rows; ++i)
    for (std::size_t j = 0; j < cols; ++j) f(matrix.offset + i * matrix.stride + j, i * cols + j);
}

/// A step of the moving mean of gradients.
float mean_with(MuonFactors const& factors, double momentum, double gradient) {
  double const beta = factors.momentum;
  return rounded_to<float>(beta * momentum + (1 - beta) * (gradient * factors.gradient));
}

/// Multiplications of an iteration, up to a factor.
double work(HiddenMatrix const& matrix) {
  return as_real(matrix.rows) * matrix.cols * std::min(matrix.rows, matrix.cols);
}

/// Contiguous runs of matrices of about equal work, one a rank.
std::vector<int> owners(std::vector<HiddenMatrix> const& matrices, int n_ranks) {
  double total = 0, before = 0;
  for (HiddenMatrix const& matrix : matrices) total += work(matrix);
  std::vector<int> result;
  for (HiddenMatrix const& matrix : matrices) {
    double const middle = before + work(matrix) / 2;
    result.push_back(as_count(whole_part(middle / total * n_ranks)));
    before += work(matrix);
  }
  return result;
}

}  // namespace

/// C = product, with the operand B packed anew.
void Orthogonalizer::multiply(Product<float> product, float const* b, std::ptrdiff_t b_row_stride,
                              std::ptrdiff_t b_col_stride) {
  grow(packed_, kernels_.packed_size(product.k, product.n));
  kernels_.pack(b, b_row_stride, b_col_stride, product.k, product.n, packed_.data(), nullptr);
  product.packed_b = packed_.data();
  product.c_row_stride = product.add_row_stride = product.n;
  kernels_.multiply(product);
}

/// A = X X^T, or X^T X of a tall X: m x m, with m the shorter side.
void Orthogonalizer::set_gram(int rows, int cols, std::span<float const> x) {
  bool const is_wide = rows <= cols;
  int const m = std::min(rows, cols), n = std::max(rows, cols);
  std::ptrdiff_t const i_stride = is_wide ? cols : 1, p_stride = is_wide ? 1 : cols;
  grow(gram_, std::size_t{1} * m * m);
  multiply({m, m, n, x.data(), i_stride, p_stride, nullptr, gram_.data()}, x.data(), p_stride,
           i_stride);
}

/// b A + c A^2.
void Orthogonalizer::set_polynomial(int m) {
  std::size_t const size = std::size_t{1} * m * m;
  grow(polynomial_, size);
  for (std::size_t e = 0; e < size; ++e) polynomial_[e] = newton_schulz.b * gram_[e];
  float* const polynomial = polynomial_.data();
  multiply({.m = m,
            .n = m,
            .k = m,
            .a = gram_.data(),
            .a_row_stride = m,
            .c = polynomial,
            .scale = newton_schulz.c,
            .add = polynomial},
           gram_.data(), m, 1);
}

/// X <- a X + (b A + c A^2) X; of a tall X with the polynomial on its right.
void Orthogonalizer::iterate(int rows, int cols, std::span<float> x) {
  int const m = std::min(rows, cols);
  set_gram(rows, cols, x);
  set_polynomial(m);
  grow(next_, x.size());
  for (std::size_t e = 0; e < x.size(); ++e) next_[e] = newton_schulz.a * x[e];
  float const* left = polynomial_.data();
  float const* right = x.data();
  if (rows > cols) std::swap(left, right);
  Product<float> product{rows, cols, m, left, m, 1, nullptr, next_.data()};
  product.add = next_.data();
  multiply(product, right, cols, 1);
  std::copy_n(next_.begin(), x.size(), x.begin());
}

void Orthogonalizer::operator()(int rows, int cols, std::span<float> x) {
  double square_sum = 0;
  for (double const value : x) square_sum += value * value;
  double const factor = 1 / (std::sqrt(square_sum) + 1e-7);
  for (float& value : x) value = rounded_to<float>(value * factor);
  for (int iteration = 0; iteration < 5; ++iteration) iterate(rows, cols, x);
}

Muon::Muon(std::vector<HiddenMatrix> matrices, RankShare share)
    : matrices_(std::move(matrices)),
      share_(std::move(share)),
      owners_(owners(matrices_, share_.n_ranks)) {
  std::size_t size = 0;
  for (HiddenMatrix const& matrix : matrices_) size += matrix.size();
  directions_.resize(size);
}

/// A direction that another rank finds is 0 here, and none is -0: so a sum over ranks has one
/// summand, and is exact.
void Muon::find_directions(MuonFactors const& factors, std::span<double const> gradient,
                           std::span<float const> momentum) {
  std::fill(directions_.begin(), directions_.end(), 0.0f);
  std::span<float> rest = directions_;
  for (std::size_t k = 0; k < matrices_.size(); ++k) {
    HiddenMatrix const& matrix = matrices_[k];
    std::span<float> const direction = rest.first(matrix.size());
    rest = rest.subspan(matrix.size());
    if (owners_[k] != share_.rank) continue;
    for_each_element(matrix, [&](std::size_t i, std::size_t e) {
      direction[e] = mean_with(factors, momentum[i], gradient[i]);
    });
    orthogonalize_(matrix.rows, matrix.cols, direction);
    for (float& value : direction) value += 0.0f;
  }
  if (share_.sum) share_.sum(directions_);
}

void Muon::update(MuonFactors const& factors, std::span<double const> gradient,
                  std::span<float> momentum, std::span<float> parameters) {
  for (HiddenMatrix const& matrix : matrices_)
    for_each_element(matrix, [&](std::size_t i, std::size_t) {
      momentum[i] = mean_with(factors, momentum[i], gradient[i]);
    });
  find_directions(factors, gradient, momentum);
  float const* direction = directions_.data();
  for (HiddenMatrix const& matrix : matrices_) {
    double const step = factors.rate * std::sqrt(std::max(1.0, as_real(matrix.cols) / matrix.rows));
    for_each_element(matrix, [&](std::size_t i, std::size_t e) {
      parameters[i] = rounded_to<float>(parameters[i] * factors.keep - step * direction[e]);
    });
    direction += matrix.size();
  }
}

}  // namespace tvem
