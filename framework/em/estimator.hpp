#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tvem/core/instruction_set.hpp"
#include "tvem/core/settings.hpp"
#include "tvem/em/fit.hpp"
#include "tvem/tasks/prior.hpp"

namespace tvem {

enum class Method { transformer, em, lloyd, bayes, chance };
template <>
inline constexpr auto enum_names<Method> =
    std::array<std::string_view, 5>{"transformer", "em", "lloyd", "bayes", "chance"};

/// A parsed estimator specification such as `em:restarts=10`; its text is the coordinate in the
/// files.
struct EstimatorSpec {
  std::string text;
  Method method = Method::em;
  EmSettings em;  // the defaults with the specification's options applied
};

/// Parses METHOD[:option=value]... Options of em: restarts, start, max_iterations, tolerance,
/// covariance, variance_floor, precision; of lloyd: restarts, start, max_iterations, precision; the
/// others have none.
/// Throws ConfigurationError naming the specification, the part that is wrong and what is accepted.
EstimatorSpec parse_estimator(std::string const& text, EmSettings const& defaults);

/// Restarts of a specification: those of em and lloyd, 1 of the others.
int restarts_of(EstimatorSpec const& spec);

/// Runs a specification other than `transformer` on a task, restarts.task_id. em and lloyd see the
/// points and k alone, and do the given restarts; bayes has the true mixture; chance draws labels
/// uniformly from its own stream (Purpose::chance).
Fit run_baseline(EstimatorSpec const& spec, Task const& task, InstructionSet instruction_set,
                 Restarts const& restarts);

}  // namespace tvem
