#include "framework/nn/parameters.hpp"

#include <algorithm>

#include "framework/core/error.hpp"

namespace tvem {

std::size_t ParameterLayout::add(std::string const& name, int rows, int cols, int n_hidden) {
  TVEM_CHECK(rows > 0 && cols > 0, "parameter " + name + " has no values");
  for (auto const& view : views_) TVEM_CHECK(view.name != name, "parameter " + name + " twice");
  views_.push_back({name, rows, cols, size_});
  std::size_t const offset = size_, stride = cols;
  for (int part = 0; part < n_hidden; ++part)
    hidden_.push_back({rows, cols / n_hidden, offset + stride / n_hidden * part, stride});
  size_ += views_.back().size();
  return offset;
}

ParameterView const& ParameterLayout::find(std::string const& name) const {
  auto const found = std::find_if(views_.begin(), views_.end(),
                                  [&](auto const& view) { return view.name == name; });
  TVEM_CHECK(found != views_.end(), "no parameter " + name);
  return *found;
}

}  // namespace tvem
