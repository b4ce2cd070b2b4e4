#pragma once

#include "tvem/em/estimator.hpp"
#include "tvem/nn/transformer.hpp"

namespace tvem {

/// What a model with its parameters set makes of a task, of the read-out `parameters` with the
/// mixture, in the units of the points. seed, purpose: that the task was drawn with. Outputs that
/// are not finite: failed.
Fit fit_of_model(Settings const& settings, Transformer<float>& model, Task const& task,
                 std::uint64_t seed, Purpose purpose);

/// An estimator that needs the model, on a task drawn with eval.seed: `transformer` is
/// fit_of_model; `transformer+em` goes on with spec.em.max_iterations steps of EM, from the mixture
/// or from what the labels say.
Fit run_model(EstimatorSpec const& spec, Settings const& settings, Transformer<float>& model,
              Task const& task, InstructionSet instruction_set, Purpose purpose);

}  // namespace tvem
