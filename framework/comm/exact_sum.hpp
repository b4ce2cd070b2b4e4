#pragma once

#include <cstdint>
#include <span>

namespace tvem {

/// The reproducible sum. Each summand is rounded once, in double precision, to a multiple of a
/// fixed quantum 2^e; as long as the summands stay in range every partial sum is then an exact
/// double, so any order of adding, on any number of ranks, gives the same bits (compare Demmel and
/// Nguyen 2015, with the pre-rounding fixed in advance instead of negotiated).
class Quantum {
 public:
  /// How much coarser the next quantum is when a summand was out of range.
  static constexpr int coarser_by = 16;

  explicit Quantum(int exponent);
  /// The finest quantum whose range over n_summands is at least `magnitude` > 0.
  static Quantum admitting(double magnitude, std::int64_t n_summands);

  int exponent() const { return exponent_; }
  Quantum coarser() const { return Quantum(exponent_ + coarser_by); }

  /// Largest magnitude that each of `n_summands` summands may have: 2^51 quanta shared among them.
  /// It depends on the number of summands of the whole step, never on how ranks share them.
  double range(std::int64_t n_summands) const;

  /// Nearest multiple of the quantum; exact for |x| <= 2^51 quanta.
  double round(double x) const { return (x + magic_) - magic_; }

  /// 1.5 * 2^52 quanta: adding it pushes the bits below the quantum out of the double.
  double magic() const { return magic_; }

 private:
  int exponent_;
  double magic_;
};

/// What is in a chunk's gradient, as far as the reproducible sum is concerned.
enum class SummandState { in_range, out_of_range, non_finite };

/// Adds the rounded summands to `sum`. When one of them is not in range, the sum is spoiled: it
/// must be taken anew with a coarser quantum, or not at all. sum, summands: same length. limit: see
/// Quantum::range.
SummandState add_rounded(std::span<double> sum, std::span<float const> summands, Quantum quantum,
                         double limit);

}  // namespace tvem
