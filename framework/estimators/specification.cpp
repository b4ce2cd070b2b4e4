#include "framework/estimators/specification.hpp"

#include <algorithm>
#include <cctype>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "framework/estimators/options.hpp"
#include "framework/estimators/passes/maximization.hpp"
#include "framework/estimators/posterior/joint.hpp"
#include "framework/estimators/posterior/posterior.hpp"
#include "framework/tasks/spread.hpp"

namespace tvem {
namespace {

/// The default of gradient ascent, whose steps are smaller than those of EM.
constexpr int gradient_iterations = 1000;

/// Applies "name=value"; returns the problem, empty when there is none.
std::string apply_option(std::string const& part, EstimatorSpec& spec) {
  std::size_t const equals = part.find('=');
  std::string const name = part.substr(0, equals);
  if (!takes_option(spec.method, name))
    return fmt::format("\"{}\" is unknown; {}", part, options_text(spec.method));
  if (!spec.given.insert(name).second) return fmt::format("\"{}\" is given twice", name);
  Setting<EmSettings> const& setting = find_option(name)->setting;
  std::string const value = equals == std::string::npos ? "" : part.substr(equals + 1);
  if (setting.parse(value, spec.em)) return {};
  return fmt::format("\"{}\": {} is {}", part, name, setting.accepted);
}

/// The specification of the method without options.
EstimatorSpec unadorned(std::string const& text, Method method, EmSettings const& defaults) {
  EstimatorSpec spec{.text = text, .method = method, .em = defaults, .given = {}};
  if (method == Method::two_round) spec.em.start = StartKind::two_round;
  // One step of EM from the first round, or from the Transformer's answer.
  if (method == Method::two_round || method == Method::transformer_em) spec.em.max_iterations = 1;
  if (method == Method::gradient) spec.em.max_iterations = gradient_iterations;
  // A key may not change what a method has no option for, such as the covariance of a start of
  // lloyd.
  EmSettings const unchanged;
  if (!takes_option(method, "known")) spec.em.known = unchanged.known;
  if (!takes_option(method, "covariance")) spec.em.covariance = unchanged.covariance;
  if (!takes_option(method, "ratio")) spec.em.ratio = unchanged.ratio;
  if (!takes_option(method, "precision")) spec.em.precision = unchanged.precision;
  return spec;
}

/// Covariances that the method does not have, or not in this precision.
void add_covariance_contradictions(EstimatorSpec const& spec, std::vector<std::string>& problems) {
  if (!takes_option(spec.method, "covariance") || !has_matrices(spec.em.covariance)) return;
  auto const covariance = name_of(spec.em.covariance);
  if (spec.method == Method::gradient)
    problems.push_back(
        fmt::format("covariance={} is not for gradient, whose covariances are shared and spherical",
                    covariance));
  else if (spec.em.precision == PrecisionKind::single_precision)
    problems.push_back(fmt::format(
        "covariance={} has precision=double alone; float is for shared and spherical", covariance));
}

/// Components with tails, or a background, that the other options do not allow.
void add_robust_contradictions(EstimatorSpec const& spec, std::vector<std::string>& problems) {
  EmSettings const& em = spec.em;
  bool const is_student = em.noise == NoiseModel::student;
  if (spec.given.contains("degrees") && !is_student)
    problems.push_back("degrees is of noise=student: add it, or leave degrees out");
  if (em.degrees > 0 && em.degrees <= 2)
    problems.push_back(fmt::format(
        "degrees={:g} has no covariance; give more than 2, or 0 to estimate them", em.degrees));
  if (is_student && em.degrees == 0 && em.known.variance)
    problems.push_back("known=variance with noise=student needs the degrees too, as in degrees=3");
  if (em.is_robust() && em.precision == PrecisionKind::single_precision)
    problems.push_back(
        "noise=student and outliers have precision=double alone: add precision=double");
}

/// Options that contradict each other.
std::vector<std::string> contradictions(EstimatorSpec const& spec) {
  std::vector<std::string> problems;
  add_covariance_contradictions(spec, problems);
  add_robust_contradictions(spec, problems);
  auto const start = name_of(spec.em.start);
  auto const report = [&](fmt::string_view form) {
    problems.push_back(fmt::format(fmt::runtime(form), start));
  };
  if (spec.method == Method::spectral && spec.em.start != StartKind::random &&
      spec.em.start != StartKind::kmeans_plus_plus)
    report("start={} is not for spectral, which starts random or kmeans++");
  if (is_without_chance(spec.em.start) && spec.given.contains("restarts") && spec.em.restarts > 1)
    report("every restart of start={} is the same; leave restarts out");
  if (is_without_chance(spec.em.start) && spec.given.contains("components"))
    report("start={} has the components of the task; leave components out");
  if (spec.em.centres > 0 && spec.given.contains("centres") &&
      spec.em.start != StartKind::two_round)
    report("centres is of start=two_round, not of start={}");
  if (spec.em.ratio == RatioRule::constrain && takes_option(spec.method, "ratio") &&
      spec.em.ratio_limit < 1 && has_own_covariances(spec.em.covariance))
    problems.push_back(fmt::format("ratio=constrain needs a ratio_limit of at least 1, not {:g}",
                                   spec.em.ratio_limit));
  return problems;
}

/// The option as it stands in the specification, or else as the key.
std::string named(EstimatorSpec const& spec, std::string const& option) {
  return (spec.given.contains(option) ? "" : "em.") + option + " = ";
}

/// What the floor bounds of a variance: of Student's t the scale, a share of the variance.
double floored_share(EmSettings const& em, TaskSettings const& task) {
  if (em.noise != NoiseModel::student) return 1;
  double const known = em.degrees > 0 ? em.degrees : task.degrees;
  return task.noise == NoiseKind::student || em.degrees > 0 ? (known - 2) / known : 1;
}

/// Says where the floor would keep EM from the truth; empty where it would not.
std::string floor_problem(EstimatorSpec const& spec, TaskSettings const& task) {
  double const smallest = floored_share(spec.em, task) * (has_matrices(spec.em.covariance)
                                                              ? smallest_variance(task)
                                                              : task.sigma.low * task.sigma.low);
  double const highest_floor = 0.5 * smallest / widest_mean_variance(task);
  if (spec.em.variance_floor <= highest_floor) return "";
  std::string const name = named(spec, "variance_floor");
  return fmt::format(
      "{}{:.3g} of the mean variance of the points is near or above the smallest true variance, "
      "which it could not find; give {}{:.3g} or so",
      name, spec.em.variance_floor, name, highest_floor / 10);
}

/// Says where the ratio limit would pass the truth over; empty where it would not.
std::string ratio_problem(EstimatorSpec const& spec, TaskSettings const& task) {
  bool const has_one_ratio = spec.em.covariance == CovarianceKind::spherical &&
                             task.covariance != CovarianceKind::spherical;
  double const ratio = has_one_ratio ? 1 : largest_variance_ratio(task);
  bool const is_without_choice = spec.restarts() == 1 && spec.em.ratio == RatioRule::select;
  if (!has_own_covariances(spec.em.covariance) || is_without_choice || spec.em.ratio_limit == 0 ||
      ratio <= spec.em.ratio_limit)
    return "";
  std::string const name = named(spec, "ratio_limit");
  return fmt::format(
      "{}{:.3g}, but true variances are up to {:.3g} times apart: {}; give {}{:.3g} or so, or 0 "
      "for no "
      "limit",
      name, spec.em.ratio_limit, ratio,
      spec.em.ratio == RatioRule::constrain ? "EM could not find them"
                                            : "restarts near the truth would be passed over",
      name, 3 * ratio);
}

std::string variance_problem(EstimatorSpec const& spec, TaskSettings const& task) {
  auto const covariance = name_of(task.covariance);
  if (task.covariance != CovarianceKind::shared && task.covariance != CovarianceKind::tied)
    return fmt::format(
        "known=variance is for tasks whose components have one covariance (shared, tied); "
        "task.covariance is {}",
        covariance);
  if (spec.em.covariance == task.covariance) return "";
  return fmt::format(
      "known=variance with covariance={}, but task.covariance is {}: add covariance={}",
      name_of(spec.em.covariance), covariance, covariance);
}

std::string weights_problem(TaskSettings const& task) {
  if (task.weights == WeightsKind::equal) return "";
  return fmt::format("known=weights is for task.weights = equal, not {}", name_of(task.weights));
}

std::string means_problem(TaskSettings const& task) {
  if (task.means == MeansKind::gaussian && task.separation.high == 0 && task.scale.is_fixed())
    return "";
  return "known=means_prior is for means that are N(0, task.scale^2 I): task.means = gaussian, "
         "task.separation = 0 and one task.scale";
}

/// Knowledge that the specification grants and the tasks do not have.
std::vector<std::string> known_problems(EstimatorSpec const& spec, TaskSettings const& task) {
  KnownParameters const& known = spec.em.known;
  return {known.variance ? variance_problem(spec, task) : "",
          known.weights ? weights_problem(task) : "", known.means_prior ? means_problem(task) : ""};
}

std::string guess_problem(EstimatorSpec const& spec, InputSettings const& input) {
  if (spec.starts_from_guess() && input.guess == GuessKind::none)
    return "start=given takes the guess of input.init, which is none";
  if (spec.method != Method::bayes_guess || input.guess == GuessKind::corrupted) return "";
  return fmt::format(
      "its guess is input.init = corrupted, which says more than the points; it is {}",
      name_of(input.guess));
}

std::string oracle_problem(EstimatorSpec const& spec) {
  if (spec.em.start != StartKind::oracle || spec.given.contains("start")) return "";
  return fmt::format(
      "em.start = oracle would start it from the truth under a name that does not say so; give the "
      "estimator {}:start=oracle",
      spec.text);
}

/// The sentences that say something, with the specification before them.
std::vector<std::string> of_specification(std::string const& text,
                                          std::vector<std::string> const& sentences) {
  std::vector<std::string> problems;
  for (std::string const& sentence : sentences)
    if (!sentence.empty()) problems.push_back(fmt::format("\"{}\": {}", text, sentence));
  return problems;
}

Method parse_method(std::string const& text, std::string const& word) {
  if (auto const method = value_named<Method>(word)) return *method;
  throw ConfigurationError(
      fmt::format("\"{}\": unknown estimator \"{}\"; the estimators are {}, with options such as "
                  "em:restarts=10",
                  text, word, joined(enum_names<Method>)));
}

/// Throws ConfigurationError unless the parts are external and one plain name.
void check_external(std::string const& text, std::vector<std::string> const& parts) {
  constexpr std::size_t longest = 40;
  std::string const name = parts.size() == 2 ? parts[1] : "";
  bool const is_plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  if (name.empty() || name.size() > longest || !is_plain)
    throw ConfigurationError(
        fmt::format("\"{}\": a program is named external:NAME=COMMAND, where NAME has letters, "
                    "digits, - _ and ., at most {}",
                    text, longest));
}

}  // namespace

EstimatorSpec parse_estimator(std::string const& text, EmSettings const& defaults) {
  auto const parts = split(text, ':');
  EstimatorSpec spec = unadorned(text, parse_method(text, parts[0]), defaults);
  if (spec.is_external()) {
    check_external(text, parts);
    return spec;
  }
  std::vector<std::string> sentences;
  for (std::size_t p = 1; p < parts.size(); ++p) sentences.push_back(apply_option(parts[p], spec));
  for (auto const& sentence : contradictions(spec)) sentences.push_back(sentence);
  auto problems = of_specification(text, sentences);
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return spec;
}

std::vector<std::string> unmet_conditions(EstimatorSpec const& spec, TaskSettings const& task,
                                          InputSettings const& input) {
  std::vector<std::string> sentences{guess_problem(spec, input)};
  if (spec.weighs_labels())
    sentences =
        spec.method == Method::posterior ? posterior_problems(task) : log_joint_problems(task);
  if (takes_option(spec.method, "known"))
    for (auto const& sentence : known_problems(spec, task)) sentences.push_back(sentence);
  return of_specification(spec.text, sentences);
}

std::vector<std::string> estimator_problems(EstimatorSpec const& spec, TaskSettings const& task,
                                            InputSettings const& input) {
  std::vector<std::string> sentences;
  if (takes_option(spec.method, "start")) sentences.push_back(oracle_problem(spec));
  if (takes_option(spec.method, "variance_floor") && !spec.em.known.variance) {
    sentences.push_back(floor_problem(spec, task));
    sentences.push_back(ratio_problem(spec, task));
  }
  std::vector<std::string> problems = unmet_conditions(spec, task, input);
  for (auto& problem : of_specification(spec.text, sentences))
    problems.push_back(std::move(problem));
  return problems;
}

bool EstimatorSpec::starts_from_guess() const {
  return takes_option(method, "restarts") && em.start == StartKind::guess;
}

int EstimatorSpec::restarts() const {
  return takes_option(method, "restarts") && !is_without_chance(em.start) ? em.restarts : 1;
}

bool EstimatorSpec::follows_default(std::string const& option) const {
  if (!takes_option(method, option) || given.contains(option)) return false;
  auto const& is_read = find_option(option)->setting.is_read;
  bool const has_own = option == "max_iterations" &&
                       (method == Method::transformer_em || method == Method::gradient);
  return !has_own && (!is_read || is_read(em));
}

}  // namespace tvem
