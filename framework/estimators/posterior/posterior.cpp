#include "framework/estimators/posterior/posterior.hpp"

#include <cmath>

#include "framework/core/text.hpp"
#include "framework/estimators/posterior/chain.hpp"
#include "framework/estimators/posterior/diagnostics.hpp"
#include "framework/estimators/posterior/labelling.hpp"

namespace tvem {
namespace {

/// Chains whose r_hat is above this do not agree (Gelman and Rubin 1992).
constexpr double largest_r_hat = 1.1;

/// The labels of the sweeps that are kept, chain after chain: settings.draws of each.
std::vector<std::vector<int>> sampled(Task const& task, TaskSettings const& prior,
                                      EmSettings const& settings, std::uint64_t seed) {
  std::vector<std::vector<int>> samples;
  for (int c = 0; c < settings.chains; ++c) {
    PosteriorChain chain(task.points, task.components(), prior, settings.temperatures,
                         RandomStream(seed, Purpose::posterior, task.id, c));
    for (int s = 0; s < settings.burn_in; ++s) chain.sweep();
    for (int s = 0; s < settings.samples; ++s) {
      chain.sweep();
      samples.push_back(chain.state().labels);
      for (int d = 1; d < settings.draws; ++d) samples.push_back(chain.redrawn_labels());
    }
  }
  return samples;
}

}  // namespace

Fit posterior(Task const& task, TaskSettings const& prior, EmSettings const& settings,
              std::uint64_t seed) {
  OptimalLabelling optimal =
      optimal_labelling(sampled(task, prior, settings, seed), task.components(), settings.draws);
  ChainDiagnostics const diagnostics = diagnose(optimal.errors, settings.chains);
  Fit fit;
  fit.labels = std::move(optimal.labels);
  fit.log_likelihood = std::nan("");
  fit.posterior = {.expected_error = optimal.expected_error,
                   .effective_samples = diagnostics.effective_samples,
                   .r_hat = diagnostics.r_hat};
  fit.iterations = fit.total_iterations = settings.chains * (settings.burn_in + settings.samples);
  if (diagnostics.r_hat > largest_r_hat) fit.status = FitStatus::not_converged;
  return fit;
}

std::vector<std::string> posterior_problems(TaskSettings const& prior) {
  std::vector<std::string> problems;
  auto const require = [&](bool is_met, std::string const& what) {
    if (!is_met) problems.push_back("it covers tasks " + what);
  };
  require(n_families(prior) == 1, "of one family");
  bool const is_simplex = prior.means == MeansKind::simplex;
  require(is_simplex || prior.means == MeansKind::gaussian,
          fmt::format("with task.means = gaussian or simplex, not {}", name_of(prior.means)));
  require(is_simplex || prior.separation.high == 0, "with task.separation = 0, or simplex means");
  require(prior.scale.is_fixed() && prior.separation.is_fixed(),
          "with one task.scale and task.separation, not ranges");
  require(!is_simplex || prior.sigma.is_fixed(),
          "with one task.sigma where means are a simplex, whose edge is in its unit");
  require(
      !has_matrices(prior.covariance),
      fmt::format("with task.covariance = shared or spherical, not {}", name_of(prior.covariance)));
  require(prior.noise == NoiseKind::gaussian,
          fmt::format("with task.noise = gaussian, not {}", name_of(prior.noise)));
  require(prior.outliers == 0, "with task.outliers = 0");
  return problems;
}

}  // namespace tvem
