#include "tvem/train/evaluation.hpp"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "support/training.hpp"
#include "support/world.hpp"
#include "tvem/core/error.hpp"

namespace tvem {
namespace {

TEST(Evaluate, StopAskedFor_AllRanksLeave) {
  Settings settings = ragged_settings();
  settings.eval.tasks = 8;
  settings.eval.estimators = {"transformer", "lloyd"};
  Trainer trainer(settings, test_world(), first_state(settings));
  bool const is_last = test_world().rank() == test_world().size() - 1;
  EvaluationHooks const hooks{.progress = {}, .wants_stop = [&] { return is_last; }};
  EXPECT_THROW(evaluate(settings, test_world(), trainer.model(), best_instruction_set(), hooks),
               StoppedOnRequest);
}

TEST(Evaluation, AnyNumberOfRanks_SameTableButForSeconds) {
  Settings settings = ragged_settings();
  settings.eval.tasks = 23;
  settings.eval.trace = 5;
  settings.eval.estimators.push_back("em:restarts=70");  // more than one rank takes at a time
  auto const table_of = [&](Communicator const& comm) {
    Trainer trainer(settings, comm, first_state(settings));
    return evaluate(settings, comm, trainer.model(), best_instruction_set());
  };
  Evaluation const together = table_of(test_world()), alone = table_of(Communicator::serial());
  if (!test_world().is_root()) {
    EXPECT_EQ(together.n_tasks(), 0u);
    return;
  }
  EXPECT_EQ(together.task_ids, alone.task_ids);
  EXPECT_EQ(together.estimators, settings.eval.estimators);
  EXPECT_EQ(together.iterations, alone.iterations);
  EXPECT_EQ(together.status, alone.status);
  EXPECT_EQ(together.collapsed_restarts, alone.collapsed_restarts);
  EXPECT_EQ(together.dead_components, alone.dead_components);
  EXPECT_EQ(together.components, alone.components);
  EXPECT_EQ(together.bayes_error_raw, alone.bayes_error_raw);
  EXPECT_EQ(together.error.size(), settings.eval.estimators.size() * 23);
  auto const same_bits = [](std::vector<double> const& a, std::vector<double> const& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
  };
  for (EvaluationMetric const& metric : evaluation_metrics)
    if (metric.values != &Evaluation::seconds) {
      EXPECT_TRUE(same_bits(together.*metric.values, alone.*metric.values)) << metric.name;
    }
  ASSERT_EQ(together.n_iterations(), 6u);
  EXPECT_TRUE(same_bits(together.trace_error_mean, alone.trace_error_mean));
  EXPECT_TRUE(same_bits(together.trace_log_likelihood_mean, alone.trace_log_likelihood_mean));
}

TEST(Evaluation, RestartsSharedByRanks_AsOneFitOfAll) {
  Settings settings = ragged_settings();
  settings.eval.tasks = 6;
  settings.eval.estimators = {"lloyd:restarts=70",
                              "em:restarts=65:covariance=spherical:start=random"};
  Trainer trainer(settings, test_world(), first_state(settings));
  Evaluation const table =
      evaluate(settings, test_world(), trainer.model(), best_instruction_set());
  if (!test_world().is_root()) return;
  TaskPrior const prior(settings.task);
  auto const specs = parse_estimators(settings);
  for (std::size_t e = 0; e < specs.size(); ++e)
    for (std::size_t t = 0; t < 6; ++t) {
      Task const task = prior.sample(settings.eval.seed, Purpose::evaluation_tasks, t);
      Fit const fit =
          run_baseline(specs[e], settings, task, best_instruction_set(),
                       {.seed = settings.eval.seed, .task_id = t, .count = specs[e].em.restarts});
      std::size_t const at = e * 6 + t;
      EXPECT_EQ(table.log_likelihood[at], fit.log_likelihood);
      EXPECT_EQ(table.error[at], clustering_error(task.labels, fit.labels, task.components()));
      EXPECT_EQ(table.iterations[at], fit.total_iterations);
      EXPECT_EQ(table.collapsed_restarts[at], fit.n_collapsed);
      EXPECT_EQ(table.status[at], static_cast<int>(fit.status));
    }
}

TEST(Evaluation, WrongNumberOfComponents_PointsWithoutPartnerAreErrors) {
  Settings settings;
  settings.task.means = MeansKind::simplex;
  settings.task.separation = 30;  // nothing but the number of components can be wrong
  settings.eval.tasks = 20;
  settings.eval.trace = 3;
  settings.eval.estimators = {"em:restarts=20", "em:components=2:restarts=20",
                              "lloyd:components=4:restarts=20"};
  Trainer trainer(settings, test_world(), first_state(settings));
  Evaluation const table =
      evaluate(settings, test_world(), trainer.model(), best_instruction_set());
  if (!test_world().is_root()) return;
  TaskPrior const prior(settings.task);
  for (std::size_t t = 0; t < 20; ++t) {
    Task const task = prior.sample(settings.eval.seed, Purpose::evaluation_tasks, t);
    double counts[3] = {};
    for (int const label : task.labels) ++counts[label];
    double const smallest = *std::min_element(counts, counts + 3) / 50;
    EXPECT_EQ(table.error[t], 0);
    // Two components: one of them takes two of the true three.
    EXPECT_GE(table.error[20 + t], smallest);
    EXPECT_LT(table.error[20 + t], 0.5);
    EXPECT_GE(table.weights_distance[20 + t], 1.0 / 9);  // of the true one without a partner
    // Four: some points of one true component are under a name that no other has.
    EXPECT_GT(table.error[40 + t], 0);
    EXPECT_LT(table.error[40 + t], 0.5);
    EXPECT_LT(table.means_distance[40 + t], 3);
  }
}

}  // namespace
}  // namespace tvem
