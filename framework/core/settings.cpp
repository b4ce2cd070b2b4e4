#include "framework/core/settings.hpp"

#include <algorithm>

#include "framework/core/text.hpp"

namespace tvem {

int resolved_chunk(Settings const& settings) {
  if (settings.parallel.chunk > 0)
    return std::min(settings.parallel.chunk, settings.train.tasks_per_step);
  constexpr int most_points = 512, least_chunks = 16;
  int chunk = 1;
  while (2 * chunk * settings.task.points.high <= most_points &&
         2 * chunk * least_chunks <= settings.train.tasks_per_step)
    chunk *= 2;
  return chunk;
}

bool read_known(std::string const& text, KnownParameters& known) {
  KnownParameters read;
  if (text != "none")
    for (std::string const& word : split(text, '+')) {
      bool* const member = word == "variance"      ? &read.variance
                           : word == "weights"     ? &read.weights
                           : word == "means_prior" ? &read.means_prior
                                                   : nullptr;
      if (member == nullptr || *member) return false;
      *member = true;
    }
  known = read;
  return true;
}

std::string known_text(KnownParameters const& known) {
  std::string text;
  auto const append = [&](bool is_known, char const* word) {
    if (is_known) text += (text.empty() ? "" : "+") + std::string(word);
  };
  append(known.variance, "variance");
  append(known.weights, "weights");
  append(known.means_prior, "means_prior");
  return text.empty() ? "none" : text;
}

}  // namespace tvem
