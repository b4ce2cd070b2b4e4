#pragma once

#include "framework/core/processor/instruction_set.hpp"
#include "framework/estimators/fit.hpp"
#include "framework/estimators/settings.hpp"
#include "framework/estimators/starts/knowledge.hpp"
#include "framework/tasks/settings.hpp"

namespace tvem {

/// Mean variance of a coordinate of the points: the sum of squared distances from the mean point
/// over n d. The unit of the variance floor.
double mean_variance(RowMatrix const& points);

/// The mean variance times `relative`, in the units of the points; positive even when all points
/// are equal.
double variance_floor(RowMatrix const& points, double relative);

/// The floor by settings.variance_floor. In float it is not below the variances whose inverse float
/// holds.
double variance_floor(RowMatrix const& points, EmSettings const& settings);

/// One EM step from `mixture` in double precision: responsibilities by log-sum-exp, then weights,
/// means and covariances that maximise the expected log-likelihood, their eigenvalues not below
/// `variance_floor` (absolute). A component whose responsibilities sum to (numerically) nothing
/// keeps its mean and covariance and gets weight 0; the caller sees it there. Returns the mean
/// log-likelihood per point of `mixture`, the one the step started from. Never lowers it (with a
/// prior of the means, never the sum with log_prior). Where covariances are matrices the mixture
/// has factors afterwards.
double em_step(RowMatrix const& points, CovarianceKind covariance, double variance_floor,
               Mixture& mixture, Knowledge const& known = {});

/// EM in settings.precision from the given mixture, with what is known in its place, until the mean
/// log-likelihood per point rises by less than settings.tolerance, or for settings.max_iterations.
/// A dead component is put on the point that the mixture explains worst (several on as many
/// points), with the mean variance of the components, and counted; max_iterations bounds how often.
/// The fit is `collapsed` when a variance ends at the floor. It is `failed` when a step has no
/// finite result, and has the mixture before that step. Labels and likelihood of the final mixture
/// are those in double precision.
Fit em_from(RowMatrix const& points, Mixture start, EmSettings const& settings,
            Knowledge const& known = {});

/// EM with restarts on k components (settings.restarts is not read), from Starts::mixture. Keeps
/// the restart of the best likelihood; with a prior of the means, of the best posterior density. A
/// restart that collapsed or is beyond the ratio limit is kept only if all are.
Fit em(RowMatrix const& points, int k, EmSettings const& settings, Restarts const& restarts,
       Knowledge const& known = {});

}  // namespace tvem
