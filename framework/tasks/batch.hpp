#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "framework/tasks/prior.hpp"

namespace tvem {

/// The points of several tasks, one task after another, without rows of padding. Columns past a
/// task's own dimension are 0 when tasks differ in dimension.
struct RaggedBatch {
  int dim = 0;                // columns of `points`
  std::vector<float> points;  // n_points() x dim, row-major
  std::vector<int> labels;    // n_points()
  std::vector<std::size_t>
      offsets;                  // n_tasks() + 1: task t has the rows offsets[t] .. offsets[t + 1]
  std::vector<int> components;  // n_tasks(): k of each task, told to every method

  std::size_t n_tasks() const { return components.size(); }
  std::size_t n_points() const { return labels.size(); }
  std::size_t n_points(std::size_t task) const { return offsets[task + 1] - offsets[task]; }
  std::span<int const> labels_of(std::size_t task) const {
    return std::span(labels).subspan(offsets[task], n_points(task));
  }
};

/// Puts tasks into one batch and uses the memory that it has. dim: at least the largest dimension
/// of the tasks.
void fill_batch(std::span<Task const> tasks, int dim, RaggedBatch& batch);
/// Puts tasks into a new batch.
RaggedBatch make_batch(std::span<Task const> tasks, int dim);

}  // namespace tvem
