#include <gtest/gtest.h>

#include "experiments/settings/configuration.hpp"
#include "experiments/sweep/grid.hpp"
#include "tests/support/damage.hpp"

namespace tvem {
namespace {

using test::damaged;

TEST(DamagedConfiguration, EndInSentencesOrInSettings) {
  std::string const whole =
      "# a sweep\n[run]\nname = test\nseed = 3\n[task]\ndim = 2..4\ncomponents = 3\npoints = "
      "20..40\n"
      "means = sphere\nsigma = 0.5..1.5\n[model]\nlayers = 2 # few\ntied = true\n[train]\nrate = "
      "1e-3\n"
      "[eval]\nestimators = transformer, em:restarts=3, bayes\n[sweep]\nmodel.layers = 1, 2, 4\n"
      "model.width & model.heads = 16 & 2, 32 & 4\nrun.seed = 1..3\nevaluate.task.points = 20, 30\n"
      "skip = model.layers = 4 and run.seed > 1\n[preset.full]\ntrain.steps = 90\nsweep.run.seed = "
      "1..9\n";
  RandomStream random(3, Purpose::probe, 0);
  int n_accepted = 0;
  for (int i = 0; i < 300; ++i) {
    std::string text = damaged(whole, random);
    if (i % 3 == 0) text = damaged(text, random);
    std::vector<std::string> problems;
    Sweep const sweep = parse_sweep(text, "damaged.ini", {}, problems);
    for (auto const& problem : problems) EXPECT_GT(problem.size(), 10u);
    if (!problems.empty()) continue;
    ++n_accepted;
    // What is accepted means something: it is read back as the same.
    std::vector<std::string> none;
    Sweep const back = parse_sweep(sweep_text(sweep), "back.ini", {}, none);
    EXPECT_TRUE(none.empty()) << none[0] << "\n" << text;
    EXPECT_EQ(back.cells, sweep.cells);
    EXPECT_EQ(configuration_text(back.base), configuration_text(sweep.base));
  }
  EXPECT_GT(n_accepted, 10);
  EXPECT_LT(n_accepted, 250);
}

}  // namespace
}  // namespace tvem
