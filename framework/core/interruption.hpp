#pragma once

#include <functional>

#include "framework/core/error.hpp"

namespace tvem {

/// A computation was left in its middle because of a wish to stop. Its results are lost.
class Interrupted : public Error {
 public:
  Interrupted() : Error("interrupted") {}
};

/// While it lives, long computations of this thread ask `wants_stop` in every iteration, and throw
/// Interrupted when it says so. wants_stop must outlive this, and may be none.
class Interruptible {
 public:
  explicit Interruptible(std::function<bool()> const& wants_stop);
  Interruptible(Interruptible const&) = delete;
  Interruptible& operator=(Interruptible const&) = delete;
  ~Interruptible();

 private:
  std::function<bool()> const* before_;
};

/// Everything that may take seconds calls this in every iteration, or for every component of a step
/// of large matrices. Throws Interrupted; changes nothing else, so that no bits depend on it.
void leave_if_interrupted();

}  // namespace tvem
