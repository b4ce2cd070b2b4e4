#pragma once

#include <cstdint>
#include <iterator>
#include <limits>

#include "framework/core/error.hpp"

namespace tvem {

// Counts and indices are int, or Eigen::Index where they meet a matrix. Sizes of containers become
// one of them here.

/// A count that fits into an int; throws CheckFailed for a larger one.
inline int as_count(std::int64_t n) {
  TVEM_CHECK(n >= 0 && n <= std::numeric_limits<int>::max(), "a count does not fit into an int");
  return static_cast<int>(n);
}

/// The number of elements of a container.
template <class Container>
int count_of(Container const& container) {
  return as_count(std::ssize(container));
}

/// A count as a real number; exact below 2^53.
inline double as_real(std::int64_t n) { return static_cast<double>(n); }

/// The whole part of a number that is not negative.
inline std::int64_t whole_part(double x) { return static_cast<std::int64_t>(x); }

/// A number in the precision T of what is computed with it: rounded once.
template <class T>
T rounded_to(double x) {
  return static_cast<T>(x);
}

}  // namespace tvem
