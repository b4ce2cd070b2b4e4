#include "framework/tasks/partition.hpp"

#include <algorithm>

#include "framework/core/error.hpp"

namespace tvem {

IndexRange task_ids_of_step(std::int64_t step, int tasks_per_step) {
  return {step * tasks_per_step, (step + 1) * tasks_per_step};
}

std::int64_t chunks_of_step(int tasks_per_step, int chunk) {
  return (tasks_per_step + chunk - 1) / chunk;
}

IndexRange task_ids_of_chunk(std::int64_t step, std::int64_t chunk_index, int tasks_per_step,
                             int chunk) {
  IndexRange const ids = task_ids_of_step(step, tasks_per_step);
  std::int64_t const begin = ids.begin + chunk_index * chunk;
  TVEM_CHECK(begin < ids.end, "the step has fewer chunks");
  return {begin, std::min(begin + chunk, ids.end)};
}

IndexRange share_of_rank(std::int64_t n, int rank, int n_ranks) {
  TVEM_CHECK(rank >= 0 && rank < n_ranks, "no such rank");
  return {n * rank / n_ranks, n * (rank + 1) / n_ranks};
}

}  // namespace tvem
