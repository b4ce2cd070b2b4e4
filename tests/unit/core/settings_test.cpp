#include "tvem/core/settings.hpp"

#include <gtest/gtest.h>

namespace tvem {
namespace {

TEST(ResolvedChunk, Automatic_AboutTwoHundredPointsAndWithinTheStep) {
  Settings settings;
  EXPECT_EQ(resolved_chunk(settings), 4);
  settings.task.points = {10, 100};
  EXPECT_EQ(resolved_chunk(settings), 2);
  settings.task.points = {1000, 1000};
  EXPECT_EQ(resolved_chunk(settings), 1);
  settings.task.points = {2, 2};
  settings.train.tasks_per_step = 7;
  EXPECT_EQ(resolved_chunk(settings), 7);
}

TEST(ResolvedChunk, Given_IsKept) {
  Settings settings;
  settings.parallel.chunk = 9;
  EXPECT_EQ(resolved_chunk(settings), 9);
}

TEST(NameOf, EveryWord_ItsValue) {
  EXPECT_EQ(name_of(StartKind::kmeans_plus_plus), "kmeans++");
  EXPECT_EQ(name_of(NormKind::post), "post");
  EXPECT_EQ(name_of(CovarianceKind::shared), "shared");
  EXPECT_EQ(name_of(ReductionKind::fast), "fast");
}

}  // namespace
}  // namespace tvem
