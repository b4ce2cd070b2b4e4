#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "framework/core/aligned_buffer.hpp"
#include "framework/core/random.hpp"
#include "tests/support/instruction_sets.hpp"

namespace tvem::test {

/// Normal values of the given standard deviation; another `id`, other values.
template <class T>
std::vector<T> random_values(std::size_t n, std::uint64_t id, double deviation = 1) {
  RandomStream random(2025, Purpose::probe, id);
  std::vector<T> values(n);
  for (T& value : values) value = static_cast<T>(deviation * random.normal());
  return values;
}

template <class T>
bool same_bits(std::span<T const> a, std::span<T const> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}
template <class T>
bool same_bits(std::vector<T> const& a, std::vector<T> const& b) {
  return same_bits(std::span<T const>(a), std::span<T const>(b));
}

/// Values between guards of NaN: a kernel that reads past an end spoils its result, one that writes
/// past an end spoils the guard. `shift` moves the values by that many elements from a 64-byte
/// boundary.
template <class T>
class Guarded {
 public:
  explicit Guarded(std::vector<T> const& values, int shift = 0)
      : begin_(n_guard + static_cast<std::size_t>(shift)),
        size_(values.size()),
        storage_(begin_ + size_ + n_guard, nan) {
    for (std::size_t i = 0; i < size_; ++i) storage_[begin_ + i] = values[i];
  }
  static Guarded unset(std::size_t size, int shift = 0) {
    return Guarded(std::vector<T>(size, nan), shift);
  }

  T* data() { return storage_.data() + begin_; }
  std::vector<T> values() const {
    auto const first = storage_.begin() + static_cast<std::ptrdiff_t>(begin_);
    return {first, first + static_cast<std::ptrdiff_t>(size_)};
  }
  bool guards_intact() const {
    for (std::size_t i = 0; i < storage_.size(); ++i)
      if ((i < begin_ || i >= begin_ + size_) && !std::isnan(storage_[i])) return false;
    return true;
  }

 private:
  static constexpr std::size_t n_guard = 64;
  static constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  std::size_t begin_, size_;
  AlignedVector<T> storage_;
};

/// How far from 64-byte boundaries the operands of a kernel are moved; 0 is aligned.
inline constexpr int shifts[] = {0, 1, 2, 3, 7};

}  // namespace tvem::test
