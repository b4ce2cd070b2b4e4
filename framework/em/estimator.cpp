#include "tvem/em/estimator.hpp"

#include <functional>
#include <limits>
#include <set>

#include "tvem/core/error.hpp"
#include "tvem/core/random.hpp"
#include "tvem/core/text.hpp"
#include "tvem/em/em.hpp"
#include "tvem/em/lloyd.hpp"
#include "tvem/em/maximization.hpp"

namespace tvem {
namespace {

/// An option of a specification: sets it and returns true, or returns false for a value it does not
/// take.
struct Option {
  std::string name;
  std::string accepted;
  bool is_for_lloyd;
  std::function<bool(std::string const& value, EmSettings& settings)> set;
};

template <class T>
bool parse_number(std::string const& text, T low, T high, T& value) {
  T parsed{};
  if (!read_number(text, parsed) || parsed < low || parsed > high) return false;
  value = parsed;
  return true;
}

template <class E>
bool parse_word(std::string const& text, E& value) {
  auto const named = value_named<E>(text);
  if (named) value = *named;
  return named.has_value();
}

std::vector<Option> const& options() {
  static std::vector<Option> const list{
      {"restarts", "an integer 1..100000", true,
       [](auto const& text, EmSettings& s) { return parse_number(text, 1, 100000, s.restarts); }},
      {"start", "random or kmeans++", true,
       [](auto const& text, EmSettings& s) { return parse_word(text, s.start); }},
      {"max_iterations", "an integer 1..1000000", true,
       [](auto const& text, EmSettings& s) {
         return parse_number(text, 1, 1000000, s.max_iterations);
       }},
      {"tolerance", "a number >= 0", false,
       [](auto const& text, EmSettings& s) { return parse_number(text, 0.0, 1e300, s.tolerance); }},
      {"covariance", "shared, spherical, tied, diagonal or full", false,
       [](auto const& text, EmSettings& s) { return parse_word(text, s.covariance); }},
      {"variance_floor", "a number in 0..1", false,
       [](auto const& text, EmSettings& s) {
         return parse_number(text, 0.0, 1.0, s.variance_floor);
       }},
      {"precision", "double or float", true,
       [](auto const& text, EmSettings& s) { return parse_word(text, s.precision); }},
  };
  return list;
}

bool has_option(Method method, Option const& option) {
  return method == Method::em || (method == Method::lloyd && option.is_for_lloyd);
}

std::string options_of(Method method) {
  std::string names;
  for (Option const& option : options())
    if (has_option(method, option)) names += (names.empty() ? "" : ", ") + option.name;
  return names.empty() ? std::string(name_of(method)) + " takes no options"
                       : "the options of " + std::string(name_of(method)) + " are " + names;
}

/// Applies "name=value"; returns the problem, empty when there is none.
std::string apply_option(std::string const& part, EstimatorSpec& spec,
                         std::set<std::string>& given) {
  std::size_t const equals = part.find('=');
  std::string const name = part.substr(0, equals);
  for (Option const& option : options()) {
    if (option.name != name || !has_option(spec.method, option)) continue;
    if (!given.insert(name).second) return "\"" + name + "\" is given twice";
    std::string const value = equals == std::string::npos ? "" : part.substr(equals + 1);
    if (option.set(value, spec.em)) return {};
    return "\"" + part + "\": " + name + " is " + option.accepted;
  }
  return "\"" + part + "\" is unknown; " + options_of(spec.method);
}

Fit bayes(Task const& task) {
  Fit fit;
  fit.mixture = task.mixture;
  fit.labels = map_labels(task.mixture, task.points);
  fit.log_likelihood = fit.objective = mean_log_likelihood(task.mixture, task.points);
  return fit;
}

Fit chance(Task const& task, std::uint64_t seed) {
  RandomStream random(seed, Purpose::chance, task.id);
  Fit fit;
  for (int i = 0; i < task.n_points(); ++i)
    fit.labels.push_back(static_cast<int>(random.integer(0, task.components() - 1)));
  fit.log_likelihood = std::numeric_limits<double>::quiet_NaN();
  return fit;
}

}  // namespace

EstimatorSpec parse_estimator(std::string const& text, EmSettings const& defaults) {
  std::vector<std::string> const parts = split(text, ':');
  EstimatorSpec spec{.text = text, .method = Method::em, .em = defaults};
  std::string const subject = "eval.estimators: \"" + text + "\": ";
  if (!parse_word(parts[0], spec.method))
    throw ConfigurationError(subject + "unknown estimator \"" + parts[0] +
                             "\"; the estimators are transformer, em, lloyd, bayes, chance, with "
                             "options such as em:restarts=10");
  std::vector<std::string> problems;
  std::set<std::string> given;
  for (std::size_t p = 1; p < parts.size(); ++p) {
    std::string const problem = apply_option(parts[p], spec, given);
    if (!problem.empty()) problems.push_back(subject + problem);
  }
  if (spec.method == Method::em && has_matrices(spec.em.covariance) &&
      spec.em.precision == PrecisionKind::single_precision)
    problems.push_back(subject + "covariance=" + std::string(name_of(spec.em.covariance)) +
                       " has precision=double alone; float is for shared and spherical");
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return spec;
}

int restarts_of(EstimatorSpec const& spec) {
  return spec.method == Method::em || spec.method == Method::lloyd ? spec.em.restarts : 1;
}

Fit run_baseline(EstimatorSpec const& spec, Task const& task, InstructionSet instruction_set,
                 Restarts const& restarts) {
  switch (spec.method) {
    case Method::em:
      return em(task.points, task.components(), spec.em, instruction_set, restarts);
    case Method::lloyd:
      return lloyd(task.points, task.components(), spec.em, instruction_set, restarts);
    case Method::bayes:
      return bayes(task);
    case Method::chance:
      return chance(task, restarts.seed);
    case Method::transformer:
      break;
  }
  TVEM_CHECK(false, "the transformer is not a baseline");
  return {};
}

}  // namespace tvem
