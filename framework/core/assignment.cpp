#include "framework/core/assignment.hpp"

#include <limits>

#include "framework/core/error.hpp"

namespace tvem {

// Rows are added one at a time; each is matched along a shortest augmenting path in reduced costs
// cost - u(row) - v(column), found as in Dijkstra's algorithm. Index 0 is a sentinel, rows and
// columns count from 1.
std::span<int const> AssignmentSolver::solve(std::span<double const> cost, int n) {
  auto const size = static_cast<std::size_t>(n);
  TVEM_CHECK(n >= 0 && cost.size() == size * size, "the cost matrix must be n x n");
  constexpr double infinity = std::numeric_limits<double>::infinity();
  u_.assign(size + 1, 0.0);
  v_.assign(size + 1, 0.0);
  row_of_.assign(size + 1, 0);
  previous_.assign(size + 1, 0);
  for (std::size_t row = 1; row <= size; ++row) {
    row_of_[0] = row;
    distance_.assign(size + 1, infinity);
    visited_.assign(size + 1, 0);
    std::size_t column = 0;
    while (row_of_[column] != 0) {
      visited_[column] = 1;
      std::size_t const i = row_of_[column];
      std::size_t next = 0;
      double step = infinity;
      for (std::size_t j = 1; j <= size; ++j) {
        if (visited_[j]) continue;
        double const reduced = cost[(i - 1) * size + (j - 1)] - u_[i] - v_[j];
        if (reduced < distance_[j]) {
          distance_[j] = reduced;
          previous_[j] = column;
        }
        if (distance_[j] < step) {
          step = distance_[j];
          next = j;
        }
      }
      TVEM_CHECK(next != 0, "the cost matrix must be finite");
      for (std::size_t j = 0; j <= size; ++j) {
        if (visited_[j]) {
          u_[row_of_[j]] += step;
          v_[j] -= step;
        } else {
          distance_[j] -= step;
        }
      }
      column = next;
    }
    for (; column != 0; column = previous_[column]) row_of_[column] = row_of_[previous_[column]];
  }
  column_of_.resize(size);
  for (std::size_t j = 1; j <= size; ++j) column_of_[row_of_[j] - 1] = static_cast<int>(j) - 1;
  return column_of_;
}

std::vector<int> minimum_cost_assignment(std::span<double const> cost, int n) {
  AssignmentSolver solver;
  auto const column_of = solver.solve(cost, n);
  return {column_of.begin(), column_of.end()};
}

}  // namespace tvem
