#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/enum_names.hpp"
#include "framework/core/range.hpp"
#include "framework/core/setting.hpp"

namespace tvem {

enum class MeansKind { gaussian, uniform, sphere, simplex };
template <>
inline constexpr auto enum_names<MeansKind> =
    std::array<std::string_view, 4>{"gaussian", "uniform", "sphere", "simplex"};

/// Where a regular simplex of means lies: about the origin, or about N(0, scale^2 I).
enum class CentreKind { origin, random };
template <>
inline constexpr auto enum_names<CentreKind> = std::array<std::string_view, 2>{"origin", "random"};

enum class WeightsKind { equal, dirichlet };
template <>
inline constexpr auto enum_names<WeightsKind> =
    std::array<std::string_view, 2>{"equal", "dirichlet"};

/// shared: one variance for all components (the paper's model); spherical: one variance per
/// component; tied: one matrix for all; diagonal, full: one per component.
enum class CovarianceKind { shared, spherical, tied, diagonal, full };
template <>
inline constexpr auto enum_names<CovarianceKind> =
    std::array<std::string_view, 5>{"shared", "spherical", "tied", "diagonal", "full"};

/// Whether components have matrices for covariances rather than variances.
inline bool has_matrices(CovarianceKind covariance) {
  return covariance != CovarianceKind::shared && covariance != CovarianceKind::spherical;
}

/// Whether components have covariances of their own rather than one for all.
inline bool has_own_covariances(CovarianceKind covariance) {
  return covariance != CovarianceKind::shared && covariance != CovarianceKind::tied;
}

/// Distribution of a point about its mean, always with the covariance of its component: student is
/// the multivariate t; laplace has independent coordinates.
enum class NoiseKind { gaussian, student, laplace };
template <>
inline constexpr auto enum_names<NoiseKind> =
    std::array<std::string_view, 3>{"gaussian", "student", "laplace"};

struct TaskFamily;

/// The keys `task.*`: the prior from which tasks are drawn.
struct TaskSettings {
  Range<int> dim{2, 2};
  Range<int> components{3, 3};
  Range<int> points{50, 50};
  MeansKind means = MeansKind::gaussian;
  // Of means: gaussian: standard deviation; uniform: half width; sphere: radius. Of a random
  // centre.
  Range<double> scale{3, 3};
  CentreKind centre = CentreKind::random;  // of simplex means
  // In units of sigma; simplex: the distance, else the minimum distance.
  Range<double> separation{0, 0};
  Range<double> sigma{1, 1};
  WeightsKind weights = WeightsKind::equal;
  double concentration = 1;
  CovarianceKind covariance = CovarianceKind::shared;
  double eigenvalue_ratio = 10;  // tied, diagonal, full: largest over smallest eigenvalue
  NoiseKind noise = NoiseKind::gaussian;
  double degrees = 5;     // of Student's t, > 2
  double outliers = 0;    // share of a task's points
  std::int64_t pool = 0;  // training tasks; 0: always fresh ones
  std::uint64_t pool_seed = 1;
  double label_noise = 0;  // share of a training task's labels that others replace
  std::vector<std::string> family =
      {};                            // names; what they say is in these settings, or in `families`
  std::vector<TaskFamily> families;  // each task is of one of them; empty: of these settings
};

/// One of several families; a task is of each with the same probability.
struct TaskFamily {
  std::string name;
  TaskSettings settings;
};

/// Whether this can be the name of a family: letters, digits, _ and -.
bool is_family_name(std::string const& name);
/// How many families a task may be of, and the settings of each.
int n_families(TaskSettings const& settings);
TaskSettings const& family_of(TaskSettings const& settings, int family);
/// The names of the families; "none" for tasks of no named family.
std::vector<std::string> family_names(TaskSettings const& settings);

/// A row for each of the keys.
std::vector<Setting<TaskSettings>> const& task_settings();

}  // namespace tvem
