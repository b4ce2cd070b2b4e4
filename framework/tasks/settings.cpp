#include "framework/tasks/settings.hpp"

#include <algorithm>
#include <cctype>

#include "framework/core/index.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

bool parse_names(std::string const& text, TaskSettings& settings) {
  std::vector<std::string> names;
  if (text != "none")
    for (std::string const& part : split(text, ',')) names.push_back(trimmed(part));
  for (std::string const& name : names)
    if (!is_family_name(name) || std::count(names.begin(), names.end(), name) > 1) return false;
  settings.family = names;
  return true;
}

}  // namespace

bool is_family_name(std::string const& name) {
  return !name.empty() && name != "none" &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

int n_families(TaskSettings const& settings) { return std::max(1, count_of(settings.families)); }

TaskSettings const& family_of(TaskSettings const& settings, int family) {
  return settings.families.empty() ? settings : settings.families[family].settings;
}

std::vector<std::string> family_names(TaskSettings const& settings) {
  return settings.family.empty() ? std::vector<std::string>{"none"} : settings.family;
}

namespace {

using T = TaskSettings;
using Table = std::vector<Setting<T>>;

Table size_settings() {
  return {
      {"family",
       "family of tasks: the keys of its section [family.NAME] take the place of those of [task]; "
       "of several, each task is of one, all as likely",
       "none, or a list of different names of letters, digits, _ and -", parse_names,
       [](T const& s) { return s.family.empty() ? "none" : joined(s.family); }},
      number_or_range("dim", &T::dim, {1, 1024}, "dimension of the points"),
      number_or_range("components", &T::components, {2, 64},
                      "number of components k of the mixture; told to every method"),
      number_or_range("points", &T::points, {2, 100'000}, "points of a task"),
  };
}

Table mean_settings() {
  return {
      word("means", &T::means,
           "how means are drawn: N(0, scale^2 I); uniform in the cube; uniform on the sphere; a "
           "regular simplex, rotated at random"),
      number_or_range(
          "scale", &T::scale, {positive, 1e100},
          "of the means: standard deviation, half width or radius; of a random centre: standard "
          "deviation")
          .read_if(
              [](T const& s) {
                return s.means != MeansKind::simplex || s.centre == CentreKind::random;
              },
              "task.means = gaussian, uniform or sphere, or task.centre = random"),
      word("centre", &T::centre,
           "where simplex means lie: about the origin, or about N(0, scale^2 I)")
          .read_if([](T const& s) { return s.means == MeansKind::simplex; }, "task.means = simplex")
          .with_first_default("origin"),
      number_or_range("separation", &T::separation, {0, unbounded},
                      "smallest distance of two means, in units of sigma; simplex: their distance"),
  };
}

Table component_settings() {
  return {
      number_or_range("sigma", &T::sigma, {1e-100, 1e100},
                      "standard deviation of a coordinate within a component"),
      word("weights", &T::weights, "weights of the components"),
      number("concentration", &T::concentration, {1e-3, unbounded},
             "of the Dirichlet distribution of the weights")
          .read_if([](T const& s) { return s.weights == WeightsKind::dirichlet; },
                   "task.weights = dirichlet"),
      word("covariance", &T::covariance,
           "covariance of the components: one variance for all; one each; one matrix for all; a "
           "diagonal or a full matrix each"),
      number("eigenvalue_ratio", &T::eigenvalue_ratio, {1, 1e12},
             "largest over smallest eigenvalue of tied, diagonal and full covariances")
          .read_if([](T const& s) { return s.dim.high > 1 && has_matrices(s.covariance); },
                   "task.covariance = tied, diagonal or full in more than one dimension"),
  };
}

Table noise_settings() {
  return {
      word("noise", &T::noise,
           "distribution about a mean, rescaled to the covariance: normal, multivariate Student t, "
           "or independent Laplace coordinates"),
      number("degrees", &T::degrees, {2.01, 1e6}, "degrees of freedom of Student's t")
          .read_if([](T const& s) { return s.noise == NoiseKind::student; },
                   "task.noise = student"),
      number("outliers", &T::outliers, {0, 0.9},
             "share of points that belong to no component: in the data, not in the error")
          .read_if([](T const& s) { return s.outliers * s.points.high > 1 - 1e-9; },
                   "enough task.points for one outlier"),
  };
}

Table pool_settings() {
  return {
      number("pool", &T::pool, {0, any_count},
             "training tasks of a fixed set, drawn with replacement; 0: every task is fresh"),
      number("pool_seed", &T::pool_seed, any_seed, "seed of the fixed set")
          .read_if([](T const& s) { return s.pool > 0; }, "task.pool"),
      number("label_noise", &T::label_noise, {0, 1},
             "share of the labels of training tasks that are replaced by others; evaluation and "
             "validation tasks have true labels"),
  };
}

}  // namespace

std::vector<Setting<TaskSettings>> const& task_settings() {
  static Table const table = one_table(
      {size_settings(), mean_settings(), component_settings(), noise_settings(), pool_settings()});
  return table;
}

}  // namespace tvem
