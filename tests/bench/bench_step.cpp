// How long does a training step take, how near is it to the processor's peak, and where does the
// time go? See README.md.
#include <benchmark/benchmark.h>

#include "framework/train/trainer.hpp"
#include "tests/bench/configurations.hpp"
#include "tests/bench/peak.hpp"
#include "tests/bench/timed_kernels.hpp"

namespace tvem::bench {
namespace {

/// The whole step: tasks drawn, forward, loss, backward, reproducible sum, Adam.
void training_step(benchmark::State& state, Configuration const& configuration,
                   InstructionSet set) {
  use_instruction_set(set);
  Settings const settings = settings_of(configuration);
  Trainer trainer(settings, Communicator::serial(), initial_state(settings));
  trainer.train_step();
  double const peak = measured_peak(set);
  for (auto _ : state) trainer.train_step();
  double const steps = static_cast<double>(state.iterations());
  auto const per_second = benchmark::Counter::kIsRate;
  double const operations = flops_of_step(configuration);
  state.counters["GFLOP/s"] = benchmark::Counter(steps * operations / 1e9, per_second);
  if (peak > 0)
    state.counters["of_peak"] = benchmark::Counter(steps * operations / peak, per_second);
}

/// The parts of a step, each as a share of it; `rest` is what no part has.
void split_of_step(benchmark::State& state, Configuration const& configuration,
                   InstructionSet set) {
  use_instruction_set(set);
  StepParts parts(settings_of(configuration));
  parts.step();
  parts.reset();
  for (auto _ : state) parts.step();
  for (auto const& [name, share] : parts.shares()) state.counters[name] = share;
}

template <class F>
void register_for_all(char const* name, F const& f) {
  for (Configuration const& configuration : configurations)
    for (auto const set : {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512})
      if (set <= best_instruction_set())
        benchmark::RegisterBenchmark((std::string(name) + "/" + std::string(configuration.name) +
                                      "/" + std::string(name_of(set)))
                                         .c_str(),
                                     f, configuration, set)
            ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace tvem::bench

int main(int argc, char** argv) {
  tvem::bench::register_for_all("step", tvem::bench::training_step);
  tvem::bench::register_for_all("split", tvem::bench::split_of_step);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
