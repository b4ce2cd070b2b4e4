#pragma once

#include <string>
#include <vector>

#include "framework/core/error.hpp"

namespace tvem {

/// Problems, warnings or notes, a sentence each.
using Sentences = std::vector<std::string>;

inline void append(Sentences& sentences, Sentences const& others) {
  sentences.insert(sentences.end(), others.begin(), others.end());
}

inline void append_if_any(Sentences& sentences, std::string const& sentence) {
  if (!sentence.empty()) sentences.push_back(sentence);
}

inline void refuse_if_any(Sentences const& problems) {
  if (!problems.empty()) throw ConfigurationError(problems);
}

}  // namespace tvem
