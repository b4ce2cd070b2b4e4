#include "framework/tasks/batch.hpp"

#include <gtest/gtest.h>

#include "framework/tasks/partition.hpp"

namespace tvem {
namespace {

TEST(MakeBatch, TasksOfDifferentSizes_OneAfterAnotherWithoutPaddingRows) {
  TaskSettings settings;
  settings.dim = {1, 3};
  settings.components = {2, 4};
  settings.points = {3, 9};
  TaskPrior const prior(settings);
  std::vector<Task> tasks;
  for (std::uint64_t id = 0; id < 6; ++id) tasks.push_back(prior.sample(1, Purpose::probe, id));
  RaggedBatch const batch = make_batch(tasks, 3);
  ASSERT_EQ(batch.n_tasks(), 6u);
  EXPECT_EQ(batch.points.size(), batch.n_points() * 3);
  for (std::size_t t = 0; t < 6; ++t) {
    EXPECT_EQ(batch.n_points(t), static_cast<std::size_t>(tasks[t].n_points()));
    EXPECT_EQ(batch.components[t], tasks[t].components());
    for (std::size_t i = 0; i < batch.n_points(t); ++i) {
      EXPECT_EQ(batch.labels_of(t)[i], tasks[t].labels[i]);
      for (int c = 0; c < 3; ++c) {
        float const expected =
            c < tasks[t].mixture.dim()
                ? static_cast<float>(tasks[t].points(static_cast<Eigen::Index>(i), c))
                : 0.0f;
        EXPECT_EQ(batch.points[(batch.offsets[t] + i) * 3 + static_cast<std::size_t>(c)], expected);
      }
    }
  }
}

TEST(ShareOfRank, AnyNumberOfRanks_EverythingOnceAndEvenly) {
  for (std::int64_t n : {0, 1, 5, 7, 64, 4096})
    for (int ranks = 1; ranks <= 9; ++ranks) {
      std::int64_t next = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        IndexRange const share = share_of_rank(n, rank, ranks);
        EXPECT_EQ(share.begin, next);
        EXPECT_GE(share.size(), n / ranks);
        EXPECT_LE(share.size(), n / ranks + 1);
        next = share.end;
      }
      EXPECT_EQ(next, n);
    }
}

TEST(TaskIdsOfChunk, ChunksOfAStep_CoverItsIdsOnceAndOnlyTheLastIsShort) {
  for (int tasks = 1; tasks <= 20; ++tasks)
    for (int chunk = 1; chunk <= tasks; ++chunk) {
      IndexRange const step = task_ids_of_step(3, tasks);
      std::int64_t next = step.begin;
      std::int64_t const n_chunks = chunks_of_step(tasks, chunk);
      for (std::int64_t c = 0; c < n_chunks; ++c) {
        IndexRange const ids = task_ids_of_chunk(3, c, tasks, chunk);
        EXPECT_EQ(ids.begin, next);
        EXPECT_TRUE(ids.size() == chunk || c == n_chunks - 1);
        next = ids.end;
      }
      EXPECT_EQ(next, step.end);
    }
  EXPECT_EQ(task_ids_of_step(0, 64), (IndexRange{0, 64}));
  EXPECT_EQ(task_ids_of_step(10, 64), (IndexRange{640, 704}));
}

}  // namespace
}  // namespace tvem
