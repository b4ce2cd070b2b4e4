#include "framework/estimators/fit.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"

namespace tvem {
namespace {

Fit fit_with(FitStatus status, double objective) {
  Fit fit;
  fit.status = status;
  fit.objective = objective;
  fit.iterations = fit.total_iterations = 1;
  fit.n_collapsed = status == FitStatus::collapsed;
  fit.n_dead = status == FitStatus::dead_component;
  return fit;
}

/// Restart r has fits[r], and r + 1 iterations so that it can be told which was kept.
Fit best_of(std::vector<Fit> fits) {
  for (std::size_t r = 0; r < fits.size(); ++r)
    fits[r].iterations = fits[r].total_iterations = static_cast<int>(r) + 1;
  auto next = fits.begin();
  return best_of_restarts({.count = static_cast<int>(fits.size())},
                          [&](RandomStream&) { return *next++; });
}

TEST(BestOfRestarts, SameStatus_LargestObjectiveAndTheEarlierOfEquals) {
  auto const converged = [](double objective) { return fit_with(FitStatus::converged, objective); };
  EXPECT_EQ(best_of({converged(-3), converged(-1), converged(-2)}).iterations, 2);
  EXPECT_EQ(best_of({converged(-1), converged(-1)}).iterations, 1);
}

TEST(BestOfRestarts, FailedCollapsedOrBeyondTheRatioLimit_KeptOnlyIfAllAre) {
  Fit const failed = fit_with(FitStatus::failed, NAN);
  Fit const collapsed = fit_with(FitStatus::collapsed, 100);
  Fit const dead = fit_with(FitStatus::dead_component, -5);
  EXPECT_EQ(best_of({failed, collapsed}).status, FitStatus::collapsed);
  EXPECT_EQ(best_of({collapsed, failed}).status, FitStatus::collapsed);
  EXPECT_EQ(best_of({failed, collapsed, dead}).status, FitStatus::dead_component);
  EXPECT_EQ(best_of({dead, collapsed, failed}).status, FitStatus::dead_component);
  EXPECT_EQ(best_of({failed, failed}).iterations, 1);
  Fit const beyond = fit_with(FitStatus::beyond_ratio_limit, 50);
  EXPECT_EQ(best_of({failed, collapsed, beyond}).status, FitStatus::beyond_ratio_limit);
  EXPECT_EQ(best_of({beyond, dead, collapsed}).status, FitStatus::dead_component);
}

TEST(BestOfRestarts, DeadOrNotConverged_ComeInByTheirObjective) {
  // Their likelihood is a real one; leaving them out would waste good restarts.
  Fit const converged = fit_with(FitStatus::converged, -5);
  EXPECT_EQ(best_of({converged, fit_with(FitStatus::dead_component, -4)}).iterations, 2);
  EXPECT_EQ(best_of({converged, fit_with(FitStatus::not_converged, -4)}).iterations, 2);
}

TEST(BestOfRestarts, Counts_AreSumsOverAllRestarts) {
  Fit const fit =
      best_of({fit_with(FitStatus::collapsed, 9), fit_with(FitStatus::converged, -2),
               fit_with(FitStatus::dead_component, -3), fit_with(FitStatus::collapsed, 8)});
  EXPECT_EQ(fit.iterations, 2);
  EXPECT_EQ(fit.total_iterations, 1 + 2 + 3 + 4);
  EXPECT_EQ(fit.n_collapsed, 2);
  EXPECT_EQ(fit.n_dead, 1);
  EXPECT_EQ(fit.status, FitStatus::converged);
}

TEST(BestOfRestarts, NoRestart_CheckFails) { EXPECT_THROW(best_of({}), CheckFailed); }

}  // namespace
}  // namespace tvem
