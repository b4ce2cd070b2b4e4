#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/enum_names.hpp"
#include "framework/core/setting.hpp"
#include "framework/tasks/settings.hpp"

namespace tvem {

enum class PrecisionKind { double_precision, single_precision };
template <>
inline constexpr auto enum_names<PrecisionKind> =
    std::array<std::string_view, 2>{"double", "float"};

/// random, kmeans_plus_plus: points as means; spectral: the means of a spectral clustering;
/// two_round: Dasgupta and Schulman's many centres, one step, and pruning; guess: the labels of
/// `input.init`, which the Transformer gets too; oracle: the true mixture.
enum class StartKind { random, kmeans_plus_plus, spectral, two_round, guess, oracle };
template <>
inline constexpr auto enum_names<StartKind> = std::array<std::string_view, 6>{
    "random", "kmeans++", "spectral", "two_round", "given", "oracle"};

/// The source of the guess, which is labels that a method gets beside the points. corrupted: the
/// truth, with a share of its labels replaced by others. given: by the file of the tasks.
enum class GuessKind { none, random, kmeans_plus_plus, spectral, corrupted, given };
template <>
inline constexpr auto enum_names<GuessKind> =
    std::array<std::string_view, 6>{"none", "random", "kmeans++", "spectral", "corrupted", "given"};

/// What becomes of a fit whose variances, of components with their own, are more than ratio_limit
/// times apart. select: restarts within the limit are kept before it; constrain: every M-step
/// maximises under the limit.
enum class RatioRule { select, constrain };
template <>
inline constexpr auto enum_names<RatioRule> =
    std::array<std::string_view, 2>{"select", "constrain"};

/// The components of a mixture that EM fits.
enum class NoiseModel { gaussian, student };
template <>
inline constexpr auto enum_names<NoiseModel> =
    std::array<std::string_view, 2>{"gaussian", "student"};

/// The coordinates in which a model sees a task. centred: about the mean of the points; canonical:
/// along the axes of their scatter besides (canonical_axes), the same however they were rotated.
enum class FrameKind { none, centred, canonical };
template <>
inline constexpr auto enum_names<FrameKind> =
    std::array<std::string_view, 3>{"none", "centred", "canonical"};

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
  posterior,
  bayes,
  bayes_guess,
  chance,
  external
};
template <>
inline constexpr auto enum_names<Method> = std::array<std::string_view, 13>{
    "transformer", "transformer+em", "em",    "two_round",   "gradient", "lloyd",   "hartigan",
    "spectral",    "posterior",      "bayes", "bayes+guess", "chance",   "external"};

/// The keys `input.*`: what goes into a Transformer, and to estimators that start from the guess.
struct InputSettings {
  GuessKind guess = GuessKind::none;  // the key input.init
  double corruption = 0.3;            // share of labels that `corrupted` replaces
  bool auxiliary = false;             // mean and share of the guess's component beside its label
  FrameKind frame = FrameKind::canonical;
  bool standardize = false;
};

/// What EM is told of the truth, since a Transformer may learn it from its training tasks.
struct KnownParameters {
  bool variance = false;     // the covariance that all components share
  bool weights = false;      // that all weights are equal
  bool means_prior = false;  // that means are N(0, task.scale^2 I): MAP-EM
  friend bool operator==(KnownParameters const&, KnownParameters const&) = default;
};

/// Reads "none", "all" or words of variance, weights and means_prior joined by "+"; false for
/// anything else, and for a word given twice.
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
  RatioRule ratio = RatioRule::select;
  PrecisionKind precision = PrecisionKind::double_precision;  // of the iterations
  KnownParameters known;
  double rate = 0.1;   // Adam's, of `gradient`
  int centres = 0;     // of the first round of the start two_round; 0: about 4 k log(2 k)
  int components = 0;  // that a specification assumes; 0: the task's. No key
  NoiseModel noise = NoiseModel::gaussian;  // of the components. No key
  double degrees = 0;                       // of Student's t; 0: estimated. No key
  bool outliers =
      false;             // a background beside the components, uniform over the points' box. No key
  int orientations = 1;  // of `transformer`, of which the most probable labels are kept. No key
  // Of `posterior`. No keys.
  int chains = 4;
  int samples = 100;     // sweeps of a chain that are kept
  int draws = 1;         // of the labels in such a sweep
  int burn_in = 50;      // sweeps before them
  int temperatures = 6;  // of a chain's tempering; 1: none
  int trace = 0;         // eval.trace

  /// Whether outlying points are provided for.
  bool is_robust() const { return noise != NoiseModel::gaussian || outliers; }
};

/// A row for each of the keys `input.*`; those of `em.*` are among estimator_options().
std::vector<Setting<InputSettings>> const& input_settings();

}  // namespace tvem
