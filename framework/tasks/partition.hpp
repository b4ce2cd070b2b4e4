#pragma once

#include <cstdint>

namespace tvem {

/// The half-open range [begin, end) of task ids, chunk numbers or positions.
struct IndexRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t size() const { return end - begin; }
  friend bool operator==(IndexRange const&, IndexRange const&) = default;
};

/// Ids of the tasks of training step `step` (counted from 0): each task is met once, in order, so
/// the position in the data is one integer, the step.
IndexRange task_ids_of_step(std::int64_t step, int tasks_per_step);

/// Chunks of a step: ceil(tasks_per_step / chunk). Depends on the configuration alone.
std::int64_t chunks_of_step(int tasks_per_step, int chunk);

/// Ids of the tasks in one chunk of a step; the last chunk may be shorter.
IndexRange task_ids_of_chunk(std::int64_t step, std::int64_t chunk_index, int tasks_per_step,
                             int chunk);

/// The part of 0..n that `rank` of `n_ranks` works on: contiguous, sizes differ by at most one,
/// empty for ranks beyond n.
IndexRange share_of_rank(std::int64_t n, int rank, int n_ranks);

}  // namespace tvem
