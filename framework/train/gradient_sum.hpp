#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tvem/comm/communicator.hpp"
#include "tvem/core/exact_sum.hpp"
#include "tvem/core/settings.hpp"

namespace tvem {

/// What a chunk contributes to its step: sums over the chunk's tasks.
struct ChunkSums {
  std::span<float const> gradient_sum;  // of the tasks' mean-per-point losses; n parameters
  double loss_sum = 0;
  double error_sum = 0;
};

/// The sums of one step over all tasks on all ranks. `reproducible` (exact_sum.hpp) gives the same
/// bits however chunks are shared among ranks and whatever order they come in; `fast` is a plain
/// sum of floats.
class GradientSum {
 public:
  GradientSum(ReductionKind kind, std::size_t n_parameters);

  /// Forgets all sums. n_chunks: of the whole step, on all ranks together.
  void reset(Quantum quantum, std::int64_t n_chunks);
  void add(ChunkSums const& chunk);
  /// Collective. After it every rank has the sums over all ranks.
  void sum_over_ranks(Communicator const& comm);

  /// Sum of the gradients, n parameters; complete after sum_over_ranks, also for `fast`.
  std::span<double> gradient_sum() { return std::span(sums_).first(n_parameters_); }
  double loss_sum() const { return scalar(loss); }
  double error_sum() const { return scalar(error); }
  /// Chunks with a value that is not finite; their sums are left out.
  std::int64_t n_non_finite() const { return static_cast<std::int64_t>(scalar(non_finite)); }
  /// Chunks too large for the quantum; their sums are left out and the step must be repeated.
  std::int64_t n_out_of_range() const { return static_cast<std::int64_t>(scalar(out_of_range)); }
  /// 0 for `fast`, which has no quantum.
  int quantum_exponent() const;

 private:
  enum Scalar : std::size_t { loss, error, non_finite, out_of_range, n_scalars };
  double scalar(Scalar which) const { return sums_[n_parameters_ + which]; }
  std::span<double> scalars() { return std::span(sums_).subspan(n_parameters_); }
  SummandState add_reproducible(ChunkSums const& chunk);
  SummandState add_fast(ChunkSums const& chunk);

  ReductionKind kind_;
  std::size_t n_parameters_;
  Quantum quantum_{0};
  double limit_ = 0;
  std::vector<double> sums_;      // gradient, then the scalars: one all-reduce for all
  std::vector<float> fast_sums_;  // gradient, for `fast`
};

}  // namespace tvem
