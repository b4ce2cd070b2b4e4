#pragma once

// Replaces the C library's allocator in a test program, in one source of it, with one that counts:
// operator new and Eigen end in it as well. TVEM_COUNTS_ALLOCATIONS says whether it could.
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
#define TVEM_COUNTS_ALLOCATIONS false
#else
#define TVEM_COUNTS_ALLOCATIONS true

namespace {
long n_allocations = 0;
std::size_t n_allocated_bytes = 0;

void count_allocation(std::size_t size) {
  ++n_allocations;
  n_allocated_bytes += size;
}
}  // namespace

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept { return count_allocation(size), __libc_malloc(size); }
void* calloc(std::size_t n, std::size_t size) noexcept {
  return count_allocation(n * size), __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t size) noexcept {
  return count_allocation(size), __libc_realloc(p, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return count_allocation(size), __libc_memalign(alignment, size);
}
int posix_memalign(void** p, std::size_t alignment, std::size_t size) noexcept {
  *p = aligned_alloc(alignment, size);
  return *p == nullptr ? ENOMEM : 0;
}
}
#endif
