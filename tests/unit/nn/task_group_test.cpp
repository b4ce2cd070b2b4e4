#include "framework/nn/cache/task_group.hpp"

#include <gtest/gtest.h>

namespace tvem {
namespace {

std::vector<TaskGroup> groups_of(std::vector<std::size_t> const& offsets, std::size_t max_rows) {
  std::vector<TaskGroup> groups;
  cut_into_groups(offsets, max_rows, groups);
  return groups;
}

TEST(TaskGroup, TasksThatFitTogether_AreOneGroup) {
  std::vector<std::size_t> const offsets{0, 40, 90, 128};
  auto const groups = groups_of(offsets, 128);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].n_tasks(), 3u);
  EXPECT_EQ(groups[0].rows(), 128u);
}

TEST(TaskGroup, LargeTask_IsAGroupOfItsOwn) {
  std::vector<std::size_t> const offsets{0, 10, 510, 520};
  auto const groups = groups_of(offsets, 128);
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[1].n_tasks(), 1u);
  EXPECT_EQ(groups[1].rows(), 500u);
}

TEST(TaskGroup, Groups_CoverEveryTaskOnceAndCountTheSquaresBefore) {
  std::vector<std::size_t> offsets{0};
  for (std::size_t t = 0; t < 100; ++t) offsets.push_back(offsets.back() + 1 + 37 * t % 83);
  auto const groups = groups_of(offsets, 128);
  EXPECT_GT(groups.size(), 20u);
  std::size_t row = 0, squares = 0, n_tasks = 0;
  for (TaskGroup const& group : groups) {
    EXPECT_EQ(group.first_row(), row);
    EXPECT_EQ(group.squares_before, squares);
    EXPECT_LE(group.rows(), 128u);
    row += group.rows();
    n_tasks += group.n_tasks();
    for (std::size_t t = 0; t < group.n_tasks(); ++t) {
      std::size_t const n = group.offsets[t + 1] - group.offsets[t];
      squares += n * n;
    }
  }
  EXPECT_EQ(row, offsets.back());
  EXPECT_EQ(n_tasks, 100u);
}

TEST(TaskGroup, NoTask_NoGroup) { EXPECT_TRUE(groups_of({0}, 128).empty()); }

}  // namespace
}  // namespace tvem
