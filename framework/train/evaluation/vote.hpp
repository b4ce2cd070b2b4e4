#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>

#include "framework/comm/communicator.hpp"
#include "framework/core/enum_names.hpp"

namespace tvem {

/// What a rank wants, from the least to the most pressing. The ranks do the most pressing of all
/// wishes.
enum class Wish { go_on, end_block, stop };

/// The vote by which ranks agree on what to do between two parts of a long piece of work. They hold
/// it about once a period, however long a part takes. The slowest rank decides how many parts there
/// are until the next vote, so that all ranks hold it at the same place.
class Vote {
 public:
  using Milliseconds = std::chrono::milliseconds;
  /// wish: of this rank. The object keeps references to both.
  Vote(Communicator const& comm, std::function<Wish()> const& wish,
       Milliseconds period = Milliseconds(1000))
      : comm_(comm), wish_(wish), period_(period.count()) {}

  /// Collective. To be called before every part, equally often on all ranks.
  Wish result() {
    if (n_done_++ < next_vote_) return Wish::go_on;
    auto const now = Clock::now();
    auto const own_time = std::chrono::duration_cast<Milliseconds>(now - last_vote_).count();
    std::int64_t const time = comm_.max(own_time);
    if (2 * time < period_) interval_ *= 2;
    if (time > 2 * period_) interval_ = std::max<std::int64_t>(interval_ / 2, 1);
    next_vote_ = n_done_ - 1 + interval_;
    last_vote_ = now;
    return value_of<Wish>(comm_.max(number_of(wish_())));
  }

 private:
  using Clock = std::chrono::steady_clock;
  Communicator const& comm_;
  std::function<Wish()> const& wish_;
  std::int64_t period_;  // ms
  std::int64_t n_done_ = 0, next_vote_ = 0, interval_ = 1;
  Clock::time_point last_vote_ = Clock::now();
};

}  // namespace tvem
