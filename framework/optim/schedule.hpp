#pragma once

#include <cstdint>

#include "framework/optim/settings.hpp"

namespace tvem {

/// The learning rate of step `step` (from 0). During warm-up it rises linearly, reaching the full
/// rate at step warmup; then constant, or a cosine that ends at 0 after train.steps, or rate *
/// sqrt(warmup / step) (rsqrt; a warm-up of 0 counts as 1).
double learning_rate(OptimizerSettings const& settings, std::int64_t step);

/// Whether the rates of the first steps depend on train.steps, so that a finished training cannot
/// be continued to more steps.
bool schedule_depends_on_steps(ScheduleKind kind);

}  // namespace tvem
