#pragma once

namespace tvem {

/// A value (low == high) or a range from which each task draws uniformly.
template <class T>
struct Range {
  T low;
  T high;
  bool is_fixed() const { return low == high; }
  friend bool operator==(Range const&, Range const&) = default;
};

}  // namespace tvem
