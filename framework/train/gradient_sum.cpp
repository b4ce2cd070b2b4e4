#include "framework/train/gradient_sum.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tvem {

GradientSum::GradientSum(ReductionKind kind, std::size_t n_parameters)
    : kind_(kind), n_parameters_(n_parameters), sums_(n_parameters + n_scalars) {
  if (kind == ReductionKind::fast) fast_sums_.resize(n_parameters);
}

void GradientSum::reset(Quantum quantum, std::int64_t n_chunks) {
  quantum_ = quantum;
  limit_ = quantum.range(n_chunks);
  std::fill(sums_.begin(), sums_.end(), 0.0);
  std::fill(fast_sums_.begin(), fast_sums_.end(), 0.0f);
}

void GradientSum::add_gradient(std::size_t offset, std::span<float const> gradient_sum) {
  auto const state = kind_ == ReductionKind::fast
                         ? add_fast(offset, gradient_sum)
                         : add_rounded(this->gradient_sum().subspan(offset, gradient_sum.size()),
                                       gradient_sum, quantum_, limit_);
  chunk_state_ = std::max(chunk_state_, state);
}

SummandState GradientSum::add_fast(std::size_t offset, std::span<float const> gradient_sum) {
  // The compiler compares integers a vector at a time. Values that are not finite have all bits of
  // the exponent set.
  std::uint32_t largest = 0;
  for (std::size_t i = 0; i < gradient_sum.size(); ++i) {
    largest = std::max(largest, std::bit_cast<std::uint32_t>(gradient_sum[i]) & 0x7fffffffu);
    fast_sums_[offset + i] += gradient_sum[i];
  }
  return largest < 0x7f800000u ? SummandState::in_range : SummandState::non_finite;
}

void GradientSum::finish_chunk(double loss_sum, double error_sum) {
  if (!std::isfinite(loss_sum)) chunk_state_ = SummandState::non_finite;
  if (kind_ == ReductionKind::reproducible) {
    if (std::fabs(loss_sum) > limit_)
      chunk_state_ = std::max(chunk_state_, SummandState::out_of_range);
    loss_sum = quantum_.round(loss_sum);
    error_sum = quantum_.round(error_sum);
  }
  scalars()[loss] += loss_sum;
  scalars()[error] += error_sum;
  if (chunk_state_ == SummandState::non_finite) scalars()[non_finite] += 1;
  if (chunk_state_ == SummandState::out_of_range) scalars()[out_of_range] += 1;
  chunk_state_ = SummandState::in_range;
}

void GradientSum::vote(Votes const& votes) {
  scalars()[stop] += votes.stop ? 1 : 0;
  scalars()[checkpoint] += votes.checkpoint ? 1 : 0;
}

void GradientSum::sum_over_ranks(Communicator const& comm) {
  if (kind_ == ReductionKind::reproducible) return comm.sum(std::span(sums_));
  comm.sum(std::span(fast_sums_));
  comm.sum(scalars());
  std::copy(fast_sums_.begin(), fast_sums_.end(), sums_.begin());
}

int GradientSum::quantum_exponent() const {
  return kind_ == ReductionKind::reproducible ? quantum_.exponent() : 0;
}

}  // namespace tvem
