#pragma once

#include <map>
#include <string>
#include <vector>

#include "io/sweep_file.hpp"

namespace tvem {

/// The names of an array of a collected sweep.
struct ArrayLabel {
  std::string name, long_name;
  std::string units = "1";
};

/// Builds the arrays of a table over its axes and further dimensions; cells without a value are
/// NaN.
class GridArrays {
 public:
  /// table: has its axes, and must outlive this.
  explicit GridArrays(SweepTable& table);

  std::size_t n_cells() const { return n_cells_; }
  std::size_t size(std::string const& dimension) const { return table_.size(dimension); }
  /// Sets a value of a cell: an array over the axes.
  void set(ArrayLabel const& label, std::size_t cell, double value) {
    set(label, cell, {}, 0, value);
  }
  /// The same at a position of further dimensions.
  void set(ArrayLabel const& label, std::size_t cell, std::vector<std::string> const& further,
           std::size_t position, double value);
  void set_text(ArrayLabel const& label, std::size_t cell, std::string const& value);

 private:
  SweepTable& table_;
  std::size_t n_cells_ = 1;
  std::map<std::string, std::size_t> places_, text_places_;
};

}  // namespace tvem
