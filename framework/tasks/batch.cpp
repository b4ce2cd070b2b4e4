#include "framework/tasks/batch.hpp"

#include "framework/core/error.hpp"

namespace tvem {
namespace {

void append_points(RowMatrix const& points, int dim, std::vector<float>& values) {
  for (Eigen::Index i = 0; i < points.rows(); ++i)
    for (int c = 0; c < dim; ++c)
      values.push_back(c < points.cols() ? rounded_to<float>(points(i, c)) : 0.0f);
}

}  // namespace

void fill_batch(std::span<Task const> tasks, int dim, RaggedBatch& batch) {
  batch.dim = dim;
  batch.points.clear();
  batch.labels.clear();
  batch.offsets.clear();
  batch.components.clear();
  batch.offsets.push_back(0);
  for (Task const& task : tasks) {
    TVEM_CHECK(task.points.cols() <= dim, "a task has more dimensions than the batch");
    append_points(task.points, dim, batch.points);
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
