#pragma once

#include "framework/estimators/estimator.hpp"
#include "framework/estimators/starts/knowledge.hpp"
#include "framework/nn/transformer.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

/// What a model with its parameters set makes of a task, of the read-out `parameters` with the
/// mixture, in the units of the points. seed, purpose: that the task was drawn with. Outputs that
/// are not finite: failed.
Fit fit_of_model(Settings const& settings, Transformer<float>& model, Task const& task,
                 std::uint64_t seed, Purpose purpose);

/// `transformer+em`: spec.em.max_iterations steps of EM from the model's mixture, or from what its
/// labels say. A fit that has failed stays as it is.
Fit em_after_model(EstimatorSpec const& spec, Task const& task, Fit const& model_fit,
                   InstructionSet instruction_set, Knowledge const& known);

/// An estimator that needs the model, from what the model makes of a task of `settings`:
/// `transformer` is just that; `transformer+em` goes on by em_after_model.
Fit fit_after_model(EstimatorSpec const& spec, Settings const& settings, Task const& task,
                    Fit const& model_fit, InstructionSet instruction_set);

}  // namespace tvem
