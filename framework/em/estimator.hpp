#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
/// covariance, variance_floor; of lloyd: restarts, start, max_iterations; the others have none.
/// Throws ConfigurationError naming the specification, the part that is wrong and what is accepted.
EstimatorSpec parse_estimator(std::string const& text, EmSettings const& defaults);

/// Runs a specification other than `transformer` on a task. em and lloyd see the points and k
/// alone; bayes has the true mixture; chance draws labels uniformly from its own stream
/// (Purpose::chance).
Fit run_baseline(EstimatorSpec const& spec, Task const& task, std::uint64_t seed);

}  // namespace tvem
