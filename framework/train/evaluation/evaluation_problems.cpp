#include <algorithm>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/train/evaluation/evaluation.hpp"

namespace tvem {
namespace {

/// Adds the sentences that are not there yet.
void add_new(std::vector<std::string>& sentences, std::vector<std::string> const& others) {
  for (std::string const& other : others)
    if (std::find(sentences.begin(), sentences.end(), other) == sentences.end())
      sentences.push_back(other);
}

}  // namespace

std::vector<EstimatorSpec> parse_estimators(Settings const& settings) {
  std::vector<EstimatorSpec> specs;
  std::vector<std::string> problems;
  for (std::string const& text : settings.eval.estimators) {
    try {
      specs.push_back(parse_estimator(text, settings.em));
      specs.back().em.trace = settings.eval.trace;
      for (int family = 0; family < n_families(settings.task); ++family)
        add_new(problems,
                estimator_problems(specs.back(), family_of(settings.task, family), settings.input));
    } catch (ConfigurationError const& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  }
  for (std::string& problem : problems) problem = "eval.estimators: " + problem;
  auto const& names = settings.eval.estimators;
  if (has_reference(settings.eval) && std::ranges::count(names, settings.eval.reference) == 0)
    problems.push_back(
        fmt::format("eval.reference = {} is not among eval.estimators, which are {}; add it there",
                    settings.eval.reference, joined(names)));
  if (settings.eval.programs.contains(settings.eval.reference))
    problems.push_back(fmt::format(
        "eval.reference = {} is a program; make an estimator of tvem the reference, and "
        "the row of the program has the disagreement of both",
        settings.eval.reference));
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return specs;
}

std::vector<std::string> domain_problems(Settings const& trained, Settings const& asked) {
  std::vector<std::string> problems;
  TaskSettings const &own = trained.task, &other = asked.task;
  if (other.dim.high > own.dim.high)
    problems.push_back(
        fmt::format("task.dim = {}: the model takes points of at most {} coordinates",
                    range_text(other.dim), own.dim.high));
  if (other.components.low < own.components.low || other.components.high > own.components.high)
    problems.push_back(fmt::format("task.components = {}: the model was made for {} components",
                                   range_text(other.components), range_text(own.components)));
  bool const has_guess = trained.input.guess != GuessKind::none;
  if (has_guess != (asked.input.guess != GuessKind::none))
    problems.push_back(fmt::format(
        "input.init = {}: the model {}", name_of(asked.input.guess),
        has_guess ? "needs an initial guess; choose random, kmeans++, spectral, corrupted or given"
                  : "takes no initial guess; choose none"));
  return problems;
}

}  // namespace tvem
