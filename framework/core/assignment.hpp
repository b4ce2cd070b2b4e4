#pragma once

#include <span>
#include <vector>

namespace tvem {

/// Minimum-cost assignment of n rows to n columns (Hungarian algorithm with potentials, O(n^3)).
/// cost: n x n, row-major, finite. Returns the column of each row. Ties are broken by position, so
/// the result is a function of the bits of `cost`.
std::vector<int> minimum_cost_assignment(std::span<double const> cost, int n);

}  // namespace tvem
