#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace tvem {

template <class T>
bool all_finite(std::span<T const> values) {
  return std::all_of(values.begin(), values.end(), [](T value) { return std::isfinite(value); });
}

/// The loss of outputs that are not finite is NaN, and so is the whole gradient.
template <class T>
double not_finite(std::span<T> gradient) {
  std::fill(gradient.begin(), gradient.end(), std::numeric_limits<T>::quiet_NaN());
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace tvem
