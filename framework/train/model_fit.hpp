#pragma once

#include "framework/estimators/estimator.hpp"
#include "framework/estimators/starts/knowledge.hpp"
#include "framework/nn/transformer.hpp"
#include "framework/train/frame.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

/// The fit of a model, whose parameters are set, on a task. With the readout `parameters` it has a
/// mixture, in the units of the points. seed, purpose: that the task was drawn with. A fit whose
/// outputs are not finite has failed. orientation: as of frame_of.
Fit fit_of_model(Settings const& settings, Transformer<float>& model, Task const& task,
                 std::uint64_t seed, Purpose purpose, int orientation = 0);

/// The fit that outputs of the read-out describe, of one task in this frame.
Fit fit_of_outputs(std::span<float const> outputs, int n_outputs, ReadoutKind readout,
                   Frame const& frame, Task const& task);

/// The fit of the orientation, 0 .. n_orientations - 1, whose labels are the most probable ones
/// under the prior of the task's family (log_joint), the first of equals. It takes as many passes
/// of the model. One orientation asks nothing of the prior.
Fit fit_in_best_orientation(Settings const& settings, Transformer<float>& model, Task const& task,
                            TaskSettings const& prior, std::uint64_t seed, Purpose purpose,
                            int n_orientations);

/// `transformer+em`: spec.em.max_iterations steps of EM from the model's mixture, or from the
/// mixture that its labels describe. Where the fit has a mixture, the steps have its kind of
/// covariances, unless the specification names another. A fit that has failed stays as it is.
Fit em_after_model(EstimatorSpec const& spec, Task const& task, Fit const& model_fit,
                   Knowledge const& known);

/// The fit of an estimator that needs the model, from the model's fit on a task of `settings`:
/// `transformer` is that fit; `transformer+em` goes on by em_after_model.
Fit fit_after_model(EstimatorSpec const& spec, Settings const& settings, Task const& task,
                    Fit const& model_fit);

}  // namespace tvem
