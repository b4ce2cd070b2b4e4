// tvem's side of the comparisons: reads commands from standard input, answers each with a line.
//   step NAME SET REDUCTION       a training of configurations.hpp
//   em FILE N D K ITERATIONS PRECISION SET       spherical EM, a fixed number of iterations
//   lloyd FILE N D K ITERATIONS PRECISION SET    Lloyd, likewise
//   time R        seconds of R repetitions of what was last asked for
//   value         its result: loss, mean log-likelihood, sum of squares
//   memory        peak memory of the process so far, MiB
//   peak SET      operations per second of nothing but fused multiply-adds
//   sets          the instruction sets that this processor has, the best one first
// FILE holds doubles: points (N x D), then means to start from (K x D).
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "framework/estimators/em.hpp"
#include "framework/estimators/passes/point_passes.hpp"
#include "framework/train/trainer.hpp"
#include "tests/bench/configurations.hpp"
#include "tests/bench/peak.hpp"

namespace tvem::bench {
namespace {

/// Something to repeat, and its result.
struct Work {
  std::function<void()> run;
  std::function<double()> value;
};

template <class E>
E word(std::istream& in) {
  std::string text;
  in >> text;
  auto const value = value_named<E>(text);
  if (!value) throw std::invalid_argument("unknown word \"" + text + "\"");
  return *value;
}

Work training_step(std::istream& in) {
  std::string name;
  in >> name;
  Settings settings = settings_of(configuration_named(name));
  use_instruction_set(word<InstructionSet>(in));
  settings.parallel.reduction = word<ReductionKind>(in);
  auto const trainer =
      std::make_shared<Trainer>(settings, Communicator::serial(), initial_state(settings));
  return {[=] { trainer->train_step(); }, [=] { return trainer->state().steps.back().loss_mean; }};
}

struct Problem {
  RowMatrix points, start;
  int n_iterations;
  PrecisionKind precision;
};

Problem read_problem(std::istream& in) {
  std::string path;
  int n = 0, d = 0, k = 0;
  Problem problem;
  in >> path >> n >> d >> k >> problem.n_iterations;
  problem.precision = word<PrecisionKind>(in);
  use_instruction_set(word<InstructionSet>(in));
  std::ifstream file(path, std::ios::binary);
  for (auto [matrix, rows] : {std::pair{&problem.points, n}, std::pair{&problem.start, k}}) {
    matrix->resize(rows, d);
    file.read(reinterpret_cast<char*>(matrix->data()),
              static_cast<std::streamsize>(sizeof(double)) * rows * d);
  }
  if (!file) throw std::runtime_error(path + " is too short");
  return problem;
}

Work em_fit(std::istream& in) {
  auto const problem = std::make_shared<Problem>(read_problem(in));
  Mixture start;
  Eigen::Index const k = problem->start.rows();
  start.means = problem->start;
  start.weights = Eigen::VectorXd::Constant(k, 1.0 / static_cast<double>(k));
  start.variances = Eigen::VectorXd::Ones(k);
  EmSettings settings;
  settings.covariance = CovarianceKind::spherical;
  settings.max_iterations = problem->n_iterations;
  settings.tolerance = -1e300;
  settings.variance_floor = 1e-6;
  settings.precision = problem->precision;
  auto const likelihood = std::make_shared<double>(0);
  return {[=] { *likelihood = em_from(problem->points, start, settings).log_likelihood; },
          [=] { return *likelihood; }};
}

template <class T>
double lloyd_steps(Problem const& problem) {
  PointPasses<T> passes(problem.points);
  RowMatrix means = problem.start;
  for (int i = 0; i < problem.n_iterations; ++i) {
    passes.nearest(means);
    for (Eigen::Index j = 0; j < means.rows(); ++j)
      if (passes.count(j) > 0) passes.label_mean(j, means.row(j).data());
  }
  passes.nearest(means);
  return passes.nearest_square_sum();
}

Work lloyd_fit(std::istream& in) {
  auto const problem = std::make_shared<Problem>(read_problem(in));
  auto const square_sum = std::make_shared<double>(0);
  bool const is_double = problem->precision == PrecisionKind::double_precision;
  return {[=] {
            *square_sum = is_double ? lloyd_steps<double>(*problem) : lloyd_steps<float>(*problem);
          },
          [=] { return *square_sum; }};
}

double seconds_of(Work const& work, int repetitions) {
  auto const start = std::chrono::steady_clock::now();
  for (int i = 0; i < repetitions; ++i) work.run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Of this program alone: getrusage's figure starts from that of the process that started it.
double peak_memory_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;)
    if (double kib = 0; key == "VmHWM:" && status >> kib) return kib / 1024;
  throw std::runtime_error("no VmHWM in /proc/self/status");
}

std::string sets_text() {
  std::string text;
  for (int set = static_cast<int>(best_instruction_set()); set >= 0; --set)
    text += std::string(name_of(static_cast<InstructionSet>(set))) + " ";
  return text;
}

void answer(std::string const& line, Work& work) {
  std::istringstream in(line);
  std::string command;
  in >> command;
  std::cout.precision(17);
  if (command == "step") {
    work = training_step(in);
  } else if (command == "em") {
    work = em_fit(in);
  } else if (command == "lloyd") {
    work = lloyd_fit(in);
  } else if (command == "time") {
    int repetitions = 0;
    in >> repetitions;
    std::cout << seconds_of(work, repetitions);
  } else if (command == "value") {
    std::cout << work.value();
  } else if (command == "memory") {
    std::cout << peak_memory_mib();
  } else if (command == "peak") {
    std::cout << measured_peak(word<InstructionSet>(in));
  } else if (command == "sets") {
    std::cout << sets_text();
  } else {
    throw std::invalid_argument("unknown command \"" + line + "\"");
  }
  std::cout << std::endl;
}

}  // namespace
}  // namespace tvem::bench

int main() {
  tvem::bench::Work work;
  for (std::string line; std::getline(std::cin, line);) tvem::bench::answer(line, work);
}
