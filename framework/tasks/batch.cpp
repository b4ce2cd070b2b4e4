#include "framework/tasks/batch.hpp"

#include "framework/core/error.hpp"

namespace tvem {

void fill_batch(std::span<Task const> tasks, int dim, RaggedBatch& batch) {
  batch.dim = dim;
  batch.points.clear();
  batch.labels.clear();
  batch.offsets.clear();
  batch.components.clear();
  batch.offsets.push_back(0);
  for (Task const& task : tasks) {
    TVEM_CHECK(task.points.cols() <= dim, "a task has more dimensions than the batch");
    for (Eigen::Index i = 0; i < task.points.rows(); ++i)
      for (int c = 0; c < dim; ++c)
        batch.points.push_back(c < task.points.cols() ? rounded_to<float>(task.points(i, c))
                                                      : 0.0f);
    batch.labels.insert(batch.labels.end(), task.labels.begin(), task.labels.end());
    batch.offsets.push_back(batch.labels.size());
    batch.components.push_back(task.components());
  }
}

RaggedBatch make_batch(std::span<Task const> tasks, int dim) {
  RaggedBatch batch;
  fill_batch(tasks, dim, batch);
  return batch;
}

}  // namespace tvem
