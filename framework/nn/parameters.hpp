#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tvem {

/// A named matrix (or a vector: one row) within the flat parameter vector, row-major.
struct ParameterView {
  std::string name;
  int rows = 1;
  int cols = 1;
  std::size_t offset = 0;
  std::size_t size() const { return std::size_t{1} * rows * cols; }
  friend bool operator==(ParameterView const&, ParameterView const&) = default;
};

/// A weight matrix between two layers of features, within the flat parameter vector: element (i, j)
/// at offset + i * stride + j.
struct HiddenMatrix {
  int rows = 1;
  int cols = 1;
  std::size_t offset = 0;
  std::size_t stride = 1;
  std::size_t size() const { return std::size_t{1} * rows * cols; }
};

/// A part of the flat parameter vector.
struct ParameterRange {
  std::size_t offset = 0;
  std::size_t size = 0;
  std::size_t end() const { return offset + size; }
};

/// Names, shapes and places of all parameters of a model. Parameters, gradients and optimiser
/// moments are flat vectors of size() values that share one layout, without gaps.
class ParameterLayout {
 public:
  /// Appends a matrix and returns its offset. Names are unique. n_hidden: of how many hidden
  /// matrices, side by side, it consists.
  std::size_t add(std::string const& name, int rows, int cols, int n_hidden = 0);
  std::vector<ParameterView> const& views() const { return views_; }
  /// In the order of their places.
  std::vector<HiddenMatrix> const& hidden() const { return hidden_; }
  /// The view of this name; throws CheckFailed when there is none.
  ParameterView const& find(std::string const& name) const;
  /// Values in all matrices together.
  std::size_t size() const { return size_; }

 private:
  std::vector<ParameterView> views_;
  std::vector<HiddenMatrix> hidden_;
  std::size_t size_ = 0;
};

}  // namespace tvem
