#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace tvem {

/// Allocates at 64-byte boundaries, a cache line and the widest vector.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(AlignedAllocator<U> const&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), alignment)); }
  void deallocate(T* pointer, std::size_t) { ::operator delete(pointer, alignment); }
  friend bool operator==(AlignedAllocator const&, AlignedAllocator const&) { return true; }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

/// Makes the buffer at least this large. It never shrinks: after the largest use nothing is
/// allocated.
template <class T>
void grow(AlignedVector<T>& buffer, std::size_t size) {
  if (buffer.size() < size) buffer.resize(size);
}

/// Makes buffers large enough for a pass and adds up what the pass needs; or only adds up. So one
/// list of buffers serves both.
class Reservation {
 public:
  static Reservation counting_alone() { return Reservation(false); }
  Reservation() : Reservation(true) {}

  template <class T>
  void operator()(AlignedVector<T>& buffer, std::size_t size) {
    bytes_ += size * sizeof(T);
    if (grows_) grow(buffer, size);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  explicit Reservation(bool grows) : grows_(grows) {}
  bool grows_;
  std::size_t bytes_ = 0;
};

}  // namespace tvem
