#pragma once

#include <gtest/gtest.h>

#include "framework/nn/kernels.hpp"
#include "tests/unit/nn/nn_testing.hpp"

namespace tvem::test {

template <class T>
struct Activated {
  std::vector<T> value, slope;
};

/// f of a product that leaves x as it is: 1 times x.
template <class T>
Activated<T> activate(InstructionSet set, Activation f, std::vector<T> const& x, int shift = 0) {
  auto const& kernel = kernels<T>(set);
  int const n = static_cast<int>(x.size());
  AlignedVector<T> packed(kernel.packed_size(1, n));
  kernel.pack(x.data(), n, 1, 1, n, packed.data(), nullptr);
  auto value = Guarded<T>::unset(x.size(), shift), slope = Guarded<T>::unset(x.size(), shift);
  T const one = 1;
  kernel.multiply({.m = 1,
                   .n = n,
                   .k = 1,
                   .a = &one,
                   .a_row_stride = 1,
                   .packed_b = packed.data(),
                   .c = value.data(),
                   .c_row_stride = n,
                   .activation = f,
                   .slope = slope.data()});
  EXPECT_TRUE(value.guards_intact() && slope.guards_intact()) << "written past an end";
  return {value.values(), slope.values()};
}

}  // namespace tvem::test
