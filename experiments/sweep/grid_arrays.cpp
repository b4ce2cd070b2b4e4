#include "experiments/sweep/grid_arrays.hpp"

#include <limits>

namespace tvem {

GridArrays::GridArrays(SweepTable& table) : table_(table) {
  for (std::string const& axis : table.axes) n_cells_ *= table.size(axis);
}

void GridArrays::set(ArrayLabel const& label, std::size_t cell,
                     std::vector<std::string> const& further, std::size_t position, double value) {
  auto const [entry, is_new] = places_.emplace(label.name, table_.arrays.size());
  if (is_new) {
    NamedArray array{label.name, table_.axes, {}, label.long_name, label.units};
    std::size_t size = n_cells_;
    for (std::string const& dimension : further) {
      array.dimensions.push_back(dimension);
      size *= table_.size(dimension);
    }
    array.values.assign(size, std::numeric_limits<double>::quiet_NaN());
    table_.arrays.push_back(std::move(array));
  }
  auto& values = table_.arrays[entry->second].values;
  values[cell * (values.size() / n_cells_) + position] = value;
}

void GridArrays::set_text(ArrayLabel const& label, std::size_t cell, std::string const& value) {
  auto const [entry, is_new] = text_places_.emplace(label.name, table_.texts.size());
  if (is_new)
    table_.texts.push_back(
        {label.name, table_.axes, std::vector<std::string>(n_cells_), label.long_name});
  table_.texts[entry->second].values[cell] = value;
}

}  // namespace tvem
