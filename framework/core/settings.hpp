#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tvem {

/// The words of an enumeration, in the order of its values: they are what a configuration says.
template <class E>
inline constexpr auto enum_names = std::array<std::string_view, 0>{};

template <class E>
std::string_view name_of(E value) {
  return enum_names<E>[static_cast<std::size_t>(value)];
}

/// The value that this word names; none for an unknown word.
template <class E>
std::optional<E> value_named(std::string_view name) {
  for (std::size_t i = 0; i < enum_names<E>.size(); ++i)
    if (enum_names<E>[i] == name) return static_cast<E>(i);
  return std::nullopt;
}

/// A value (low == high) or a range from which each task draws uniformly.
template <class T>
struct Range {
  T low;
  T high;
  bool is_fixed() const { return low == high; }
  friend bool operator==(Range const&, Range const&) = default;
};

enum class MeansKind { gaussian, uniform, sphere, simplex };
template <>
inline constexpr auto enum_names<MeansKind> =
    std::array<std::string_view, 4>{"gaussian", "uniform", "sphere", "simplex"};

enum class WeightsKind { equal, dirichlet };
template <>
inline constexpr auto enum_names<WeightsKind> =
    std::array<std::string_view, 2>{"equal", "dirichlet"};

/// shared: one variance for all components (the paper's model); spherical: one variance per
/// component; tied: one matrix for all; diagonal, full: one per component.
enum class CovarianceKind { shared, spherical, tied, diagonal, full };
template <>
inline constexpr auto enum_names<CovarianceKind> =
    std::array<std::string_view, 5>{"shared", "spherical", "tied", "diagonal", "full"};

/// Distribution of a point about its mean, always with the covariance of its component: student is
/// the multivariate t; laplace has independent coordinates.
enum class NoiseKind { gaussian, student, laplace };
template <>
inline constexpr auto enum_names<NoiseKind> =
    std::array<std::string_view, 3>{"gaussian", "student", "laplace"};

enum class PrecisionKind { double_precision, single_precision };
template <>
inline constexpr auto enum_names<PrecisionKind> =
    std::array<std::string_view, 2>{"double", "float"};

enum class AttentionKind { softmax };
template <>
inline constexpr auto enum_names<AttentionKind> = std::array<std::string_view, 1>{"softmax"};

enum class NormKind { none, pre, post };
template <>
inline constexpr auto enum_names<NormKind> = std::array<std::string_view, 3>{"none", "pre", "post"};

enum class ActivationKind { gelu, relu };
template <>
inline constexpr auto enum_names<ActivationKind> = std::array<std::string_view, 2>{"gelu", "relu"};

enum class ReadoutKind { labels };
template <>
inline constexpr auto enum_names<ReadoutKind> = std::array<std::string_view, 1>{"labels"};

enum class LossKind { permutation_cross_entropy };
template <>
inline constexpr auto enum_names<LossKind> =
    std::array<std::string_view, 1>{"permutation_cross_entropy"};

enum class OptimizerKind { adam, adamw, sgd };
template <>
inline constexpr auto enum_names<OptimizerKind> =
    std::array<std::string_view, 3>{"adam", "adamw", "sgd"};

enum class ScheduleKind { constant, cosine, rsqrt };
template <>
inline constexpr auto enum_names<ScheduleKind> =
    std::array<std::string_view, 3>{"constant", "cosine", "rsqrt"};

enum class StartKind { random, kmeans_plus_plus };
template <>
inline constexpr auto enum_names<StartKind> = std::array<std::string_view, 2>{"random", "kmeans++"};

enum class ReductionKind { reproducible, fast };
template <>
inline constexpr auto enum_names<ReductionKind> =
    std::array<std::string_view, 2>{"reproducible", "fast"};

/// The keys `run.*`.
struct RunSettings {
  std::uint64_t seed = 1;
  std::string name = "run";
};

/// The keys `task.*`: the prior from which tasks are drawn.
struct TaskSettings {
  Range<int> dim{2, 2};
  Range<int> components{3, 3};
  Range<int> points{50, 50};
  MeansKind means = MeansKind::gaussian;
  double scale = 3;       // gaussian: standard deviation; uniform: half width; sphere: radius
  double separation = 0;  // in units of sigma; simplex: the distance, else the minimum distance
  Range<double> sigma{1, 1};
  WeightsKind weights = WeightsKind::equal;
  double concentration = 1;
  CovarianceKind covariance = CovarianceKind::shared;
  double eigenvalue_ratio = 10;  // tied, diagonal, full: largest over smallest eigenvalue
  NoiseKind noise = NoiseKind::gaussian;
  double degrees = 5;     // of Student's t, > 2
  double outliers = 0;    // share of a task's points
  std::int64_t pool = 0;  // training tasks; 0: always fresh ones
  std::uint64_t pool_seed = 1;
};

/// The keys `model.*`.
struct ModelSettings {
  int layers = 4;
  int heads = 4;
  int width = 32;
  int mlp_ratio = 4;
  AttentionKind attention = AttentionKind::softmax;
  NormKind norm = NormKind::pre;
  ActivationKind activation = ActivationKind::gelu;
  bool tied = false;
  ReadoutKind readout = ReadoutKind::labels;
};

/// The keys `loss.*`.
struct LossSettings {
  LossKind kind = LossKind::permutation_cross_entropy;
};

/// The keys `train.*`.
struct TrainSettings {
  std::int64_t steps = 2000;
  int tasks_per_step = 64;
  OptimizerKind optimizer = OptimizerKind::adam;
  double rate = 3e-3;
  ScheduleKind schedule = ScheduleKind::cosine;
  std::int64_t warmup = 100;
  double clip = 1;
  double weight_decay = 0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double momentum = 0.9;
  std::int64_t evaluate_every = 0;
  std::int64_t evaluate_tasks = 1024;
  std::int64_t checkpoint_every = 500;
};

/// The keys `eval.*`.
struct EvalSettings {
  std::int64_t tasks = 4096;
  std::uint64_t seed = 20250201;  // not run.seed: all trainings meet the same test tasks
  std::vector<std::string> estimators{"transformer", "em",    "em:restarts=10",
                                      "lloyd",       "bayes", "chance"};
};

/// The keys `em.*`: what an `em` or `lloyd` estimator does where its specification is silent.
struct EmSettings {
  int restarts = 1;
  StartKind start = StartKind::kmeans_plus_plus;
  int max_iterations = 100;
  double tolerance = 1e-6;  // of the mean log-likelihood per point, between iterations
  CovarianceKind covariance = CovarianceKind::shared;
  double variance_floor = 1e-3;  // of the mean variance of the task's points
  PrecisionKind precision = PrecisionKind::double_precision;  // of the iterations
};

/// The keys `parallel.*`.
struct ParallelSettings {
  ReductionKind reduction = ReductionKind::reproducible;
  int chunk = 0;  // tasks a chunk; 0: chosen from the other settings, see resolved_chunk
};

/// Everything a run is determined by; parsed once, then never changed.
struct Settings {
  RunSettings run;
  TaskSettings task;
  ModelSettings model;
  LossSettings loss;
  TrainSettings train;
  EvalSettings eval;
  EmSettings em;
  ParallelSettings parallel;
};

/// Tasks in a chunk: `parallel.chunk`, or the largest power of two that leaves 16 chunks for ranks
/// to share and is not above 512 points, past which nothing gets faster; at least one. Never
/// depends on the ranks.
int resolved_chunk(Settings const& settings);

}  // namespace tvem
