#include "framework/core/interruption.hpp"

namespace tvem {
namespace {

thread_local std::function<bool()> const* asked = nullptr;

}  // namespace

Interruptible::Interruptible(std::function<bool()> const& wants_stop) : before_(asked) {
  asked = &wants_stop;
}

Interruptible::~Interruptible() { asked = before_; }

void leave_if_interrupted() {
  if (asked && *asked && (*asked)()) throw Interrupted();
}

}  // namespace tvem
