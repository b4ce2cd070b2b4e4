// What do more ranks bring, how much of a step is the all-reduce, what does the reproducible sum
// cost, and how many tasks a second does an evaluation do? To be run under mpirun; see README.md.
#include <chrono>

#include <benchmark/benchmark.h>

#include "framework/comm/session.hpp"
#include "framework/train/evaluation/evaluation.hpp"
#include "framework/train/trainer.hpp"
#include "tests/bench/configurations.hpp"

namespace tvem::bench {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Sums of a step's size over the ranks, alone.
double seconds_of_sum(Communicator const& comm, std::size_t n_parameters, ReductionKind kind) {
  GradientSum sums(kind, n_parameters);
  sums.sum_over_ranks(comm);
  comm.barrier();
  auto const start = Clock::now();
  for (int i = 0; i < 5; ++i) sums.sum_over_ranks(comm);
  return seconds_since(start) / 5;
}

/// Every rank does the same number of steps, so the number is given.
void steps(benchmark::State& state, Communicator const& comm, Configuration const& configuration,
           ReductionKind kind) {
  Settings settings = settings_of(configuration);
  settings.parallel.reduction = kind;
  Trainer trainer(settings, comm, initial_state(settings));
  trainer.train_step();
  double seconds = 0;
  for (auto _ : state) {
    comm.barrier();
    auto const start = Clock::now();
    trainer.train_step();
    comm.barrier();
    state.SetIterationTime(seconds_since(start));
    seconds += seconds_since(start);
  }
  auto const n_steps = static_cast<double>(state.iterations());
  double const sum = seconds_of_sum(comm, trainer.state().parameters.size(), kind);
  state.counters["tasks/s"] = n_steps * settings.train.tasks_per_step / seconds;
  state.counters["all-reduce_share"] = sum * n_steps / seconds;
}

void evaluation(benchmark::State& state, Communicator const& comm,
                Configuration const& configuration, std::string const& estimator) {
  Settings settings = settings_of(configuration);
  settings.eval.tasks = 512;
  settings.eval.estimators = {estimator};
  Transformer<float> model(settings.model, model_domain(settings));
  auto const parameters = model.initial_parameters(1);
  model.set_parameters(parameters);
  evaluate(settings, comm, model);  // to warm up
  double seconds = 0;
  for (auto _ : state) {
    comm.barrier();
    auto const start = Clock::now();
    evaluate(settings, comm, model);
    comm.barrier();
    state.SetIterationTime(seconds_since(start));
    seconds += seconds_since(start);
  }
  state.counters["tasks/s"] =
      static_cast<double>(state.iterations() * settings.eval.tasks) / seconds;
}

void register_all(Communicator const& comm) {
  std::string const ranks = "/ranks:" + std::to_string(comm.size());
  for (Configuration const& c : configurations) {
    // About two seconds on one core, at least three steps.
    auto const n_steps = static_cast<std::int64_t>(3 + 250e9 / flops_of_step(c));
    for (auto const kind : {ReductionKind::reproducible, ReductionKind::fast})
      benchmark::RegisterBenchmark(
          ("steps/" + std::string(c.name) + "/" + std::string(name_of(kind)) + ranks).c_str(),
          [&comm, &c, kind](benchmark::State& state) { steps(state, comm, c, kind); })
          ->Iterations(n_steps)
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
  }
  for (std::string const estimator :
       {"transformer", "em", "em:restarts=100", "lloyd", "bayes", "chance"})
    benchmark::RegisterBenchmark(("evaluation/S/" + estimator + ranks).c_str(),
                                 [&comm, estimator](benchmark::State& state) {
                                   evaluation(state, comm, configuration_named("S"), estimator);
                                 })
        ->Iterations(2)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
}

/// Ranks other than 0 say nothing.
class Silent : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(Context const&) override { return true; }
  void ReportRuns(std::vector<Run> const&) override {}
};

}  // namespace
}  // namespace tvem::bench

int main(int argc, char** argv) {
  tvem::MpiSession const session(argc, argv);
  tvem::Communicator const comm = session.world();
  tvem::bench::register_all(comm);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  tvem::bench::Silent silent;
  if (comm.is_root())
    benchmark::RunSpecifiedBenchmarks();
  else
    benchmark::RunSpecifiedBenchmarks(&silent);
}
