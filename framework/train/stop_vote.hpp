#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>

#include "tvem/comm/communicator.hpp"

namespace tvem {

/// The vote by which ranks leave a long piece of work together, between two parts of it. It is held
/// about once a second, whatever a part takes: the ranks agree on the number of parts until the
/// next one by the slowest of them, so that all hold it at the same place.
class StopVote {
 public:
  /// wants_stop: of this rank; none on any rank when there is nobody to ask. Both must outlive
  /// this.
  StopVote(Communicator const& comm, std::function<bool()> const& wants_stop)
      : comm_(comm), wants_stop_(wants_stop) {}

  /// Collective. To be called before every part, equally often on all ranks. Whether one of the
  /// ranks wants to stop, as of this vote.
  bool is_passed() {
    if (!wants_stop_ || n_done_++ < next_vote_) return false;
    auto const now = Clock::now();
    auto const own_time = std::chrono::duration_cast<Milliseconds>(now - last_vote_).count();
    std::int64_t const time = comm_.max(own_time);
    if (time < 500) interval_ *= 2;
    if (time > 2000) interval_ = std::max<std::int64_t>(interval_ / 2, 1);
    next_vote_ = n_done_ - 1 + interval_;
    last_vote_ = now;
    return comm_.max(wants_stop_() ? 1 : 0) == 1;
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Milliseconds = std::chrono::milliseconds;
  Communicator const& comm_;
  std::function<bool()> const& wants_stop_;
  std::int64_t n_done_ = 0, next_vote_ = 0, interval_ = 1;
  Clock::time_point last_vote_ = Clock::now();
};

}  // namespace tvem
