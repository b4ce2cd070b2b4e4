#pragma once

#include <string>

#include "io/hdf5/hdf5.hpp"
#include "io/points/problem_list.hpp"

namespace tvem {

/// Checks the arrays of a group that another program may have written.
class ArrayChecks {
 public:
  ArrayChecks(Hdf5Group const& group, ProblemList& problems) : group_(group), problems_(problems) {}

  /// Whether the array is there, is of numbers (of integers for Hdf5Kind::integer) and has this
  /// shape, in which 0 stands for any number above 0. Adds a problem where it is not so, and where
  /// it is missing and needed.
  bool has_array(std::string const& name, Hdf5Kind kind, Hdf5Group::Shape const& wanted,
                 bool is_needed);

 private:
  bool is_of_kind(std::string const& name, Hdf5Kind kind);
  bool has_shape(std::string const& name, Hdf5Group::Shape const& wanted);

  Hdf5Group const& group_;
  ProblemList& problems_;
};

}  // namespace tvem
