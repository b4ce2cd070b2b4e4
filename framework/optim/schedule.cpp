#include "framework/optim/schedule.hpp"

#include <algorithm>
#include <cmath>

#include "framework/core/index.hpp"
#include "framework/core/math.hpp"

namespace tvem {

double learning_rate(OptimizerSettings const& settings, std::int64_t step) {
  double const warmup = as_real(settings.warmup);
  double const position = as_real(step);
  if (step < settings.warmup) return settings.rate * (position + 1) / (warmup + 1);
  switch (settings.schedule) {
    case ScheduleKind::constant:
      return settings.rate;
    case ScheduleKind::cosine: {
      double const length = std::max(1.0, as_real(settings.steps) - warmup);
      double const progress = std::min(1.0, (position - warmup) / length);
      return settings.rate * 0.5 * (1 + portable_cos_pi(progress));
    }
    case ScheduleKind::rsqrt: {
      double const scale = std::max(1.0, warmup);
      return settings.rate * std::sqrt(scale / std::max(scale, position));
    }
  }
  return settings.rate;
}

bool schedule_depends_on_steps(ScheduleKind kind) { return kind == ScheduleKind::cosine; }

}  // namespace tvem
