#include "tvem/core/assignment.hpp"

#include <limits>

#include "tvem/core/error.hpp"

namespace tvem {

// Rows are added one at a time; each is matched along a shortest augmenting path in reduced costs
// cost - u(row) - v(column), found as in Dijkstra's algorithm. Index 0 is a sentinel, rows and
// columns count from 1.
std::vector<int> minimum_cost_assignment(std::span<double const> cost, int n) {
  auto const size = static_cast<std::size_t>(n);
  TVEM_CHECK(n >= 0 && cost.size() == size * size, "the cost matrix must be n x n");
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> u(size + 1, 0.0), v(size + 1, 0.0), distance(size + 1);
  std::vector<std::size_t> row_of(size + 1, 0), previous(size + 1, 0);
  std::vector<char> visited(size + 1);
  for (std::size_t row = 1; row <= size; ++row) {
    row_of[0] = row;
    distance.assign(size + 1, infinity);
    visited.assign(size + 1, 0);
    std::size_t column = 0;
    while (row_of[column] != 0) {
      visited[column] = 1;
      std::size_t const i = row_of[column];
      std::size_t next = 0;
      double step = infinity;
      for (std::size_t j = 1; j <= size; ++j) {
        if (visited[j]) continue;
        double const reduced = cost[(i - 1) * size + (j - 1)] - u[i] - v[j];
        if (reduced < distance[j]) {
          distance[j] = reduced;
          previous[j] = column;
        }
        if (distance[j] < step) {
          step = distance[j];
          next = j;
        }
      }
      TVEM_CHECK(next != 0, "the cost matrix must be finite");
      for (std::size_t j = 0; j <= size; ++j) {
        if (visited[j]) {
          u[row_of[j]] += step;
          v[j] -= step;
        } else {
          distance[j] -= step;
        }
      }
      column = next;
    }
    for (; column != 0; column = previous[column]) row_of[column] = row_of[previous[column]];
  }
  std::vector<int> column_of(size);
  for (std::size_t j = 1; j <= size; ++j) column_of[row_of[j] - 1] = static_cast<int>(j) - 1;
  return column_of;
}

}  // namespace tvem
