#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace tvem {

/// What a stream of random numbers is for. Streams of different purposes never share a number.
/// The values are part of every result: never renumber, only append.
enum class Purpose : std::uint64_t {
  training_tasks = 1,
  evaluation_tasks = 2,
  parameters = 3,
  starts = 4,
  chance = 5,
  probe = 6,
  held_out_points = 7,
  pool_tasks = 8,
  pool_choice = 9,
  initial_guess = 10,
  bootstrap = 11,
  family = 12,
  posterior = 13,
  orientation = 14,
  validation_tasks = 15,
  control_tasks = 16,
  label_noise = 17,
  probe_tasks = 18,
};

/// Random numbers keyed by identity: a stream is a pure function of (seed, purpose, id, index),
/// hence the same on every rank, at every rank count and after every restart. Counter-based
/// Philox4x64-10 (Salmon et al. 2011, Random123): key = (seed, purpose), counter = (block, id,
/// index, 0).
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t id, std::uint64_t index = 0);

  /// 64 uniform bits.
  std::uint64_t bits();
  /// Uniform in the open interval (0, 1), a multiple of 2^-53.
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform integer in [low, high], without bias; of the wider type of the two.
  template <std::signed_integral Low, std::signed_integral High>
  std::common_type_t<Low, High> integer(Low low, High high) {
    return static_cast<std::common_type_t<Low, High>>(wide_integer(low, high));
  }
  /// Standard normal by inversion, see normal_quantile.
  double normal();
  /// Gamma with the given shape > 0 and scale 1, as its logarithm (small shapes underflow
  /// otherwise). Marsaglia and Tsang 2000.
  double log_gamma_variate(double shape);

 private:
  std::int64_t wide_integer(std::int64_t low, std::int64_t high);

  std::array<std::uint64_t, 2> key_;
  std::array<std::uint64_t, 4> counter_;
  std::array<std::uint64_t, 4> block_{};
  int n_left_ = 0;
};

/// Inverse of the standard normal distribution function for p in (0, 1); relative error about 1e-16
/// (Wichura 1988, algorithm AS 241, PPND16).
double normal_quantile(double p);

}  // namespace tvem
