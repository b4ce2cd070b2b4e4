#include <algorithm>
#include <functional>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/estimators/estimator.hpp"
#include "framework/estimators/passes/maximization.hpp"
#include "framework/tasks/spread.hpp"

namespace tvem {
namespace {

/// Of gradient ascent, whose steps are smaller than those of EM.
constexpr int gradient_iterations = 1000;

/// An option of a specification: sets it and returns true, or returns false for a value it does not
/// take.
struct Option {
  std::string name;
  std::string accepted;
  std::vector<Method> methods;
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

std::vector<Option> make_options() {
  using S = EmSettings;
  using enum Method;
  std::vector<Method> const likelihood{transformer_em, em, two_round, gradient};
  std::vector<Method> const restarted{em, two_round, gradient, lloyd, hartigan, spectral};
  std::vector<Method> const started{em, gradient, lloyd, hartigan, spectral};
  return {
      {"restarts", "an integer 1..100000", restarted,
       [](auto const& text, S& s) { return parse_number(text, 1, 100000, s.restarts); }},
      {"components", "an integer 1..64: assumed in place of the task's", restarted,
       [](auto const& text, S& s) { return parse_number(text, 1, 64, s.components); }},
      {"start",
       "random, kmeans++, spectral, two_round, given or oracle (of spectral: the first two)",
       started, [](auto const& text, S& s) { return parse_word(text, s.start); }},
      {"max_iterations",
       "an integer 1..1000000",
       {transformer_em, em, gradient, lloyd, hartigan, spectral},
       [](auto const& text, S& s) { return parse_number(text, 1, 1000000, s.max_iterations); }},
      {"tolerance",
       "a number >= 0",
       {em, gradient},
       [](auto const& text, S& s) { return parse_number(text, 0.0, 1e300, s.tolerance); }},
      {"covariance", "shared, spherical, tied, diagonal or full (of gradient: the first two)",
       likelihood, [](auto const& text, S& s) { return parse_word(text, s.covariance); }},
      {"variance_floor", "a number in 0..1", likelihood,
       [](auto const& text, S& s) { return parse_number(text, 0.0, 1.0, s.variance_floor); }},
      {"ratio_limit", "a number >= 0", likelihood,
       [](auto const& text, S& s) { return parse_number(text, 0.0, 1e300, s.ratio_limit); }},
      {"precision",
       "double or float",
       {em, two_round, gradient, lloyd, spectral},
       [](auto const& text, S& s) { return parse_word(text, s.precision); }},
      {"known", "none, or variance, weights and means_prior joined by +", likelihood,
       [](auto const& text, S& s) { return read_known(text, s.known); }},
      {"rate",
       "a number in 1e-6..10",
       {gradient},
       [](auto const& text, S& s) { return parse_number(text, 1e-6, 10.0, s.rate); }},
      {"centres",
       "an integer 0..100000",
       {em, two_round, gradient, lloyd, hartigan},
       [](auto const& text, S& s) { return parse_number(text, 0, 100000, s.centres); }},
  };
}

std::vector<Option> const& options() {
  static std::vector<Option> const list = make_options();
  return list;
}

Option const& option(std::string const& name) {
  return *std::find_if(options().begin(), options().end(),
                       [&](Option const& candidate) { return candidate.name == name; });
}

bool has_option(Method method, Option const& option) {
  return std::find(option.methods.begin(), option.methods.end(), method) != option.methods.end();
}

std::string options_of(Method method) {
  std::string names;
  for (Option const& option : options())
    if (has_option(method, option)) names += (names.empty() ? "" : ", ") + option.name;
  return names.empty() ? std::string(name_of(method)) + " takes no options"
                       : "the options of " + std::string(name_of(method)) + " are " + names;
}

/// Applies "name=value"; returns the problem, empty when there is none.
std::string apply_option(std::string const& part, EstimatorSpec& spec) {
  std::size_t const equals = part.find('=');
  std::string const name = part.substr(0, equals);
  for (Option const& option : options()) {
    if (option.name != name || !has_option(spec.method, option)) continue;
    if (!spec.given.insert(name).second) return "\"" + name + "\" is given twice";
    std::string const value = equals == std::string::npos ? "" : part.substr(equals + 1);
    if (option.set(value, spec.em)) return {};
    return "\"" + part + "\": " + name + " is " + option.accepted;
  }
  return "\"" + part + "\" is unknown; " + options_of(spec.method);
}

/// Fits from the truth or the given assignment: the same in every restart.
bool is_without_chance(StartKind start) {
  return start == StartKind::given || start == StartKind::oracle;
}

/// Options that contradict each other.
std::vector<std::string> contradictions(EstimatorSpec const& spec) {
  std::vector<std::string> problems;
  std::string const covariance(name_of(spec.em.covariance)), start(name_of(spec.em.start));
  if (has_option(spec.method, option("covariance")) && spec.method != Method::gradient &&
      has_matrices(spec.em.covariance) && spec.em.precision == PrecisionKind::single_precision)
    problems.push_back("covariance=" + covariance +
                       " has precision=double alone; float is for shared and spherical");
  if (spec.method == Method::gradient && has_matrices(spec.em.covariance))
    problems.push_back("covariance=" + covariance +
                       " is not for gradient, whose covariances are shared and spherical");
  if (spec.method == Method::spectral && spec.em.start != StartKind::random &&
      spec.em.start != StartKind::kmeans_plus_plus)
    problems.push_back("start=" + start + " is not for spectral, which starts random or kmeans++");
  if (is_without_chance(spec.em.start) && spec.given.contains("restarts") && spec.em.restarts > 1)
    problems.push_back("every restart of start=" + start + " is the same; leave restarts out");
  if (is_without_chance(spec.em.start) && spec.given.contains("components"))
    problems.push_back("start=" + start + " has the components of the task; leave components out");
  if (spec.em.centres > 0 && spec.given.contains("centres") &&
      spec.em.start != StartKind::two_round)
    problems.push_back("centres is of start=two_round, not of start=" + start);
  return problems;
}

/// Where the floor or the ratio limit would keep EM from the truth.
std::vector<std::string> bounds_problems(EstimatorSpec const& spec, TaskSettings const& task) {
  std::vector<std::string> problems;
  if (!has_option(spec.method, option("variance_floor")) || spec.em.known.variance) return problems;
  double const smallest =
      has_matrices(spec.em.covariance) ? smallest_variance(task) : task.sigma.low * task.sigma.low;
  double const highest_floor = 0.5 * smallest / widest_mean_variance(task);
  auto const named = [&](std::string const& option) {
    return (spec.given.contains(option) ? "" : "em.") + option + " = ";
  };
  if (spec.em.variance_floor > highest_floor)
    problems.push_back(named("variance_floor") + rounded_text(spec.em.variance_floor) +
                       " of the mean variance of the points is near or above the smallest true "
                       "variance, which it could not find; give " +
                       named("variance_floor") + rounded_text(highest_floor / 10) + " or so");
  bool const has_own = has_own_covariances(spec.em.covariance);
  double const ratio = spec.em.covariance == CovarianceKind::spherical &&
                               task.covariance != CovarianceKind::spherical
                           ? 1
                           : largest_variance_ratio(task);
  if (has_own && restarts_of(spec) > 1 && spec.em.ratio_limit > 0 && ratio > spec.em.ratio_limit)
    problems.push_back(named("ratio_limit") + rounded_text(spec.em.ratio_limit) +
                       ", but true variances are up to " + rounded_text(ratio) +
                       " times apart: restarts near the truth would be passed over; give " +
                       named("ratio_limit") + rounded_text(3 * ratio) +
                       " or so, or 0 for no limit");
  return problems;
}

std::string subject_of(std::string const& text) { return "\"" + text + "\": "; }

}  // namespace

EstimatorSpec parse_estimator(std::string const& text, EmSettings const& defaults) {
  auto const parts = split(text, ':');
  EstimatorSpec spec{.text = text, .method = Method::em, .em = defaults, .given = {}};
  if (!parse_word(parts[0], spec.method)) {
    std::string names;
    for (auto const name : enum_names<Method>)
      names += (names.empty() ? "" : ", ") + std::string(name);
    throw ConfigurationError(subject_of(text) + "unknown estimator \"" + parts[0] +
                             "\"; the estimators are " + names +
                             ", with options such as em:restarts=10");
  }
  if (spec.method == Method::two_round) spec.em.start = StartKind::two_round;
  // One step of EM from the first round, or from the Transformer's answer.
  if (spec.method == Method::two_round || spec.method == Method::transformer_em)
    spec.em.max_iterations = 1;
  if (spec.method == Method::gradient) spec.em.max_iterations = gradient_iterations;
  // What a method has no option for, such as the covariance of a start of lloyd, no key may change.
  EmSettings const unchanged;
  if (!has_option(spec.method, option("known"))) spec.em.known = unchanged.known;
  if (!has_option(spec.method, option("covariance"))) spec.em.covariance = unchanged.covariance;
  if (!has_option(spec.method, option("precision"))) spec.em.precision = unchanged.precision;
  std::vector<std::string> problems;
  for (std::size_t p = 1; p < parts.size(); ++p) {
    std::string const problem = apply_option(parts[p], spec);
    if (!problem.empty()) problems.push_back(problem);
  }
  for (std::string const& problem : contradictions(spec)) problems.push_back(problem);
  for (std::string& problem : problems) problem = subject_of(text) + problem;
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return spec;
}

std::vector<std::string> estimator_problems(EstimatorSpec const& spec, Settings const& settings) {
  std::vector<std::string> problems;
  auto const report = [&](std::string const& problem) {
    problems.push_back(subject_of(spec.text) + problem);
  };
  bool const has_known = has_option(spec.method, option("known"));
  std::string const covariance(name_of(settings.task.covariance));
  if (has_option(spec.method, option("restarts")) && spec.em.start == StartKind::given &&
      settings.input.init == InitKind::none)
    report("start=given takes the assignment of input.init, which is none");
  if (has_known && spec.em.known.variance) {
    bool const is_common = settings.task.covariance == CovarianceKind::shared ||
                           settings.task.covariance == CovarianceKind::tied;
    if (!is_common)
      report("known=variance is for tasks whose components have one covariance (shared, tied); " +
             ("task.covariance is " + covariance));
    else if (spec.em.covariance != settings.task.covariance)
      report("known=variance with covariance=" + std::string(name_of(spec.em.covariance)) +
             ", but task.covariance is " + covariance + ": add covariance=" + covariance);
  }
  if (has_known && spec.em.known.weights && settings.task.weights != WeightsKind::equal)
    report("known=weights is for task.weights = equal, not " +
           std::string(name_of(settings.task.weights)));
  if (has_known && spec.em.known.means_prior &&
      (settings.task.means != MeansKind::gaussian || settings.task.separation > 0))
    report(
        "known=means_prior is for means that are N(0, task.scale^2 I): task.means = gaussian and "
        "task.separation = 0");
  if (has_option(spec.method, option("start")) && spec.em.start == StartKind::oracle &&
      !spec.given.contains("start"))
    report(
        "em.start = oracle would start it from the truth under a name that does not say so; give " +
        ("the estimator " + spec.text + ":start=oracle"));
  for (std::string const& problem : bounds_problems(spec, settings.task)) report(problem);
  return problems;
}

bool follows_default(EstimatorSpec const& spec, std::string const& name) {
  if (!has_option(spec.method, option(name)) || spec.given.contains(name)) return false;
  if (name == "centres") return spec.em.start == StartKind::two_round;
  if (name == "restarts") return !is_without_chance(spec.em.start);
  if (name == "variance_floor") return !spec.em.known.variance;
  if (name == "ratio_limit")
    return has_own_covariances(spec.em.covariance) && !spec.em.known.variance;
  return name != "max_iterations" ||
         (spec.method != Method::transformer_em && spec.method != Method::gradient);
}

int restarts_of(EstimatorSpec const& spec) {
  bool const has_restarts = has_option(spec.method, option("restarts"));
  return has_restarts && !is_without_chance(spec.em.start) ? spec.em.restarts : 1;
}

}  // namespace tvem
