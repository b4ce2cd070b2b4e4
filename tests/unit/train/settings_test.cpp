#include "framework/train/settings.hpp"

#include <gtest/gtest.h>

#include "framework/core/enum_names.hpp"
#include "framework/estimators/settings.hpp"
#include "framework/nn/settings.hpp"

namespace tvem {
namespace {

TEST(ResolvedChunk, Automatic_AtMost512PointsAndAtLeast16ChunksOrOneTask) {
  Settings settings;
  auto const chunk_of = [&](int points, int tasks) {
    settings.task.points = {2, points};
    settings.train.tasks_per_step = tasks;
    return resolved_chunk(settings);
  };
  EXPECT_EQ(chunk_of(50, 64), 4);
  EXPECT_EQ(chunk_of(50, 1024), 8);
  EXPECT_EQ(chunk_of(256, 1024), 2);
  EXPECT_EQ(chunk_of(257, 1024), 1);
  EXPECT_EQ(chunk_of(10000, 1024), 1);
  EXPECT_EQ(chunk_of(2, 31), 1);
  EXPECT_EQ(chunk_of(2, 32), 2);
  EXPECT_EQ(chunk_of(2, 1), 1);
}

TEST(ResolvedChunk, Given_IsKept) {
  Settings settings;
  settings.parallel.chunk = 9;
  EXPECT_EQ(resolved_chunk(settings), 9);
  settings.train.tasks_per_step = 7;
  EXPECT_EQ(resolved_chunk(settings), 7) << "a chunk is at most a step";
}

TEST(NameOf, EveryWord_ItsValue) {
  EXPECT_EQ(name_of(StartKind::kmeans_plus_plus), "kmeans++");
  EXPECT_EQ(name_of(NormKind::post), "post");
  EXPECT_EQ(name_of(CovarianceKind::shared), "shared");
  EXPECT_EQ(name_of(ReductionKind::fast), "fast");
}

}  // namespace
}  // namespace tvem
