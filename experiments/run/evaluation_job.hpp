#pragma once

#include <optional>
#include <string>

#include "experiments/run/job.hpp"
#include "experiments/run/trained_model.hpp"
#include "framework/comm/communicator.hpp"
#include "framework/train/settings.hpp"
#include "io/fs.hpp"

namespace tvem {

/// An evaluation outside of a training: of a trained model, of baselines, or of both.
struct EvaluationRequest {
  Settings settings;                  // its tasks and estimators
  std::optional<TrainedModel> model;  // none for baselines alone
  fs::path file;
};

/// Identifies the evaluation (identity.hpp).
std::string identity_of(EvaluationRequest const& request);

/// Collective. Evaluates, or goes on with an evaluation, and writes the file in any folder. The
/// caller has checked the request. Returns the table on rank 0. Throws StoppedOnRequest on all
/// ranks alike; any other exception may be of one rank alone.
std::string evaluation_job(EvaluationRequest const& request, Communicator const& comm,
                           std::string const& command_line, Voice voice,
                           WorkHooks const& hooks = {});

}  // namespace tvem
