#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tvem {

/// Consecutive tasks of a chunk that go through a layer together, so that all they need of it stays
/// in cache. They go through the next layer when the whole chunk has gone through this one.
struct TaskGroup {
  std::span<std::size_t const>
      offsets;                     // n_tasks() + 1: task t has the chunk's rows [t] .. [t + 1]
  std::size_t squares_before = 0;  // sum of n^2 over the chunk's tasks before the group

  std::size_t n_tasks() const { return offsets.size() - 1; }
  std::size_t first_row() const { return offsets.front(); }
  std::size_t rows() const { return offsets.back() - offsets.front(); }
};

/// Cuts a chunk into groups of at most `max_rows` rows, or one task where that has more.
/// offsets: as RaggedBatch has them; `groups` refers to them.
void cut_into_groups(std::span<std::size_t const> offsets, std::size_t max_rows,
                     std::vector<TaskGroup>& groups);

}  // namespace tvem
