#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "framework/comm/communicator.hpp"
#include "framework/comm/exact_sum.hpp"
#include "framework/core/index.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

/// What a rank asks of all ranks together with the sums of a step. One rank is enough.
struct Votes {
  bool stop = false;        // to end the training after this step
  bool checkpoint = false;  // to keep the state after this step
};

/// The sums of one step over all tasks on all ranks. `reproducible` (exact_sum.hpp) gives the same
/// bits however chunks are shared among ranks and whatever order they come in; `fast` is a plain
/// sum of floats.
class GradientSum {
 public:
  GradientSum(ReductionKind kind, std::size_t n_parameters);

  /// Forgets all sums. n_chunks: of the whole step, on all ranks together.
  void reset(Quantum quantum, std::int64_t n_chunks);
  /// Adds a part of a chunk's gradient, from parameter `offset` on, while it is in cache: the sum
  /// over the chunk's tasks of the gradients of their mean-per-point losses. All parts of a chunk,
  /// then finish_chunk.
  void add_gradient(std::size_t offset, std::span<float const> gradient_sum);
  /// Adds the sums over the chunk's tasks of losses and errors, and ends the chunk.
  void finish_chunk(double loss_sum, double error_sum);
  /// Adds this rank's votes, which ride in the same reduction.
  void vote(Votes const& votes);
  /// Collective. After it every rank has the sums over all ranks.
  void sum_over_ranks(Communicator const& comm);

  /// Sum of the gradients, n parameters; complete after sum_over_ranks, also for `fast`.
  std::span<double> gradient_sum() { return std::span(sums_).first(n_parameters_); }
  double loss_sum() const { return scalar(loss); }
  double error_sum() const { return scalar(error); }
  /// Chunks with a value that is not finite; the sums are then spoiled.
  std::int64_t n_non_finite() const { return whole_part(scalar(non_finite)); }
  /// Chunks too large for the quantum; the sums are then spoiled and the step must be repeated.
  std::int64_t n_out_of_range() const { return whole_part(scalar(out_of_range)); }
  /// What any rank has voted for.
  Votes votes() const { return {scalar(stop) > 0, scalar(checkpoint) > 0}; }
  /// 0 for `fast`, which has no quantum.
  int quantum_exponent() const;

 private:
  enum Scalar : std::size_t { loss, error, non_finite, out_of_range, stop, checkpoint, n_scalars };
  double scalar(Scalar which) const { return sums_[n_parameters_ + which]; }
  std::span<double> scalars() { return std::span(sums_).subspan(n_parameters_); }
  SummandState add_fast(std::size_t offset, std::span<float const> gradient_sum);

  ReductionKind kind_;
  std::size_t n_parameters_;
  Quantum quantum_{0};
  double limit_ = 0;
  SummandState chunk_state_ = SummandState::in_range;  // the gravest of the present chunk's parts
  std::vector<double> sums_;      // gradient, then the scalars: one all-reduce for all
  std::vector<float> fast_sums_;  // gradient, for `fast`
};

}  // namespace tvem
