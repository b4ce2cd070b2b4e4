#pragma once

#include "experiments/program/command.hpp"
#include "experiments/run/evaluation/evaluation_request.hpp"

namespace tvem {

/// Collective. The request that --model, --config, --out and the keys of the command line describe.
/// is_ours: whether the file of --out may be replaced. adapt: adds problems of the command, and
/// gives the settings that it does not read values of its own; or none. Throws ConfigurationError
/// with all problems. Says warnings of the model.
EvaluationRequest read_evaluation_request(CommandContext const& context,
                                          bool (*is_ours)(fs::path const& file),
                                          void (*adapt)(EvaluationRequest& request,
                                                        Sentences& problems) = nullptr);

}  // namespace tvem
