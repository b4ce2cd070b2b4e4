#pragma once

#include <string>
#include <vector>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {

/// Collects the problems of a file for one message. It names the first ten and counts the others.
class ProblemList {
 public:
  explicit ProblemList(std::string subject) : subject_(std::move(subject)) {}

  void add(std::string const& problem) {
    if (++n_problems_ <= most) problems_.push_back(subject_ + problem);
  }
  void stop() {
    if (n_problems_ > most)
      problems_.push_back(fmt::format("{}: and {} further problems", subject_, n_problems_ - most));
    if (!problems_.empty()) throw ConfigurationError(std::move(problems_));
  }

 private:
  static constexpr std::size_t most = 10;
  std::string subject_;
  std::vector<std::string> problems_;
  std::size_t n_problems_ = 0;
};

}  // namespace tvem
