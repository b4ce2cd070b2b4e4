#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "framework/comm/communicator.hpp"
#include "framework/estimators/specification.hpp"
#include "framework/records/probe.hpp"
#include "framework/train/evaluation/evaluated_model.hpp"

namespace tvem {

/// What the layers of a model are compared with.
struct ProbeRequest {
  std::vector<EstimatorSpec> algorithms;  // em, lloyd, gradient; of one start
  int iterations = 10;                    // of each, 0 .. iterations
  std::int64_t fit_tasks = 1024;          // that linear probes are fitted on
};

/// Says why an algorithm cannot be compared with layers; empty when it can.
std::string probe_problem(EstimatorSpec const& algorithm);

/// Collective. Reads labels from every layer of the model on the evaluation tasks of `settings`: by
/// its read-out applied early, and by linear probes. A probe is a ridge regression of an
/// algorithm's responsibilities after t iterations on the features of a layer (Alain and Bengio
/// 2016), another one of the true labels, fitted on other tasks (Purpose::probe_tasks). Labels of
/// algorithms are named as the model's last labels name them. Ranks share layers: the same bits on
/// any number of them. The table is on rank 0; others get its arrays, too, but no meaning of them.
Probe probe(Settings const& settings, Communicator const& comm, EvaluatedModel const& trained,
            ProbeRequest const& request);

}  // namespace tvem
