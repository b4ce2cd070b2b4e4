#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "framework/core/random.hpp"

namespace tvem::test {

/// Derivative of f() along `direction` at `values`, which f reads: central differences over five
/// points, truncation error O(step^4). `values` is left as it was.
template <class F>
double directional_derivative(F const& f, std::span<double> values,
                              std::span<double const> direction, double step) {
  std::vector<double> const origin(values.begin(), values.end());
  auto const at = [&](double t) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = origin[i] + t * direction[i];
    return f();
  };
  double const near = at(step) - at(-step), far = at(2 * step) - at(-2 * step);
  std::copy(origin.begin(), origin.end(), values.begin());
  return (8 * near - far) / (12 * step);
}

inline double dot(std::span<double const> a, std::span<double const> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

inline std::vector<double> unit_vector(std::vector<double> v) {
  double const norm = std::sqrt(dot(v, v));
  for (double& x : v) x /= norm;
  return v;
}

/// Unit directions that reveal a wrong gradient: its own, and two at random.
inline std::vector<std::vector<double>> probe_directions(std::span<double const> gradient) {
  std::vector<std::vector<double>> directions{
      unit_vector(std::vector<double>(gradient.begin(), gradient.end()))};
  for (std::uint64_t id = 0; id < 2; ++id) {
    RandomStream random(11, Purpose::probe, id);
    std::vector<double> direction(gradient.size());
    for (double& d : direction) d = random.normal();
    directions.push_back(unit_vector(direction));
  }
  return directions;
}

/// Largest relative disagreement between `gradient` and finite differences of f with respect to
/// `values`: along whole directions, relative to the derivative (or what it is typically), and in
/// up to 24 single entries, relative to the largest. Use it tensor by tensor.
template <class F>
double gradient_error(F const& f, std::span<double> values, std::span<double const> gradient,
                      double step) {
  std::size_t const n = gradient.size();
  double const norm = std::sqrt(dot(gradient, gradient));
  double const typical = norm / std::sqrt(static_cast<double>(n));
  double largest = 0, worst = 0;
  for (double const g : gradient) largest = std::max(largest, std::abs(g));
  // A tensor without influence is not a test; NaN must not slip through std::max.
  if (!(norm > 1e-8)) return std::numeric_limits<double>::infinity();
  auto const note = [&](double error) { worst = error <= worst ? worst : error; };

  for (auto const& direction : probe_directions(gradient)) {
    double const expected = dot(gradient, direction);
    double const found = directional_derivative(f, values, direction, step);
    note(std::abs(found - expected) / std::max(std::abs(expected), typical));
  }
  std::size_t const stride = (n + 23) / 24;
  for (std::size_t i = 0; i < n; i += stride) {
    std::vector<double> entry(n, 0.0);
    entry[i] = 1;
    note(std::abs(directional_derivative(f, values, entry, step) - gradient[i]) / largest);
  }
  return worst;
}

}  // namespace tvem::test
