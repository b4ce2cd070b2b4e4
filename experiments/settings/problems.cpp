#include "experiments/settings/problems.hpp"

#include <algorithm>
#include <cmath>

#include "experiments/settings/keys.hpp"
#include "experiments/settings/sentences.hpp"
#include "framework/core/text.hpp"
#include "framework/nn/constructed/lloyd_parameters.hpp"
#include "framework/tasks/prior.hpp"
#include "framework/tasks/spread.hpp"
#include "framework/train/evaluation/evaluation.hpp"

namespace tvem {
namespace {

std::string loss_problem(LossKind loss, ReadoutKind readout) {
  bool const is_of_labels = loss == LossKind::permutation_cross_entropy;
  if (is_of_labels == (readout == ReadoutKind::labels)) return "";
  return fmt::format("loss.kind = {} is not of model.readout = {}; choose {}", name_of(loss),
                     name_of(readout),
                     is_of_labels ? "negative_log_likelihood or permutation_parameters"
                                  : "permutation_cross_entropy");
}

/// What the constructed model needs of its form.
std::vector<std::string> construction_problems(Settings const& settings) {
  ModelSettings const& model = settings.model;
  int const dim = settings.task.dim.high, k = settings.task.components.high;
  std::vector<std::string> problems;
  auto const require = [&](bool is_met, std::string const& what) {
    if (!is_met) problems.push_back("model.initial = constructed needs " + what);
  };
  auto const require_word = [&](auto value, auto wanted, std::string const& key) {
    require(value == wanted,
            fmt::format("{} = {}, and it is {}", key, name_of(wanted), name_of(value)));
  };
  require_word(model.norm, NormKind::none, "model.norm");
  require_word(model.activation, Activation::gelu, "model.activation");
  require_word(model.attention, AttentionKind::softmax, "model.attention");
  require_word(model.readout, ReadoutKind::labels, "model.readout");
  require(model.layers % 2 == 0,
          fmt::format("an even model.layers, since two are a step, and not {}", model.layers));
  require(!settings.input.auxiliary, "input.auxiliary = false: it makes its own means");
  require(settings.input.guess != GuessKind::none, "a guess to start from: set input.init");
  require(settings.task.components.is_fixed(), "one task.components");
  require(model.heads >= k, fmt::format("model.heads of at least {}, one a component", k));
  require(model.width / model.heads >= dim,
          fmt::format("model.width / model.heads of at least {}, the dimension", dim));
  require(model.width >= constructed_width(dim, k),
          fmt::format("model.width of at least {}", constructed_width(dim, k)));
  require(model.mlp_ratio * model.width >= constructed_hidden_width(dim, k),
          fmt::format("model.mlp_ratio x model.width of at least {}",
                      constructed_hidden_width(dim, k)));
  return problems;
}

std::string given_guess_problem(Settings const& settings) {
  if (settings.input.guess != GuessKind::given || settings.eval.are_tasks_given) return "";
  return "input.init = given takes the guess from a file of tasks: it is for tvem evaluate --tasks";
}

std::vector<Key const*> changed_keys(Settings const& settings) {
  Settings const defaults;
  std::vector<Key const*> changed;
  for (Key const& key : configuration_keys())
    if (key.print(settings) != key.print(defaults)) changed.push_back(&key);
  return changed;
}

std::string text_of(Key const& key, Settings const& settings) {
  return key.name + " = " + key.print(settings);
}

/// The condition that the key lacks to have an effect; empty when it has one.
std::string missing_for(Key const& key, Settings const& settings,
                        std::vector<EstimatorSpec> const& specs) {
  auto const needs_model = [](EstimatorSpec const& spec) { return spec.needs_model(); };
  if (is_of_ablation(key) && std::none_of(specs.begin(), specs.end(), needs_model))
    return "an estimator that needs the model";
  if (!key.name.starts_with("em.")) return is_read_by_some_family(key, settings) ? "" : key.needed;
  std::string const option = key.name.substr(3);
  bool const is_read = std::any_of(specs.begin(), specs.end(), [&](EstimatorSpec const& spec) {
    return spec.follows_default(option);
  });
  return is_read ? "" : fmt::format("an estimator that takes {} and does not give its own", option);
}

}  // namespace

std::vector<std::string> contradictions(Settings const& settings) {
  std::vector<std::string> problems;
  ModelSettings const& model = settings.model;
  if (model.width % model.heads != 0)
    problems.push_back(fmt::format("model.width = {} is not a multiple of model.heads = {}",
                                   model.width, model.heads));
  append_if_any(problems, loss_problem(settings.loss.kind, model.readout));
  if (model.initial == InitialKind::constructed) append(problems, construction_problems(settings));
  if (settings.eval.layers > 0 && !model.tied)
    problems.push_back(
        fmt::format("eval.layers = {} is of looped models, whose layers share parameters, and "
                    "model.tied is false; choose 0",
                    settings.eval.layers));
  if (settings.input.auxiliary && settings.input.guess == GuessKind::none)
    problems.emplace_back(
        "input.auxiliary = true describes the guess of input.init, which is none");
  return problems;
}

std::vector<std::string> module_problems(Settings const& settings) {
  std::vector<std::string> problems;
  auto const collect = [&](auto const& action) {
    try {
      action();
    } catch (ConfigurationError const& error) {
      append(problems, error.problems());
    }
  };
  collect([&] { TaskPrior const prior(settings.task); });
  collect([&] { parse_estimators(settings); });
  append_if_any(problems, given_guess_problem(settings));
  return problems;
}

// ---- notes

std::vector<std::string> unused_keys(Settings const& settings) {
  auto const specs = parse_estimators(settings);
  std::vector<std::string> notes;
  for (Key const* key : changed_keys(settings)) {
    std::string const missing = missing_for(*key, settings, specs);
    if (!missing.empty())
      notes.push_back(text_of(*key, settings) + " has no effect without " + missing);
  }
  return notes;
}

std::string size_note(Settings const& settings) {
  // After 200 steps on the quickstart's prior in other units: error 0.19 from 0.01 to 3, 0.25 at
  // 30, 0.31 at 1e5, and chance's at 0.001 and 1e20.
  constexpr double smallest = 0.01, largest = 30;
  double const size = widest_spread(settings.task);
  if (settings.input.standardize || (size >= smallest && size <= largest)) return "";
  return fmt::format(
      "coordinates of tasks are about {} in size, far from 1, and a Transformer learns little or "
      "nothing from them; input.standardize = true brings them to 1",
      rounded_text(size));
}

std::string changed_estimator_defaults(Settings const& settings) {
  std::vector<std::string> texts;
  for (Key const* key : changed_keys(settings))
    if (key->name.starts_with("em.")) texts.push_back(text_of(*key, settings));
  return joined(texts);
}

}  // namespace tvem
