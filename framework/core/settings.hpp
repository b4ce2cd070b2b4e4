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

/// What becomes of the score s_ij of points i and j, with n points in the task: softmax, its
/// numerator exp(s_ij) / n, relu(s_ij) / n, or s_ij / n.
enum class AttentionKind { softmax, unnormalised, relu, linear };
template <>
inline constexpr auto enum_names<AttentionKind> =
    std::array<std::string_view, 4>{"softmax", "unnormalised", "relu", "linear"};

enum class NormKind { none, pre, post };
template <>
inline constexpr auto enum_names<NormKind> = std::array<std::string_view, 3>{"none", "pre", "post"};

enum class ActivationKind { gelu, relu };
template <>
inline constexpr auto enum_names<ActivationKind> = std::array<std::string_view, 2>{"gelu", "relu"};

/// labels: a logit of every label for every point; parameters: weight, mean and standard deviation
/// of every component.
enum class ReadoutKind { labels, parameters };
template <>
inline constexpr auto enum_names<ReadoutKind> =
    std::array<std::string_view, 2>{"labels", "parameters"};

enum class LossKind { permutation_cross_entropy, negative_log_likelihood, permutation_parameters };
template <>
inline constexpr auto enum_names<LossKind> = std::array<std::string_view, 3>{
    "permutation_cross_entropy", "negative_log_likelihood", "permutation_parameters"};

enum class OptimizerKind { adam, adamw, sgd };
template <>
inline constexpr auto enum_names<OptimizerKind> =
    std::array<std::string_view, 3>{"adam", "adamw", "sgd"};

enum class ScheduleKind { constant, cosine, rsqrt };
template <>
inline constexpr auto enum_names<ScheduleKind> =
    std::array<std::string_view, 3>{"constant", "cosine", "rsqrt"};

/// random, kmeans_plus_plus: points as means; spectral: the means of a spectral clustering;
/// two_round: Dasgupta and Schulman's many centres, one step, and pruning; given: the assignment of
/// `input.init`, which the Transformer gets too; oracle: the true mixture.
enum class StartKind { random, kmeans_plus_plus, spectral, two_round, given, oracle };
template <>
inline constexpr auto enum_names<StartKind> = std::array<std::string_view, 6>{
    "random", "kmeans++", "spectral", "two_round", "given", "oracle"};

/// Where the assignment comes from that a method is given beside the points. corrupted: the truth,
/// with a share of its labels replaced by others.
enum class InitKind { none, random, kmeans_plus_plus, spectral, corrupted };
template <>
inline constexpr auto enum_names<InitKind> =
    std::array<std::string_view, 5>{"none", "random", "kmeans++", "spectral", "corrupted"};

/// Methods that an estimator specification begins with.
enum class Method {
  transformer,
  transformer_em,
  em,
  two_round,
  gradient,
  lloyd,
  hartigan,
  spectral,
  bayes,
  chance
};
template <>
inline constexpr auto enum_names<Method> = std::array<std::string_view, 10>{
    "transformer", "transformer+em", "em",       "two_round", "gradient",
    "lloyd",       "hartigan",       "spectral", "bayes",     "chance"};

/// Whether the method is the Transformer's, alone or with a step of EM.
inline bool needs_model(Method method) {
  return method == Method::transformer || method == Method::transformer_em;
}

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

/// The keys `input.*`: what goes into a Transformer, and to estimators with the start `given`.
struct InputSettings {
  InitKind init = InitKind::none;
  double corruption = 0.3;  // share of labels that `corrupted` replaces
  bool auxiliary = false;   // mean and share of the guess's component beside its label
  bool standardize = false;
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
  double checkpoint_minutes = 10;  // on the clock of rank 0
  std::int64_t max_skipped = 10;   // steps in a row that are not finite
};

/// The keys `eval.*`.
struct EvalSettings {
  std::int64_t tasks = 4096;
  std::uint64_t seed = 20250201;  // not run.seed: all trainings meet the same test tasks
  std::vector<std::string> estimators{"transformer", "em",    "em:restarts=10",
                                      "lloyd",       "bayes", "chance"};
  int trace = 0;  // iterations of which the error is recorded
};

/// What EM is told of the truth, since a Transformer may learn it from its training tasks.
struct KnownParameters {
  bool variance = false;     // the covariance that all components share
  bool weights = false;      // that all weights are equal
  bool means_prior = false;  // that means are N(0, task.scale^2 I): MAP-EM
  friend bool operator==(KnownParameters const&, KnownParameters const&) = default;
};

/// Reads "none" or words of variance, weights and means_prior joined by "+"; false for anything
/// else, and for a word given twice.
bool read_known(std::string const& text, KnownParameters& known);
std::string known_text(KnownParameters const& known);

/// The keys `em.*`: what an `em` or `lloyd` estimator does where its specification is silent.
struct EmSettings {
  int restarts = 1;
  StartKind start = StartKind::kmeans_plus_plus;
  int max_iterations = 100;
  double tolerance = 1e-6;  // of the mean log-likelihood per point, between iterations
  CovarianceKind covariance = CovarianceKind::shared;
  double variance_floor = 1e-3;  // of the mean variance of the task's points
  double ratio_limit = 30;       // of a fit's variances; 0: none
  PrecisionKind precision = PrecisionKind::double_precision;  // of the iterations
  KnownParameters known;
  double rate = 0.1;   // Adam's, of `gradient`
  int centres = 0;     // of the first round of the start two_round; 0: about 4 k log(2 k)
  int components = 0;  // that a specification assumes; 0: the task's
  int trace = 0;       // eval.trace
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
  InputSettings input;
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
