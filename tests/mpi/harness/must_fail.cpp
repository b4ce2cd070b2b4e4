// Not part of the suite: tests that must fail, which harness_test.py runs to see that the suite
// would notice.
#include <stdexcept>

#include <gtest/gtest.h>

#include "tests/support/world.hpp"

namespace tvem {
namespace {

TEST(MustFail, AssertionOnRank1Alone_FailsTheProgram) {
  EXPECT_NE(test_world().rank(), 1) << "this rank is wrong on purpose";
  test_world().barrier();
}

TEST(MustLeave, AssertionThatLeavesACollectiveOutOnRank1_EndsTheJob) {
  ASSERT_NE(test_world().rank(), 1) << "this rank left on purpose";
  test_world().barrier();  // the others wait here for ever
}

TEST(MustSkip, SkippedOnRank1Alone_IsNoFailure) {
  if (test_world().rank() == 1) GTEST_SKIP() << "skipped on purpose";
}

TEST(MustThrow, ExceptionOnRank1Alone_EndsTheJob) {
  if (test_world().rank() == 1) throw std::runtime_error("thrown on purpose");
  test_world().barrier();  // the others wait here for ever
}

TEST(MustPass, AllRanks_Agree) { EXPECT_EQ(test_world().max(7), 7); }

}  // namespace
}  // namespace tvem
