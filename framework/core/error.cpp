#include "tvem/core/error.hpp"

#include <cstring>

namespace tvem {
namespace {

std::string joined(std::vector<std::string> const& problems) {
  std::string text;
  for (auto const& problem : problems) text += (text.empty() ? "" : "\n") + problem;
  return text;
}

}  // namespace

ConfigurationError::ConfigurationError(std::vector<std::string> problems)
    : Error(joined(problems)), problems_(std::move(problems)) {}

void detail::check_failed(char const* condition, char const* file, int line,
                          std::string const& explanation) {
  char const* name = std::strrchr(file, '/');
  throw CheckFailed(std::string(name ? name + 1 : file) + ":" + std::to_string(line) + ": " +
                    explanation + " (violated: " + condition + ")");
}

}  // namespace tvem
