#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace tvem {

/// Minimum-cost assignment of n rows to n columns (Hungarian algorithm with potentials, O(n^3)).
/// Keeps its buffers, so that solving problems of one size allocates once.
class AssignmentSolver {
 public:
  /// cost: n x n, row-major, finite. Returns the column of each row, valid until the next call.
  /// Ties are broken by position, so the result is a function of the bits of `cost`.
  std::span<int const> solve(std::span<double const> cost, int n);

 private:
  void match(std::span<double const> cost, int row);
  int nearest_column(std::span<double const> cost, int from);
  void change_potentials(double step);

  std::ptrdiff_t n_ = 0;
  std::vector<double> u_, v_, distance_;
  std::vector<int> row_of_, previous_;
  std::vector<char> visited_;
  std::vector<int> column_of_;
};

/// As above, once.
std::vector<int> minimum_cost_assignment(std::span<double const> cost, int n);

}  // namespace tvem
