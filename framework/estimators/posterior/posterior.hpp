#pragma once

#include <string>
#include <vector>

#include "framework/estimators/fit.hpp"
#include "framework/estimators/settings.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem {

/// The posterior-optimal clustering: the labelling of least expected misclustering error given the
/// points and the prior that the task was drawn from. No method that sees the points alone has a
/// smaller error on average. It samples the posterior with settings.chains independent chains
/// (PosteriorChain), keeps settings.samples sweeps of each after settings.burn_in, and takes their
/// optimal_labelling.
///
/// The fit has the error that it expects, the effective number of samples of it and how far chains
/// disagree (r_hat). Its status is not_converged where r_hat is above 1.1. It has no mixture. Chain
/// c has RandomStream(seed, Purpose::posterior, task.id, c).
Fit posterior(Task const& task, TaskSettings const& prior, EmSettings const& settings,
              std::uint64_t seed);

/// Why the posterior of these tasks is not covered, one sentence each; empty where it is: Gaussian
/// means without a separation, variances (shared or spherical), or simplex means and one known
/// variance; Gaussian noise, one family, no outliers.
std::vector<std::string> posterior_problems(TaskSettings const& prior);

}  // namespace tvem
