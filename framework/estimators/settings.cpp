#include "framework/estimators/settings.hpp"

#include <algorithm>
#include <iterator>

#include "framework/core/text.hpp"

namespace tvem {
namespace {

struct KnownWord {
  char const* word;
  bool KnownParameters::*member;
};

constexpr KnownWord known_words[] = {{"variance", &KnownParameters::variance},
                                     {"weights", &KnownParameters::weights},
                                     {"means_prior", &KnownParameters::means_prior}};

}  // namespace

bool read_known(std::string const& text, KnownParameters& known) {
  if (text == "all") return read_known("variance+weights+means_prior", known);
  KnownParameters read;
  for (std::string const& part : text == "none" ? std::vector<std::string>{} : split(text, '+')) {
    auto const found =
        std::find_if(std::begin(known_words), std::end(known_words),
                     [&](KnownWord const& candidate) { return part == candidate.word; });
    if (found == std::end(known_words) || read.*found->member) return false;
    read.*found->member = true;
  }
  known = read;
  return true;
}

std::string known_text(KnownParameters const& known) {
  std::vector<std::string> words;
  for (auto const& [word, member] : known_words)
    if (known.*member) words.emplace_back(word);
  return words.empty() ? "none" : joined(words, "+");
}

std::vector<Setting<InputSettings>> const& input_settings() {
  using T = InputSettings;
  static std::vector<Setting<T>> const table{
      word("init", &T::guess,
           "guess that goes into the Transformer beside the points, and into estimators with "
           "start=given: a label for each point"),
      number("corruption", &T::corruption, {0, 1},
             "share of labels that the guess `corrupted` replaces by others")
          .read_if([](T const& s) { return s.guess == GuessKind::corrupted; },
                   "input.init = corrupted"),
      flag("auxiliary", &T::auxiliary,
           "the guess's mean and share of a point's component go in beside its label"),
      word("frame", &T::frame,
           "coordinates in which a task goes in: centred about the mean of its points, or "
           "canonical, "
           "along the axes of their scatter besides")
          .with_first_default("none"),
      flag("standardize", &T::standardize,
           "every coordinate of a task goes in with mean 0 and variance 1, after the frame"),
  };
  return table;
}

}  // namespace tvem
