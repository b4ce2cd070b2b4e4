#include "experiments/settings/keys.hpp"

#include <algorithm>

#include "experiments/settings/key_types.hpp"

namespace tvem {
namespace {

constexpr auto training = KeyRole::training;
constexpr auto evaluation = KeyRole::evaluation;
constexpr auto operational = KeyRole::operational;
constexpr std::int64_t many = 1'000'000'000;

bool parse_estimator_list(std::string const& text, Settings& settings) {
  std::string without_spaces = text;
  std::erase_if(without_spaces, [](char c) { return c == ' ' || c == '\t'; });
  auto const items = split(without_spaces, ',');
  for (std::size_t i = 0; i < items.size(); ++i)
    if (items[i].empty() || std::count(items.begin(), items.end(), items[i]) > 1) return false;
  settings.eval.estimators = items;
  return true;
}

std::string print_estimator_list(Settings const& settings) {
  std::string text;
  for (auto const& item : settings.eval.estimators) text += (text.empty() ? "" : ", ") + item;
  return text;
}

/// A name that is also part of a folder's name.
bool parse_name(std::string const& text, Settings& settings) {
  bool const is_plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (text.empty() || text.size() > 64 || text[0] == '.' || !is_plain) return false;
  settings.run.name = text;
  return true;
}

std::vector<Key> run_keys() {
  return {
      number_key<std::uint64_t>("run.seed", training, at(&Settings::run, &RunSettings::seed),
                                {0, ~std::uint64_t{0}},
                                "seed of the training: initial parameters and tasks"),
      {"run.name", "name of the run, the first part of its id",
       "letters, digits, - _ and ., at most 64", operational, parse_name,
       [](Settings const& settings) { return settings.run.name; }},
  };
}

std::vector<Key> task_keys() {
  auto const s = &Settings::task;
  using T = TaskSettings;
  return {
      range_key<int>("task.dim", training, at(s, &T::dim), {1, 1024}, "dimension of the points"),
      range_key<int>("task.components", training, at(s, &T::components), {2, 64},
                     "number of components k of the mixture; told to every method"),
      range_key<int>("task.points", training, at(s, &T::points), {2, 100'000}, "points of a task"),
      word_key<MeansKind>(
          "task.means", training, at(s, &T::means),
          "how means are drawn: N(0, scale^2 I); uniform in the cube; uniform on the "
          "sphere; a regular simplex, rotated at random"),
      number_key<double>(
          "task.scale", training, at(s, &T::scale), {positive, 1e100},
          "of the means: standard deviation, half width or radius; simplex: not used"),
      number_key<double>(
          "task.separation", training, at(s, &T::separation), {0, unbounded},
          "smallest distance of two means, in units of sigma; simplex: their distance"),
      range_key<double>("task.sigma", training, at(s, &T::sigma), {1e-100, 1e100},
                        "standard deviation of a coordinate within a component"),
      word_key<WeightsKind>("task.weights", training, at(s, &T::weights),
                            "weights of the components"),
      number_key<double>("task.concentration", training, at(s, &T::concentration),
                         {1e-3, unbounded}, "of the Dirichlet distribution of the weights"),
      word_key<CovarianceKind>("task.covariance", training, at(s, &T::covariance),
                               "covariance of the components: one variance for all; one each; one "
                               "matrix for all; a diagonal or a full matrix each"),
      number_key<double>("task.eigenvalue_ratio", training, at(s, &T::eigenvalue_ratio), {1, 1e12},
                         "largest over smallest eigenvalue of tied, diagonal and full covariances"),
      word_key<NoiseKind>("task.noise", training, at(s, &T::noise),
                          "distribution about a mean, rescaled to the covariance: normal, "
                          "multivariate Student t, or independent Laplace coordinates"),
      number_key<double>("task.degrees", training, at(s, &T::degrees), {2.01, 1e6},
                         "degrees of freedom of Student's t"),
      number_key<double>("task.outliers", training, at(s, &T::outliers), {0, 0.9},
                         "share of points that belong to no component: in the data, not in the "
                         "error"),
      number_key<std::int64_t>("task.pool", training, at(s, &T::pool), {0, many},
                               "training tasks of a fixed set, drawn with replacement; 0: every "
                               "task is fresh"),
      number_key<std::uint64_t>("task.pool_seed", training, at(s, &T::pool_seed),
                                {0, ~std::uint64_t{0}}, "seed of the fixed set"),
  };
}

std::vector<Key> input_keys() {
  auto const s = &Settings::input;
  using T = InputSettings;
  return {
      word_key<InitKind>("input.init", training, at(s, &T::init),
                         "assignment that goes into the Transformer beside the points, and into "
                         "estimators with start=given"),
      number_key<double>("input.corruption", training, at(s, &T::corruption), {0, 1},
                         "share of labels that the init `corrupted` replaces by others"),
      flag_key("input.auxiliary", training, at(s, &T::auxiliary),
               "the guess's mean and share of a point's component go in beside its label"),
      flag_key("input.standardize", training, at(s, &T::standardize),
               "every coordinate of a task goes in with mean 0 and variance 1"),
  };
}

std::vector<Key> model_keys() {
  auto const s = &Settings::model;
  using T = ModelSettings;
  return {
      number_key<int>("model.layers", training, at(s, &T::layers), {1, 256}, "encoder layers"),
      number_key<int>("model.heads", training, at(s, &T::heads), {1, 256},
                      "attention heads; model.width is a multiple of it"),
      number_key<int>("model.width", training, at(s, &T::width), {1, 8192}, "features of a point"),
      number_key<int>("model.mlp_ratio", training, at(s, &T::mlp_ratio), {1, 64},
                      "hidden width of the perceptron, in widths"),
      word_key<AttentionKind>("model.attention", training, at(s, &T::attention),
                              "attention: softmax of the scores; without its denominator, exp / n; "
                              "relu / n; or the scores / n"),
      word_key<NormKind>("model.norm", training, at(s, &T::norm),
                         "layer normalisation: none, before attention and perceptron, or after"),
      word_key<ActivationKind>("model.activation", training, at(s, &T::activation),
                               "activation of the perceptron"),
      flag_key("model.tied", training, at(s, &T::tied),
               "all layers share one layer's parameters (looped)"),
      word_key<ReadoutKind>("model.readout", training, at(s, &T::readout),
                            "logits of labels for every point, or weights, means and standard "
                            "deviations of components"),
      word_key<LossKind>("loss.kind", training, at(&Settings::loss, &LossSettings::kind),
                         "training loss: the first of readout labels; of readout parameters "
                         "the log-likelihood of the points or the distance from the truth"),
  };
}

std::vector<Key> train_keys() {
  auto const s = &Settings::train;
  using T = TrainSettings;
  return {
      number_key<std::int64_t>("train.steps", training, at(s, &T::steps), {1, many},
                               "optimiser steps"),
      number_key<int>("train.tasks_per_step", training, at(s, &T::tasks_per_step), {1, 1'000'000},
                      "tasks a step, over all ranks; every step has fresh ones"),
      word_key<OptimizerKind>("train.optimizer", training, at(s, &T::optimizer), "optimiser"),
      number_key<double>("train.rate", training, at(s, &T::rate), {positive, unbounded},
                         "learning rate after the warm-up"),
      word_key<ScheduleKind>(
          "train.schedule", training, at(s, &T::schedule),
          "learning rate after the warm-up: constant, cosine to 0, or 1/sqrt(step)"),
      number_key<std::int64_t>("train.warmup", training, at(s, &T::warmup), {0, many},
                               "steps over which the learning rate rises"),
      number_key<double>("train.clip", training, at(s, &T::clip), {0, unbounded},
                         "largest norm of the gradient; 0: no clipping"),
      number_key<double>("train.weight_decay", training, at(s, &T::weight_decay), {0, unbounded},
                         "adamw: decoupled; else added to the gradient"),
      number_key<double>("train.beta1", training, at(s, &T::beta1), {0, 0.999999},
                         "of adam and adamw"),
      number_key<double>("train.beta2", training, at(s, &T::beta2), {0, 0.9999999},
                         "of adam and adamw"),
      number_key<double>("train.momentum", training, at(s, &T::momentum), {0, 0.999999}, "of sgd"),
      number_key<std::int64_t>("train.evaluate_every", operational, at(s, &T::evaluate_every),
                               {0, many}, "steps between points of the learning curve; 0: none"),
      number_key<std::int64_t>("train.evaluate_tasks", operational, at(s, &T::evaluate_tasks),
                               {2, many}, "evaluation tasks for a point of the learning curve"),
      number_key<std::int64_t>("train.checkpoint_every", operational, at(s, &T::checkpoint_every),
                               {0, many}, "steps between checkpoints; 0: only at the end"),
      number_key<double>("train.checkpoint_minutes", operational, at(s, &T::checkpoint_minutes),
                         {0, unbounded}, "minutes between checkpoints, also; 0: by steps alone"),
      number_key<std::int64_t>("train.max_skipped", operational, at(s, &T::max_skipped), {0, many},
                               "steps in a row that are skipped, since their loss or gradient is "
                               "not finite, before the training ends"),
  };
}

std::vector<Key> evaluation_keys() {
  auto const em = &Settings::em;
  using T = EmSettings;
  return {
      number_key<std::int64_t>("eval.tasks", evaluation, at(&Settings::eval, &EvalSettings::tasks),
                               {2, many}, "evaluation tasks, the same for all estimators"),
      number_key<std::uint64_t>("eval.seed", evaluation, at(&Settings::eval, &EvalSettings::seed),
                                {0, ~std::uint64_t{0}},
                                "seed of the evaluation tasks; not run.seed"),
      {"eval.estimators", "methods to compare, with options as in em:restarts=10:start=random",
       "a list of different ones of " + words_text<Method>(), evaluation, parse_estimator_list,
       print_estimator_list},
      number_key<int>("eval.trace", evaluation, at(&Settings::eval, &EvalSettings::trace),
                      {0, 10'000}, "iterations of every method whose error is recorded; 0: none"),
      number_key<int>("em.restarts", evaluation, at(em, &T::restarts), {1, 100'000},
                      "starts of em and lloyd, of which the best is kept"),
      word_key<StartKind>("em.start", evaluation, at(em, &T::start),
                          "how em and its relatives start; given: from the assignment of "
                          "input.init; oracle: from the truth"),
      number_key<int>("em.max_iterations", evaluation, at(em, &T::max_iterations), {1, 1'000'000},
                      "iterations after which em and lloyd stop"),
      number_key<double>("em.tolerance", evaluation, at(em, &T::tolerance), {0, unbounded},
                         "em stops when the mean log-likelihood per point rises by less (nats)"),
      word_key<CovarianceKind>("em.covariance", evaluation, at(em, &T::covariance),
                               "one variance for all components; one each; one matrix for all; a "
                               "diagonal or a full matrix each"),
      number_key<double>("em.variance_floor", evaluation, at(em, &T::variance_floor), {0, 1},
                         "smallest variance, of the mean variance of the task's points"),
      number_key<double>("em.ratio_limit", evaluation, at(em, &T::ratio_limit), {0, unbounded},
                         "restarts of spherical, diagonal and full whose variances are more times "
                         "apart are kept only if all are; 0: no limit"),
      word_key<PrecisionKind>("em.precision", evaluation, at(em, &T::precision),
                              "of the iterations of em and lloyd; results are in double"),
      {"em.known", "what em is told of the truth; means_prior: MAP-EM with N(0, task.scale^2 I)",
       "none, or variance, weights and means_prior joined by +", evaluation,
       [](std::string const& text, Settings& settings) {
         return read_known(text, settings.em.known);
       },
       [](Settings const& settings) { return known_text(settings.em.known); }},
      number_key<double>("em.rate", evaluation, at(em, &T::rate), {1e-6, 10},
                         "learning rate of gradient (Adam)"),
      number_key<int>("em.centres", evaluation, at(em, &T::centres), {0, 100'000},
                      "centres of two_round's first round; 0: 4 k log(2 k)"),
  };
}

std::vector<Key> parallel_keys() {
  auto const s = &Settings::parallel;
  using T = ParallelSettings;
  return {
      word_key<ReductionKind>(
          "parallel.reduction", training, at(s, &T::reduction),
          "sum over ranks: the same bits on any number of ranks, or plain floats"),
      number_key<int>("parallel.chunk", training, at(s, &T::chunk), {0, 1'000'000},
                      "tasks that go through the model together; 0: chosen from the other keys"),
  };
}

std::vector<Key> all_keys() {
  std::vector<Key> keys;
  for (auto const& group : {run_keys(), task_keys(), input_keys(), model_keys(), train_keys(),
                            evaluation_keys(), parallel_keys()})
    keys.insert(keys.end(), group.begin(), group.end());
  return keys;
}

/// Levenshtein distance.
std::size_t edit_distance(std::string const& a, std::string const& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t const above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

/// Breaks text into lines of at most `width`, all but the first indented.
std::string wrapped(std::string const& text, std::size_t indent, std::size_t width) {
  std::string result, line, word;
  auto const end_word = [&] {
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) {
      result += line + "\n" + std::string(indent, ' ');
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
    word.clear();
  };
  for (char const c : text) {
    if (c == ' ')
      end_word();
    else
      word += c;
  }
  end_word();
  return result + line;
}

}  // namespace

Key const* find_key(std::string const& name) {
  auto const& keys = configuration_keys();
  auto const key =
      std::find_if(keys.begin(), keys.end(), [&](Key const& k) { return k.name == name; });
  return key == keys.end() ? nullptr : &*key;
}

std::string nearest_key(std::string const& name) {
  auto const& keys = configuration_keys();
  auto const nearest = std::min_element(keys.begin(), keys.end(), [&](Key const& a, Key const& b) {
    return edit_distance(name, a.name) < edit_distance(name, b.name);
  });
  return nearest->name;
}

std::vector<Key> const& configuration_keys() {
  static std::vector<Key> const keys = all_keys();
  return keys;
}

std::string keys_help() {
  constexpr std::size_t indent = 26, width = 100;
  std::string text, section;
  Settings const defaults;
  for (Key const& key : configuration_keys()) {
    std::string const key_section = key.name.substr(0, key.name.find('.'));
    if (key_section != section) text += (section.empty() ? "" : "\n");
    section = key_section;
    std::string left = "  " + key.name;
    left.resize(std::max(left.size() + 1, indent), ' ');
    text +=
        left +
        wrapped(key.meaning + " [" + key.print(defaults) + "]: " + key.accepted, indent, width) +
        "\n";
  }
  return text;
}

}  // namespace tvem
