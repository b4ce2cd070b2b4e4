#pragma once

#include "tvem/core/random.hpp"
#include "tvem/core/settings.hpp"
#include "tvem/em/fit.hpp"

namespace tvem {

/// Mean variance of a coordinate of the points: the sum of squared distances from the mean point
/// over n d. The unit of the variance floor.
double mean_variance(RowMatrix const& points);

/// One EM step from `mixture`, in the log domain: responsibilities, then weights, means and
/// variances that maximise the expected log-likelihood, variances not below `variance_floor`
/// (absolute). A component whose responsibilities sum to (numerically) nothing keeps its mean and
/// variance and gets weight 0; the caller sees it there. Returns the mean log-likelihood per point
/// of `mixture`, the one the step started from. Never lowers it, but for the floor.
double em_step(RowMatrix const& points, CovarianceKind covariance, double variance_floor,
               Mixture& mixture);

/// EM from the given mixture until the mean log-likelihood per point rises by less than
/// settings.tolerance, or for settings.max_iterations.
/// A dead component is put on the point that the mixture explains worst (several on as many
/// points), with the mean variance of the components, and counted; max_iterations bounds how often.
/// `collapsed` when a variance ends at the floor.
Fit em_from(RowMatrix const& points, Mixture start, EmSettings const& settings);

/// EM with restarts on k components: each restart has its own stream, starts from equal weights,
/// the start's means and the within-cluster variance of the points nearest to them, and the restart
/// of the best likelihood is kept; a collapsed restart is kept only if all collapsed. streams:
/// `restart` r uses RandomStream(seed, Purpose::starts, task_id, r), so restarts=10 includes the
/// start of restarts=1.
Fit em(RowMatrix const& points, int k, EmSettings const& settings, std::uint64_t seed,
       std::uint64_t task_id);

}  // namespace tvem
