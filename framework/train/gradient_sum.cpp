#include "tvem/train/gradient_sum.hpp"

#include <algorithm>
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

void GradientSum::add(ChunkSums const& chunk) {
  auto state = SummandState::non_finite;
  if (std::isfinite(chunk.loss_sum))
    state = kind_ == ReductionKind::reproducible ? add_reproducible(chunk) : add_fast(chunk);
  if (state == SummandState::non_finite) scalars()[non_finite] += 1;
  if (state == SummandState::out_of_range) scalars()[out_of_range] += 1;
}

SummandState GradientSum::add_reproducible(ChunkSums const& chunk) {
  if (std::fabs(chunk.loss_sum) > limit_) return SummandState::out_of_range;
  auto const state = add_rounded(gradient_sum(), chunk.gradient_sum, quantum_, limit_);
  if (state != SummandState::in_range) return state;
  scalars()[loss] += quantum_.round(chunk.loss_sum);
  scalars()[error] += quantum_.round(chunk.error_sum);
  return state;
}

SummandState GradientSum::add_fast(ChunkSums const& chunk) {
  for (float const g : chunk.gradient_sum)
    if (!std::isfinite(g)) return SummandState::non_finite;
  for (std::size_t i = 0; i < n_parameters_; ++i) fast_sums_[i] += chunk.gradient_sum[i];
  scalars()[loss] += chunk.loss_sum;
  scalars()[error] += chunk.error_sum;
  return SummandState::in_range;
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
