#pragma once

#include <string>

#include <gtest/gtest.h>

#include "framework/nn/kernels.hpp"
#include "tests/unit/nn/nn_testing.hpp"

namespace tvem::test {

inline constexpr int n_rows = 5, max_cols = 70;

/// Runs the row kernels on rows x cols values whose operands lie `shift` elements off alignment,
/// and checks the guards.
template <class T>
class RowKernels {
 public:
  RowKernels(InstructionSet set, int rows, int cols, int shift)
      : kernels_(kernels<T>(set)), rows_(rows), cols_(cols), shift_(shift) {}

  std::vector<T> column_sums(std::vector<T> const& x, std::vector<T> const& sums) {
    Guarded<T> in(x, shift_), out(sums, shift_);
    kernels_.add_column_sums(rows_, cols_, in.data(), out.data());
    return checked(out);
  }
  std::vector<T> softmax_rows(std::vector<T> const& x) {
    Guarded<T> out(x, shift_);
    kernels_.softmax_rows(rows_, cols_, out.data());
    return checked(out);
  }
  std::vector<T> exponential_rows(T scale, std::vector<T> const& x) {
    Guarded<T> out(x, shift_);
    kernels_.exponential_rows(rows_, cols_, scale, out.data());
    return checked(out);
  }
  std::vector<T> negative_row_products(std::vector<T> const& x, std::vector<T> const& y) {
    Guarded<T> a(x, shift_), b(y, shift_);
    auto out = Guarded<T>::unset(static_cast<std::size_t>(rows_), shift_);
    kernels_.negative_row_products(rows_, cols_, cols_, a.data(), b.data(), out.data());
    return checked(out);
  }
  struct Normed {
    std::vector<T> y, mean, inverse_deviation;
  };
  Normed layer_norm(std::vector<T> const& x, std::vector<T> const& scale,
                    std::vector<T> const& shift) {
    Guarded<T> in(x, shift_), a(scale, shift_), b(shift, shift_);
    auto const n = static_cast<std::size_t>(rows_);
    auto y = Guarded<T>::unset(x.size(), shift_), mean = Guarded<T>::unset(n, shift_);
    auto inverse_deviation = Guarded<T>::unset(n, shift_);
    kernels_.layer_norm(rows_, cols_, in.data(), a.data(), b.data(), y.data(), mean.data(),
                        inverse_deviation.data());
    return {checked(y), checked(mean), checked(inverse_deviation)};
  }
  struct NormGradient {
    std::vector<T> dx, scale, shift;
  };
  enum class Place { own, in_add, in_dy };
  /// add may be empty; `place`: the buffer that dx is written to.
  NormGradient layer_norm_backward(std::vector<T> const& x, Normed const& normed,
                                   std::vector<T> const& scale, std::vector<T> const& dy,
                                   std::vector<T> const& add, Place place,
                                   std::vector<T> const& gradient) {
    Guarded<T> in(x, shift_), a(scale, shift_), d(dy, shift_), plus(add, shift_);
    Guarded<T> mean(normed.mean, shift_), inverse_deviation(normed.inverse_deviation, shift_);
    Guarded<T> scale_gradient(gradient, shift_), shift_gradient(gradient, shift_);
    auto own = Guarded<T>::unset(x.size(), shift_);
    Guarded<T>& dx = place == Place::in_add ? plus : place == Place::in_dy ? d : own;
    kernels_.layer_norm_backward(rows_, cols_, in.data(), mean.data(), inverse_deviation.data(),
                                 a.data(), d.data(), add.empty() ? nullptr : plus.data(), dx.data(),
                                 scale_gradient.data(), shift_gradient.data());
    return {checked(dx), checked(scale_gradient), checked(shift_gradient)};
  }

 private:
  static std::vector<T> checked(Guarded<T> const& out) {
    EXPECT_TRUE(out.guards_intact()) << "written past an end";
    return out.values();
  }
  Kernels<T> const& kernels_;
  int rows_, cols_, shift_;
};

template <class T>
class RowKernelsTest : public testing::Test {
 protected:
  /// Calls test(runner, cols, where) for every instruction set, width and two alignments.
  template <class F>
  void for_all(F const& test) {
    for (auto const set : present_instruction_sets())
      for (int cols = 1; cols <= max_cols; ++cols)
        for (int const shift : {0, 3}) {
          RowKernels<T> runner(set, n_rows, cols, shift);
          test(runner, cols, std::string(name_of(set)) + ", columns " + std::to_string(cols));
          if (this->HasFatalFailure()) return;
        }
  }
  static std::vector<T> matrix(int cols, std::uint64_t id, double deviation = 1) {
    return random_values<T>(static_cast<std::size_t>(n_rows * cols), id, deviation);
  }
  static std::vector<T> vector(int cols, std::uint64_t id) {
    return random_values<T>(static_cast<std::size_t>(cols), id);
  }
};
}  // namespace tvem::test
