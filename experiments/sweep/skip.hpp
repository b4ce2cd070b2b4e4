#pragma once

#include <string>
#include <vector>

#include "experiments/sweep/grid.hpp"

namespace tvem {

/// The text of `skip`, which leaves combinations out of a grid: comparisons KEY = VALUE (=, !=, <,
/// <=, >, >=) joined by `and`, and these joined by `or`.
class SkipCondition {
 public:
  SkipCondition() = default;  // leaves out nothing
  /// Adds a sentence to `problems` for a comparison that can never hold or has no meaning.
  SkipCondition(std::string const& text, std::vector<SweepAxis> const& axes,
                std::vector<std::string>& problems);

  /// position: on each axis.
  bool holds(std::vector<SweepAxis> const& axes, std::vector<std::size_t> const& position) const;

 private:
  struct Comparison {
    std::size_t axis = 0, key = 0;
    std::string operation, value;
    bool holds(std::string const& found) const;
  };
  static Comparison parse(std::string const& text, std::vector<SweepAxis> const& axes);
  static void check(Comparison const& comparison, SweepAxis const& axis, std::string const& text);

  std::vector<std::vector<Comparison>> alternatives_;  // of comparisons that hold together
};

}  // namespace tvem
