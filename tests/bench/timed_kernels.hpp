#pragma once

#include <map>
#include <string>

#include "framework/nn/kernels.hpp"
#include "framework/train/settings.hpp"

namespace tvem::bench {

/// A training step taken apart: the same work as Trainer::train_step on one rank, with a clock
/// around every kernel and every other part.
class StepParts {
 public:
  explicit StepParts(Settings const& settings);
  ~StepParts();
  StepParts(StepParts const&) = delete;
  StepParts& operator=(StepParts const&) = delete;

  void step();
  /// Forgets the times so far.
  void reset();
  /// Share of each part in the time of the steps since then; `rest` is the remainder.
  std::map<std::string, double> shares() const;

 private:
  struct Impl;
  Impl* impl_;
};

}  // namespace tvem::bench
