#include "tvem/core/settings.hpp"

#include <algorithm>

namespace tvem {

int resolved_chunk(Settings const& settings) {
  constexpr int points_a_chunk = 200;
  int const chunk = settings.parallel.chunk > 0
                        ? settings.parallel.chunk
                        : std::max(1, points_a_chunk / settings.task.points.high);
  return std::min(chunk, settings.train.tasks_per_step);
}

}  // namespace tvem
