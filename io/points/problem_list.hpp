#pragma once

#include <string>
#include <vector>

#include "framework/core/error.hpp"

namespace tvem {

/// Problems of a file on their way to one message. The first ten are named, the others counted.
class ProblemList {
 public:
  /// subject: how each problem begins.
  explicit ProblemList(std::string subject) : subject_(std::move(subject)) {}

  void add(std::string const& problem) {
    if (++n_problems_ <= most) problems_.push_back(subject_ + problem);
  }
  /// Throws ConfigurationError when there are any.
  void stop() {
    if (n_problems_ > most)
      problems_.push_back(subject_ + ": and " + std::to_string(n_problems_ - most) +
                          " further problems");
    if (!problems_.empty()) throw ConfigurationError(std::move(problems_));
  }

 private:
  static constexpr std::size_t most = 10;
  std::string subject_;
  std::vector<std::string> problems_;
  std::size_t n_problems_ = 0;
};

}  // namespace tvem
