#include "tvem/core/settings.hpp"

#include <algorithm>

namespace tvem {

int resolved_chunk(Settings const& settings) {
  if (settings.parallel.chunk > 0)
    return std::min(settings.parallel.chunk, settings.train.tasks_per_step);
  constexpr int most_points = 512, least_chunks = 16;
  int chunk = 1;
  while (2 * chunk * settings.task.points.high <= most_points &&
         2 * chunk * least_chunks <= settings.train.tasks_per_step)
    chunk *= 2;
  return chunk;
}

}  // namespace tvem
