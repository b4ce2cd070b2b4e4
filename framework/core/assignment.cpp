#include "framework/core/assignment.hpp"

#include <limits>

#include "framework/core/error.hpp"

namespace tvem {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

// Rows are added one at a time; each is matched along a shortest augmenting path in reduced costs
// cost - u(row) - v(column), found as in Dijkstra's algorithm. Index 0 is a sentinel, rows and
// columns count from 1.
std::span<int const> AssignmentSolver::solve(std::span<double const> cost, int n) {
  n_ = n;
  TVEM_CHECK(n >= 0 && std::ssize(cost) == n_ * n_, "the cost matrix must be n x n");
  u_.assign(n + 1, 0.0);
  v_.assign(n + 1, 0.0);
  row_of_.assign(n + 1, 0);
  previous_.assign(n + 1, 0);
  for (int row = 1; row <= n; ++row) match(cost, row);
  column_of_.resize(n);
  for (int j = 1; j <= n; ++j) column_of_[row_of_[j] - 1] = j - 1;
  return column_of_;
}

/// Adds a row: finds the path to a free column and moves the rows on it by one column.
void AssignmentSolver::match(std::span<double const> cost, int row) {
  row_of_[0] = row;
  distance_.assign(n_ + 1, infinity);
  visited_.assign(n_ + 1, 0);
  int column = 0;
  while (row_of_[column] != 0) {
    int const next = nearest_column(cost, column);
    TVEM_CHECK(next != 0, "the cost matrix must be finite");
    change_potentials(distance_[next]);
    column = next;
  }
  for (; column != 0; column = previous_[column]) row_of_[column] = row_of_[previous_[column]];
}

/// Visits the column `from` and returns the nearest one that is not visited; 0 for none.
int AssignmentSolver::nearest_column(std::span<double const> cost, int from) {
  visited_[from] = 1;
  int const i = row_of_[from];
  double const* const row_cost = cost.data() + (i - 1) * n_;
  int nearest = 0;
  double smallest = infinity;
  for (int j = 1; j <= n_; ++j) {
    if (visited_[j]) continue;
    double const reduced = row_cost[j - 1] - u_[i] - v_[j];
    if (reduced < distance_[j]) {
      distance_[j] = reduced;
      previous_[j] = from;
    }
    if (distance_[j] < smallest) {
      smallest = distance_[j];
      nearest = j;
    }
  }
  return nearest;
}

void AssignmentSolver::change_potentials(double step) {
  for (int j = 0; j <= n_; ++j) {
    if (visited_[j]) {
      u_[row_of_[j]] += step;
      v_[j] -= step;
    } else {
      distance_[j] -= step;
    }
  }
}

std::vector<int> minimum_cost_assignment(std::span<double const> cost, int n) {
  AssignmentSolver solver;
  auto const column_of = solver.solve(cost, n);
  return {column_of.begin(), column_of.end()};
}

}  // namespace tvem
