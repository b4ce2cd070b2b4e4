#include "framework/estimators/posterior/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "framework/core/index.hpp"

namespace tvem {
namespace {

double mean_of(std::span<double const> values) {
  double sum = 0;
  for (double const value : values) sum += value;
  return sum / as_real(std::ssize(values));
}

/// Sum of the products of deviations that are `lag` apart.
double products(std::span<double const> values, double mean, std::size_t lag) {
  double sum = 0;
  for (std::size_t i = lag; i < values.size(); ++i)
    sum += (values[i] - mean) * (values[i - lag] - mean);
  return sum;
}

struct Chain {
  std::span<double const> values;
  double mean;
};

/// Mean over chains of the autocovariance.
double autocovariance(std::vector<Chain> const& chains, std::size_t lag) {
  double sum = 0;
  for (Chain const& chain : chains)
    sum += products(chain.values, chain.mean, lag) / as_real(std::ssize(chain.values));
  return sum / as_real(std::ssize(chains));
}

double variance_of_means(std::vector<Chain> const& chains) {
  std::vector<double> means;
  for (Chain const& chain : chains) means.push_back(chain.mean);
  return means.size() < 2 ? 0 : products(means, mean_of(means), 0) / as_real(std::ssize(means) - 1);
}

/// 1 + 2 sum of autocorrelations, as long as sums of two neighbours are positive.
double correlation_time(std::vector<Chain> const& chains, double within, double total) {
  std::size_t const n = chains[0].values.size();
  auto const correlation = [&](std::size_t lag) {
    return lag == 0 ? 1 : 1 - (within - autocovariance(chains, lag)) / total;
  };
  double time = -1;
  for (std::size_t lag = 0; lag + 1 < n; lag += 2) {
    double const pair = correlation(lag) + correlation(lag + 1);
    if (!(pair > 0)) break;
    time += 2 * pair;
  }
  return time;
}

}  // namespace

ChainDiagnostics diagnose(std::span<double const> values, int n_chains) {
  std::size_t const length = values.size() / n_chains;
  std::vector<Chain> chains;
  for (int c = 0; c < n_chains; ++c) {
    auto const chain = values.subspan(c * length, length);
    chains.push_back({chain, mean_of(chain)});
  }
  double const n = as_real(std::ssize(values)), between = variance_of_means(chains);
  double const within = autocovariance(chains, 0) * as_real(length) / as_real(length - 1);
  if (within == 0)
    return between == 0 ? ChainDiagnostics{.effective_samples = n, .r_hat = 1}
                        : ChainDiagnostics{.effective_samples = 1,
                                           .r_hat = std::numeric_limits<double>::infinity()};
  double const total = autocovariance(chains, 0) + between;
  double const time = correlation_time(chains, within, total);
  return {.effective_samples = std::clamp(n / time, 1.0, n), .r_hat = std::sqrt(total / within)};
}

}  // namespace tvem
