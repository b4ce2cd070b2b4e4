#pragma once

#include <span>

namespace tvem {

/// How far a quantity that several chains have sampled can be trusted.
struct ChainDiagnostics {
  double effective_samples = 0;  // independent samples that would say as much of its mean
  double r_hat = 1;  // root of the variance over all chains to that within one; 1 where they agree
};

/// Of n_chains sequences of equal length >= 2, one after another (Gelman and Rubin 1992; the
/// autocorrelations of all chains together, with Geyer's initial positive sequence, as in Vehtari
/// et al. 2021, without ranks). Chains that do not move at one value agree; at several values,
/// r_hat is infinite and there is one effective sample.
ChainDiagnostics diagnose(std::span<double const> values, int n_chains);

}  // namespace tvem
