#pragma once

#include <set>
#include <string>
#include <vector>

#include "framework/core/processor/instruction_set.hpp"
#include "framework/estimators/fit.hpp"
#include "framework/estimators/specification.hpp"
#include "framework/tasks/prior.hpp"
#include "framework/tasks/settings.hpp"

namespace tvem {

/// Runs a specification that needs no model on a task, restarts.task_id. Methods see the points, k
/// (the task's, or the one that the specification assumes) and what they are granted as `known`;
/// they do the given restarts. bayes has the true mixture, and bayes+guess
/// the guess besides. posterior has the prior of the task's family. chance draws labels uniformly
/// from its own stream (Purpose::chance). purpose: that the task was drawn for.
Fit run_baseline(EstimatorSpec const& spec, TaskSettings const& prior, InputSettings const& input,
                 Task const& task, Restarts const& restarts,
                 Purpose purpose = Purpose::evaluation_tasks);

}  // namespace tvem
