#include "framework/estimators/options.hpp"

#include <algorithm>
#include <utility>

#include "framework/estimators/passes/maximization.hpp"

namespace tvem {
namespace {

using S = EmSettings;
using enum Method;

bool has_ratio(S const& s) { return has_own_covariances(s.covariance) && !s.known.variance; }

using Table = std::vector<EstimatorOption>;

std::vector<Method> methods_of_likelihood() { return {transformer_em, em, two_round, gradient}; }

Table start_options() {
  std::vector<Method> const restarted{em, two_round, gradient, lloyd, hartigan, spectral};
  return {
      {number("restarts", &S::restarts, {1, 100'000},
              "starts of em and its relatives, of which the best is kept")
           .read_if([](S const& s) { return !is_without_chance(s.start); }, "a start by chance"),
       restarted},
      {number("components", &S::components, {1, 64},
              "components that the method assumes, in place of the task's"),
       restarted, false},
      {word("start", &S::start,
            "how em and its relatives start; given: from the guess of input.init; oracle: from the "
            "truth; of spectral: random or kmeans++"),
       {em, gradient, lloyd, hartigan, spectral}},
  };
}

Table iteration_options() {
  return {
      {number("max_iterations", &S::max_iterations, {1, 1'000'000},
              "iterations after which em and its relatives stop"),
       {transformer_em, em, gradient, lloyd, hartigan, spectral}},
      {number("tolerance", &S::tolerance, {0, unbounded},
              "em stops when the mean log-likelihood per point rises by less (nats)"),
       {em, gradient}},
  };
}

Table covariance_options() {
  std::vector<Method> const likelihood = methods_of_likelihood();
  return {
      {word("covariance", &S::covariance,
            "one variance for all components; one each; one matrix for all; a diagonal or a full "
            "matrix each; of gradient: shared or spherical"),
       likelihood},
      {number("variance_floor", &S::variance_floor, {0, 1},
              "smallest variance, of the mean variance of the task's points")
           .read_if([](S const& s) { return !s.known.variance; }, "an unknown variance"),
       likelihood},
      {number("ratio_limit", &S::ratio_limit, {0, unbounded},
              "restarts of spherical, diagonal and full whose variances are more times apart are "
              "kept only if all are; 0: no limit")
           .read_if(has_ratio, "unknown covariances, one for each component"),
       likelihood},
      {word("ratio", &S::ratio,
            "select: ratio_limit chooses among restarts; constrain: every M-step keeps to it")
           .read_if(has_ratio, "unknown covariances, one for each component"),
       {transformer_em, em, two_round}},
  };
}

Table other_options() {
  return {
      {word("precision", &S::precision, "of the iterations of em and lloyd; results are in double"),
       {em, two_round, gradient, lloyd, spectral}},
      {{"known", "what em is told of the truth; means_prior: MAP-EM with N(0, task.scale^2 I)",
        "none, all, or some of variance, weights and means_prior joined by +",
        [](std::string const& text, S& s) { return read_known(text, s.known); },
        [](S const& s) { return known_text(s.known); }},
       methods_of_likelihood()},
      {number("rate", &S::rate, {1e-6, 10}, "learning rate of gradient (Adam)"), {gradient}},
      {number("centres", &S::centres, {0, 100'000},
              "centres of two_round's first round; 0: 4 k log(2 k)")
           .read_if([](S const& s) { return s.start == StartKind::two_round; }, "start=two_round"),
       {em, two_round, gradient, lloyd, hartigan}},
  };
}

Table robust_options() {
  return {
      {word("noise", &S::noise, "components of em: Gaussian ones, or of Student's t"), {em}, false},
      {number("degrees", &S::degrees, {0, 1e6},
              "degrees of freedom of noise=student, above 2; 0: estimated, one for all components"),
       {em},
       false},
      {flag("outliers", &S::outliers,
            "em has a background beside the components, uniform over the box of the points"),
       {em},
       false},
  };
}

Table options_of_prior() {
  auto const option = [](Setting<S> setting, Method method) {
    return EstimatorOption{std::move(setting), {method}, false};
  };
  return {
      option(number("orientations", &S::orientations, {1, 4096},
                    "orientations in which transformer sees a task; the labels that are most "
                    "probable under the prior are kept"),
             transformer),
      option(number("chains", &S::chains, {1, 1000}, "independent chains"), posterior),
      option(number("samples", &S::samples, {2, 1'000'000}, "sweeps kept of a chain"), posterior),
      option(number("draws", &S::draws, {1, 1000},
                    "draws of the labels in a kept sweep, given its mixture: less noise"),
             posterior),
      option(number("burn_in", &S::burn_in, {0, 1'000'000}, "sweeps before them"), posterior),
      option(number("temperatures", &S::temperatures, {1, 100}, "states of a chain"), posterior),
  };
}

Table make_options() {
  Table options = one_table({start_options(), iteration_options(), covariance_options(),
                             other_options(), robust_options(), options_of_prior()});
  for (EstimatorOption& option : options) option.setting.role = Role::evaluation;
  return options;
}

}  // namespace

std::vector<EstimatorOption> const& estimator_options() {
  static std::vector<EstimatorOption> const options = make_options();
  return options;
}

EstimatorOption const* find_option(std::string const& name) {
  auto const& options = estimator_options();
  auto const found = std::find_if(options.begin(), options.end(),
                                  [&](auto const& option) { return option.setting.name == name; });
  return found == options.end() ? nullptr : &*found;
}

bool takes_option(Method method, std::string const& name) {
  EstimatorOption const* const option = find_option(name);
  return option && std::count(option->methods.begin(), option->methods.end(), method) > 0;
}

std::string options_text(Method method) {
  std::vector<std::string> names;
  for (EstimatorOption const& option : estimator_options())
    if (takes_option(method, option.setting.name)) names.push_back(option.setting.name);
  if (names.empty()) return fmt::format("{} takes no options", name_of(method));
  return fmt::format("the options of {} are {}", name_of(method), joined(names));
}

}  // namespace tvem
