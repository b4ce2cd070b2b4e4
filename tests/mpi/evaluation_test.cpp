#include "framework/train/evaluation/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "framework/train/probe/probe.hpp"
#include "tests/support/training.hpp"
#include "tests/support/world.hpp"

namespace tvem {
namespace {

TEST(Evaluate, StopAskedFor_AllRanksLeave) {
  Settings settings = ragged_settings();
  settings.eval.tasks = 8;
  settings.eval.estimators = {"transformer", "lloyd"};
  Trainer trainer(settings, test_world(), first_state(settings));
  bool const is_last = test_world().rank() == test_world().size() - 1;
  EvaluationHooks const hooks{.progress = {}, .wants_stop = [&] { return is_last; }};
  EXPECT_THROW(evaluate(settings, test_world(), trainer.model(), hooks), StoppedOnRequest);
}

TEST(Evaluation, AnyNumberOfRanks_SameTableButForSeconds) {
  Settings settings = ragged_settings();
  settings.eval.tasks = 23;
  settings.eval.trace = 5;
  settings.eval.estimators.push_back("em:restarts=70");  // more than one rank takes at a time
  settings.eval.reference = "em:restarts=70";
  auto const table_of = [&](Communicator const& comm) {
    Trainer trainer(settings, comm, first_state(settings));
    return evaluate(settings, comm, trainer.model());
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

TEST(Evaluation, Reference_DisagreesWithOthersAlone) {
  Settings settings = ragged_settings();
  settings.eval.tasks = 11;
  settings.eval.estimators = {"em:restarts=70", "transformer", "chance", "bayes"};
  auto const disagreement_with = [&](std::string const& reference) {
    settings.eval.reference = reference;
    Trainer trainer(settings, test_world(), first_state(settings));
    return evaluate(settings, test_world(), trainer.model());
  };
  Evaluation const of_em = disagreement_with("em:restarts=70");
  Evaluation const of_chance = disagreement_with("chance");
  Evaluation const of_none = disagreement_with("none");
  if (!test_world().is_root()) return;
  for (std::size_t t = 0; t < 11; ++t) {
    EXPECT_EQ(of_em.row(of_em.disagreement, 0)[t], 0);
    EXPECT_EQ(of_chance.row(of_chance.disagreement, 2)[t], 0);
    EXPECT_GT(of_em.row(of_em.disagreement, 2)[t], 0);
    EXPECT_EQ(of_em.row(of_em.disagreement, 2)[t], of_chance.row(of_chance.disagreement, 0)[t]);
    EXPECT_TRUE(std::isnan(of_none.disagreement[t]));
  }
}

/// Ranks share layers.
TEST(Probe, AnyNumberOfRanks_TheSameBits) {
  Settings settings = ragged_settings();
  settings.eval.tasks = 9;
  ProbeRequest const request{
      .algorithms = {parse_estimator("em", settings.em), parse_estimator("lloyd", settings.em)},
      .iterations = 2,
      .fit_tasks = 9};
  auto const probe_on = [&](Communicator const& comm) {
    Trainer trainer(settings, comm, first_state(settings));
    return probe(settings, comm, {settings, trainer.model()}, request);
  };
  Probe const together = probe_on(test_world()), alone = probe_on(Communicator::serial());
  if (!test_world().is_root()) return;
  EXPECT_EQ(alone.error.mean.size(), 3U * 2);
  EXPECT_EQ(alone.disagreement.mean.size(), 3U * 2 * 2 * 3);
  EXPECT_EQ(together.error.mean, alone.error.mean);
  EXPECT_EQ(together.error.standard_error, alone.error.standard_error);
  EXPECT_EQ(together.disagreement.mean, alone.disagreement.mean);
  EXPECT_EQ(together.disagreement.standard_error, alone.disagreement.standard_error);
  EXPECT_EQ(together.algorithm_error.mean, alone.algorithm_error.mean);
}

/// The tables of blocks, one behind the other.
class Joined {
 public:
  void add(EvaluationBlock const& block) {
    ++n_blocks;
    last = block.trace_sums;
    std::size_t const n = block.table.n_tasks();
    for (std::size_t t = 0; t < n; ++t)
      for (std::size_t e = 0; e < block.table.estimators.size(); ++e)
        rows[block.table.task_ids[t]].push_back(block.table.error[e * n + t] +
                                                block.table.iterations[e * n + t]);
  }
  int n_blocks = 0;
  TraceSums last;
  std::map<std::int64_t, std::vector<double>> rows;
};

TEST(Evaluation, InBlocksFromAnyStart_TheSameRowsAndSums) {
  Settings settings = ragged_settings();
  settings.eval.tasks = 60;
  settings.eval.trace = 2;
  settings.eval.estimators = {"lloyd", "em:restarts=70"};
  auto const evaluate_from = [&](EvaluationStart start, BlockLimits const& limits, Joined& joined) {
    evaluate_in_blocks(
        settings, test_world(), {}, std::move(start),
        [&](EvaluationBlock const& block) { joined.add(block); }, {}, limits);
  };
  Joined whole, pieces, rest;
  evaluate_from({}, {.bytes = std::size_t{1} << 30, .seconds = 1e9}, whole);
  evaluate_from({}, {.bytes = 1, .seconds = 0}, pieces);
  if (test_world().is_root()) {
    EXPECT_EQ(whole.n_blocks, 1);
    EXPECT_GT(pieces.n_blocks, 2);
    EXPECT_EQ(pieces.rows, whole.rows);
    EXPECT_EQ(pieces.rows.size(), 60u);
  }
  EvaluationStart half;  // as somebody was stopped there
  settings.eval.tasks = 23;
  Joined before;
  evaluate_from({}, {}, before);
  settings.eval.tasks = 60;
  half.n_tasks = 23;
  half.trace_sums = before.last;
  evaluate_from(half, {}, rest);
  if (!test_world().is_root()) return;
  before.rows.insert(rest.rows.begin(), rest.rows.end());
  EXPECT_EQ(before.rows, whole.rows);
  for (auto const* joined : {&pieces, &rest})
    for (std::size_t i = 0; i < whole.last.error.size(); ++i) {
      EXPECT_EQ(joined->last.error[i].sum, whole.last.error[i].sum);
      EXPECT_EQ(joined->last.log_likelihood[i].square_sum, whole.last.log_likelihood[i].square_sum);
      EXPECT_EQ(joined->last.error[i].count, 60);
    }
}

TEST(Evaluation, StoppedAmidIt_WhatIsDoneIsTaken) {
  Settings settings = ragged_settings();
  settings.eval.tasks = 100000;
  settings.eval.estimators = {"lloyd", "em"};
  int n_asked = 0;
  bool const is_last = test_world().rank() == test_world().size() - 1;
  EvaluationHooks const hooks{.progress = {},
                              .wants_stop = [&] { return is_last && ++n_asked > 300; }};
  std::int64_t n_taken = 0;
  EXPECT_THROW(evaluate_in_blocks(
                   settings, test_world(), {}, {},
                   [&](EvaluationBlock const& block) {
                     EXPECT_EQ(block.table.task_ids[0], n_taken);
                     n_taken += static_cast<std::int64_t>(block.table.n_tasks());
                     EXPECT_EQ(block.table.error.size(), 2 * block.table.n_tasks());
                   },
                   hooks),
               StoppedOnRequest);
  if (test_world().is_root()) {
    EXPECT_GT(n_taken, 5);
    EXPECT_LT(n_taken, 100000);
  }
}

TEST(Evaluation, RestartsSharedByRanks_AsOneFitOfAll) {
  Settings settings = ragged_settings();
  settings.eval.tasks = 6;
  settings.eval.estimators = {"lloyd:restarts=70",
                              "em:restarts=65:covariance=spherical:start=random"};
  Trainer trainer(settings, test_world(), first_state(settings));
  Evaluation const table = evaluate(settings, test_world(), trainer.model());
  if (!test_world().is_root()) return;
  TaskPrior const prior(settings.task);
  auto const specs = parse_estimators(settings);
  for (std::size_t e = 0; e < specs.size(); ++e)
    for (std::size_t t = 0; t < 6; ++t) {
      Task const task = prior.sample(settings.eval.seed, Purpose::evaluation_tasks, t);
      Fit const fit =
          run_baseline(specs[e], settings.task, settings.input, task,
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
  settings.task.separation = {30, 30};  // nothing but the number of components can be wrong
  settings.eval.tasks = 20;
  settings.eval.trace = 3;
  settings.eval.estimators = {"em:restarts=20", "em:components=2:restarts=20",
                              "lloyd:components=4:restarts=20"};
  Trainer trainer(settings, test_world(), first_state(settings));
  Evaluation const table = evaluate(settings, test_world(), trainer.model());
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
