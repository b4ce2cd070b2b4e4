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
  /// Whether it starts from the guess of input.init.
  bool starts_from_guess() const;
  /// Restarts; 1 for methods and starts without chance.
  int restarts() const;
  /// Whether it takes an option, does not name it, and uses its default, the key em.OPTION.
  bool follows_default(std::string const& option) const;
};

/// Parses METHOD[:option=value]... An unknown option's error lists those of the method. Throws
/// ConfigurationError naming the specification, the part that is wrong and what is accepted.
EstimatorSpec parse_estimator(std::string const& text, EmSettings const& defaults);

/// Says why the specification does not fit the tasks and the guess, one sentence for each problem.
/// It is to know what the tasks do not have, or to start from a guess that `input.init` does not
/// make; the truth lies beyond its floor or ratio limit; or it would start from the truth without
/// saying so.
std::vector<std::string> estimator_problems(EstimatorSpec const& spec, TaskSettings const& task,
                                            InputSettings const& input);

}  // namespace tvem
