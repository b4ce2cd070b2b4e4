#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "framework/tasks/mixture.hpp"
#include "io/hdf5/hdf5.hpp"
#include "io/tasks/array_checks.hpp"

namespace tvem {

/// Some places of an array along its first dimension; none where the group has no such array.
template <class T>
std::vector<T> rows_of(Hdf5Group const& group, std::string const& name, std::int64_t first,
                       std::int64_t n) {
  return group.has(name) ? group.read_rows<T>(name, first, n) : std::vector<T>{};
}

/// The mixtures of tasks in a group: weight, mean, and variance or covariance (or tvem's own
/// factor), with degrees for Student's t, and tvem's own noise. Some tasks are read at a time.
class StoredMixtures {
 public:
  /// The group has none without a weight and a mean.
  static bool are_in(Hdf5Group const& group) { return group.has("weight") || group.has("mean"); }

  /// Adds a problem for each array that is not of n tasks and d coordinates.
  static void check_shapes(Hdf5Group const& group, std::size_t n, std::size_t d,
                           ArrayChecks& checks, ProblemList& problems);

  /// Of a group with arrays of the right shapes; it must outlive this.
  explicit StoredMixtures(Hdf5Group const& group);

  /// The most components that there is room for.
  int most_components() const { return n_rows_; }
  void read(std::int64_t first, std::int64_t n);
  /// The mixture of a task among those that were read.
  Mixture mixture(std::int64_t place, int k, int d) const;

  /// What is wrong with a mixture; empty when nothing is.
  static std::string problem_of(Mixture const& mixture);

 private:
  void set_noise(std::int64_t place, Mixture& mixture) const;
  void set_spread(std::int64_t place, Mixture& mixture) const;
  RowMatrix matrix(std::int64_t place, int j, int d) const;

  Hdf5Group const& group_;
  std::string matrix_name_;
  int n_rows_ = 0, n_columns_ = 0;
  std::vector<double> weights_, means_, variances_, matrices_, degrees_;
  std::vector<int> noises_;  // positions among the words of NoiseKind
};

}  // namespace tvem
