// How long do 50 iterations of EM take, and one of Lloyd? See README.md.
#include <benchmark/benchmark.h>

#include "framework/estimators/em.hpp"
#include "framework/estimators/passes/point_passes.hpp"
#include "framework/estimators/starts/starts.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem::bench {
namespace {

struct Size {
  int n, d, k;
};
constexpr Size sizes[] = {{100, 2, 3}, {200, 4, 4}, {500, 8, 5}, {1000, 10, 10}, {100000, 10, 10}};

Task task_of(Size size) {
  TaskSettings settings;
  settings.points = {size.n, size.n};
  settings.dim = {size.d, size.d};
  settings.components = {size.k, size.k};
  return TaskPrior(settings).sample(1, Purpose::probe, 0);
}

/// Points as means, drawn once.
Mixture start_of(Task const& task) {
  Mixture start = task.mixture;
  RandomStream random(1, Purpose::starts, 0);
  start.means = random_point_start(task.points, task.components(), random);
  return start;
}

/// One whole fit: points laid out, 50 steps, labels and likelihood at the end.
void em_fit(benchmark::State& state, Size size, PrecisionKind precision, InstructionSet set) {
  use_instruction_set(set);
  Task const task = task_of(size);
  Mixture const start = start_of(task);
  EmSettings settings;
  settings.covariance = CovarianceKind::spherical;
  settings.precision = precision;
  settings.max_iterations = 50;
  settings.tolerance = -1e300;  // never met
  for (auto _ : state) benchmark::DoNotOptimize(em_from(task.points, start, settings));
  state.counters["time_a_point_component_and_dim"] = benchmark::Counter(
      50.0 * size.n * size.d * size.k,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

template <class T>
void lloyd_iteration(benchmark::State& state, Size size, InstructionSet set) {
  use_instruction_set(set);
  Task const task = task_of(size);
  RowMatrix means = start_of(task).means;
  PointPasses<T> passes(task.points);
  for (auto _ : state) {
    passes.nearest(means);
    for (Eigen::Index j = 0; j < means.rows(); ++j)
      if (passes.count(j) > 0) passes.label_mean(j, means.row(j).data());
  }
}

void register_all() {
  for (Size const size : sizes)
    for (auto const precision : {PrecisionKind::double_precision, PrecisionKind::single_precision})
      for (auto const set :
           {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512}) {
        if (set > best_instruction_set()) continue;
        std::string const name = "/n" + std::to_string(size.n) + "/d" + std::to_string(size.d) +
                                 "/k" + std::to_string(size.k) + "/" +
                                 std::string(name_of(precision)) + "/" + std::string(name_of(set));
        benchmark::RegisterBenchmark(("em_50" + name).c_str(), em_fit, size, precision, set)
            ->Unit(benchmark::kMicrosecond);
        benchmark::RegisterBenchmark(("lloyd_1" + name).c_str(),
                                     precision == PrecisionKind::double_precision
                                         ? lloyd_iteration<double>
                                         : lloyd_iteration<float>,
                                     size, set)
            ->Unit(benchmark::kMicrosecond);
      }
}

}  // namespace
}  // namespace tvem::bench

int main(int argc, char** argv) {
  tvem::bench::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
