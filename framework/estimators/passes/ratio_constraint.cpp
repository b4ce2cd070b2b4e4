#include "framework/estimators/passes/ratio_constraint.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/core/index.hpp"
#include "framework/core/math.hpp"

namespace tvem {
namespace {

/// Sums over sorted variances, up to each.
class Sums {
 public:
  Sums(std::vector<WeighedVariance> variances, double ratio)
      : variances_(std::move(variances)), ratio_(ratio), masses_{0}, moments_{0}, logs_{0} {
    std::sort(variances_.begin(), variances_.end(),
              [](auto const& a, auto const& b) { return a.variance < b.variance; });
    for (auto const& [variance, mass] : variances_) {
      masses_.push_back(masses_.back() + mass);
      moments_.push_back(moments_.back() + mass * variance);
      logs_.push_back(logs_.back() + (variance > 0 ? mass * (1 + portable_log(variance)) : 0));
    }
  }

  /// What m costs: sum_i mass_i (log v_i + variance_i / v_i).
  double cost(double m) const {
    std::size_t const below = n_below(m), inside = n_below(ratio_ * m);
    return masses_[below] * portable_log(m) + moments_[below] / m + logs_[inside] - logs_[below] +
           (masses_.back() - masses_[inside]) * portable_log(ratio_ * m) +
           (moments_.back() - moments_[inside]) / (ratio_ * m);
  }
  /// Where the cost would be least if the variances below m and above ratio m were those at `near`;
  /// `near` where there are none.
  double stationary(double near) const {
    std::size_t const below = n_below(near), inside = n_below(ratio_ * near);
    double const mass = masses_[below] + masses_.back() - masses_[inside];
    double const moment = moments_[below] + (moments_.back() - moments_[inside]) / ratio_;
    return mass > 0 ? moment / mass : near;
  }
  /// Where the variances below m or above ratio m change, in order.
  std::vector<double> breakpoints() const {
    std::vector<double> points;
    for (auto const& weighed : variances_) {
      points.push_back(weighed.variance);
      points.push_back(weighed.variance / ratio_);
    }
    std::sort(points.begin(), points.end());
    return points;
  }
  bool is_met(double floor) const {
    double const smallest = variances_.front().variance;
    return smallest >= floor && variances_.back().variance <= ratio_ * smallest;
  }

 private:
  std::size_t n_below(double level) const {
    return std::lower_bound(variances_.begin(), variances_.end(), level,
                            [](auto const& weighed, double x) { return weighed.variance < x; }) -
           variances_.begin();
  }

  std::vector<WeighedVariance> variances_;
  double ratio_;
  std::vector<double> masses_, moments_, logs_;  // of the first 0, 1, ... variances
};

/// The m >= floor of least cost.
double best_low_end(Sums const& sums, double floor) {
  double best = floor, least = sums.cost(floor);
  auto const points = sums.breakpoints();
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    double const m = std::fmax(sums.stationary(0.5 * (points[i] + points[i + 1])), floor);
    if (double const cost = sums.cost(m); cost < least) {
      least = cost;
      best = m;
    }
  }
  return best;
}

}  // namespace

void constrain_ratio(double ratio, double floor, std::vector<WeighedVariance>& variances) {
  auto const is_finite = [](auto const& weighed) { return std::isfinite(weighed.variance); };
  if (variances.empty() || !std::all_of(variances.begin(), variances.end(), is_finite)) return;
  Sums const sums(variances, ratio);
  if (sums.is_met(floor)) return;
  double const m = best_low_end(sums, floor);
  for (auto& weighed : variances) weighed.variance = std::clamp(weighed.variance, m, ratio * m);
}

}  // namespace tvem
