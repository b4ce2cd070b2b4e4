#pragma once

#include <istream>
#include <sstream>
#include <string>
#include <vector>

namespace tvem::test {

/// The numbers of the next line of a golden file.
inline std::vector<double> read_values(std::istream& file) {
  std::string line;
  std::getline(file, line);
  std::istringstream words(line);
  std::vector<double> values;
  for (double value; words >> value;) values.push_back(value);
  return values;
}

}  // namespace tvem::test
