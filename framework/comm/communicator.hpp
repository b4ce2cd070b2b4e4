#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tvem {

/// A group of processes, as a value: copies share the group. One process needs no MPI at all
/// (`Communicator::serial()`); every function behaves the same there.
///
/// Every member but rank() and size() is collective: all ranks of the group must call it, in the
/// same order, with equal lengths where not said otherwise.
class Communicator {
 public:
  class Group;
  static Communicator serial();
  explicit Communicator(std::shared_ptr<Group const> group) : group_(std::move(group)) {}

  int rank() const;
  int size() const;
  bool is_root() const { return rank() == 0; }

  /// Collective. Sums in place over ranks. Only sums may be given to it, never means. The order of
  /// adding is MPI's: equal bits at all rank counts need summands whose sums are exact
  /// (exact_sum.hpp).
  void sum(std::span<double> values) const;
  /// Collective. As above in single precision, for the reduction `fast`.
  void sum(std::span<float> values) const;
  /// Collective. The smallest value over ranks.
  std::int64_t min(std::int64_t value) const;
  /// Collective. The largest value over ranks.
  std::int64_t max(std::int64_t value) const;
  /// Collective. The text of one rank, the same that all ranks name, on every rank.
  std::string broadcast(std::string text, int root = 0) const;
  /// Collective. The values of all ranks one after another in rank order, on rank 0; empty
  /// elsewhere. Lengths may differ.
  std::vector<double> gather(std::span<double const> values) const;
  /// Collective. Returns when all ranks have called it.
  void barrier() const;
  /// Collective. The ranks that give the same part, in their order, as a group of their own. It
  /// must be gone before the session ends.
  Communicator split(int part) const;

 private:
  std::shared_ptr<Group const> group_;
};

}  // namespace tvem
