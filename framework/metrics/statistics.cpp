#include "tvem/metrics/statistics.hpp"

#include <cmath>
#include <limits>

#include "tvem/core/error.hpp"

namespace tvem {

void Moments::add(double value) {
  if (std::isnan(value)) {
    ++n_nan;
    return;
  }
  sum += value;
  square_sum += value * value;
  ++count;
}

void Moments::merge(Moments const& other) {
  sum += other.sum;
  square_sum += other.square_sum;
  count += other.count;
  n_nan += other.n_nan;
}

double Moments::mean() const {
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

double Moments::standard_error() const {
  if (count < 2) return std::numeric_limits<double>::quiet_NaN();
  auto const n = static_cast<double>(count);
  double const variance = (square_sum - sum * sum / n) / (n - 1);
  return std::sqrt(variance > 0 ? variance / n : 0.0);
}

Moments moments_of(std::span<double const> values) {
  Moments moments;
  for (double const value : values) moments.add(value);
  return moments;
}

PairedDifference paired_difference(std::span<double const> a, std::span<double const> b) {
  TVEM_CHECK(a.size() == b.size(), "paired values differ in number");
  Moments moments;
  for (std::size_t i = 0; i < a.size(); ++i) moments.add(a[i] - b[i]);
  double const half_width = 1.96 * moments.standard_error();
  return {.mean = moments.mean(),
          .standard_error = moments.standard_error(),
          .low = moments.mean() - half_width,
          .high = moments.mean() + half_width};
}

}  // namespace tvem
