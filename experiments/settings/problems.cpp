#include "experiments/settings/problems.hpp"

#include "experiments/settings/sentences.hpp"
#include "framework/core/text.hpp"
#include "framework/tasks/prior.hpp"
#include "framework/train/evaluation.hpp"

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

}  // namespace

std::vector<std::string> contradictions(Settings const& settings) {
  std::vector<std::string> problems;
  ModelSettings const& model = settings.model;
  if (model.width % model.heads != 0)
    problems.push_back(fmt::format("model.width = {} is not a multiple of model.heads = {}",
                                   model.width, model.heads));
  append_if_any(problems, loss_problem(settings.loss.kind, model.readout));
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
  return problems;
}

}  // namespace tvem
