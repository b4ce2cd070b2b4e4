#pragma once

#include <set>
#include <string>
#include <vector>

#include "framework/estimators/settings.hpp"

namespace tvem {

/// A parsed estimator specification such as `em:restarts=10`; its text is the coordinate in the
/// files.
struct EstimatorSpec {
  std::string text;
  Method method = Method::em;
  EmSettings em;                // the defaults with the specification's options applied
  std::set<std::string> given;  // options that the specification names

  /// Whether the estimator is the Transformer, alone or with a step of EM.
  bool needs_model() const {
    return method == Method::transformer || method == Method::transformer_em;
  }
  /// Whether it is a program of the user's (EvalSettings::programs).
  bool is_external() const { return method == Method::external; }
  /// Whether it starts from the guess of input.init.
  bool starts_from_guess() const;
  /// Whether it starts from the guess, or is the Bayes rule given it.
  bool takes_guess() const { return starts_from_guess() || method == Method::bayes_guess; }
  /// Whether it weighs labels by their probability under the prior of the tasks.
  bool weighs_labels() const { return method == Method::posterior || em.orientations > 1; }
  /// Restarts; 1 for methods and starts without chance.
  int restarts() const;
  /// Whether it takes an option, does not name it, and uses its default, the key em.OPTION.
  bool follows_default(std::string const& option) const;
};

/// Parses METHOD[:option=value]..., or external:NAME. An unknown option's error lists those of the
/// method. Throws ConfigurationError naming the specification, the part that is wrong and what is
/// accepted.
EstimatorSpec parse_estimator(std::string const& text, EmSettings const& defaults);

/// What the specification is told that is not so, one sentence each: parameters are to be known
/// that tasks do not have in common, or it takes a guess that `input.init` does not make.
std::vector<std::string> unmet_conditions(EstimatorSpec const& spec, TaskSettings const& task,
                                          InputSettings const& input);

/// Why the specification does not go with the tasks and the guess, one sentence a problem: the
/// unmet conditions; the truth lies beyond its floor or ratio limit; or it would start from the
/// truth and not say so.
std::vector<std::string> estimator_problems(EstimatorSpec const& spec, TaskSettings const& task,
                                            InputSettings const& input);

}  // namespace tvem
