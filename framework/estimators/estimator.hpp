#pragma once

#include <set>
#include <string>
#include <vector>

#include "framework/core/instruction_set.hpp"
#include "framework/core/settings.hpp"
#include "framework/estimators/fit.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem {

/// A parsed estimator specification such as `em:restarts=10`; its text is the coordinate in the
/// files.
struct EstimatorSpec {
  std::string text;
  Method method = Method::em;
  EmSettings em;                // the defaults with the specification's options applied
  std::set<std::string> given;  // options that the specification names
};

/// Parses METHOD[:option=value]... An unknown option's error lists those of the method. Throws
/// ConfigurationError naming the specification, the part that is wrong and what is accepted.
EstimatorSpec parse_estimator(std::string const& text, EmSettings const& defaults);

/// Why the specification does not go with the other settings, one sentence a problem: something is
/// to be known that tasks do not have, or given that `input.init` does not make; the truth lies
/// beyond its floor or ratio limit; or it would start from the truth unsaid.
std::vector<std::string> estimator_problems(EstimatorSpec const& spec, Settings const& settings);

/// Whether the specification leaves the option of its method to the key em.OPTION.
bool follows_default(EstimatorSpec const& spec, std::string const& option);

/// Restarts of a specification: 1 for methods and starts that chance has no part in.
int restarts_of(EstimatorSpec const& spec);

/// Runs a specification that needs no model on a task, restarts.task_id. Methods see the points, k
/// (the task's, or the one that the specification assumes), what is granted them as `known`, and do
/// the given restarts; bayes has the true mixture; chance draws labels uniformly from its own
/// stream (Purpose::chance). purpose: that the task was drawn for.
Fit run_baseline(EstimatorSpec const& spec, Settings const& settings, Task const& task,
                 InstructionSet instruction_set, Restarts const& restarts,
                 Purpose purpose = Purpose::evaluation_tasks);

}  // namespace tvem
