#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "experiments/run/job.hpp"
#include "experiments/run/trained_model.hpp"
#include "framework/comm/communicator.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

/// An evaluation that is no part of a training: of a trained model, of baselines, or of both.
struct EvaluationRequest {
  Settings settings;                  // its tasks and estimators
  std::optional<TrainedModel> model;  // none for baselines alone
  std::filesystem::path file;
};

/// What the evaluation is (identity.hpp).
std::string identity_of(EvaluationRequest const& request);

/// Collective. Evaluates, or goes on from what is there, and writes the file, in whatever folder it
/// is. Whatever may be wrong with the request has been looked for. Returns the table on rank 0.
/// Throws StoppedOnRequest on all ranks alike; any other exception may be of one rank alone.
std::string evaluation_job(EvaluationRequest const& request, Communicator const& comm,
                           std::string const& command_line, Voice voice,
                           WorkHooks const& hooks = {});

}  // namespace tvem
