#pragma once

#include <vector>

#include "framework/estimators/settings.hpp"
#include "framework/tasks/mixture.hpp"

namespace tvem {

/// EM's passes for components of Student's t (Peel and McLachlan 2000), and for a background beside
/// the components, uniform over the box of the points (Banfield and Raftery 1993). Any covariance,
/// in double precision. A mixture holds covariances, of which the t-density's scale matrix is the
/// share scale_share().
class RobustPasses {
 public:
  RobustPasses(RowMatrix const& points, EmSettings const& settings);
  RobustPasses(RowMatrix&&, EmSettings const&) = delete;  // it refers to the points

  int n_points() const { return as_count(points_.rows()); }

  /// Begins anew from this mixture: its noise is that of the settings, and the background has its
  /// first share.
  void begin(Mixture& mixture);
  /// The E-step at `mixture`. Returns the mean log-likelihood per point, with the background. A
  /// component of weight 0 takes no part.
  double expectation(Mixture const& mixture);
  /// Sum of the responsibilities of component j, and of all components.
  double mass(Eigen::Index j) const { return mass_[j]; }
  double total_mass() const { return total_mass_; }
  /// The mass that counts for its mean, where far points weigh less.
  double mean_mass(Eigen::Index j) const { return mean_mass_[j]; }
  /// Weighted sum of squared distances from the mean of the E-step.
  double square_sum(Eigen::Index j) const;
  /// The weighted mean, for mass > 0, to `mean` (dim). Returns the weighted sum of squared
  /// distances from it.
  double weighted_mean(Eigen::Index j, double* mean) const;
  /// The same with the weighted sum of outer products about it, to `scatter` (dim x dim).
  void moments(Eigen::Index j, double* mean, RowMatrix& scatter) const;
  /// The degrees of freedom of the next mixture: those of the settings, or else the ones that
  /// maximise the expected log-likelihood.
  double degrees() const;
  /// n labels of the last pass: the most probable component, the first of equals. The background
  /// takes no label.
  std::vector<int> labels() const { return labels_; }
  /// Of each point, whether the background explains it better than all components together.
  std::vector<bool> const& is_background() const { return is_background_; }

 private:
  bool is_student() const { return settings_.noise == NoiseModel::student; }
  /// Responsibilities of a point from its weighted log densities (k). Returns its log-likelihood.
  double share_out(Eigen::Index i, double const* log_density);
  /// What the E-step at these degrees says of the next ones, and the weights of the points.
  void weigh_points(Mixture const& mixture, RowMatrix const& log_density);
  double square_sum_about(Eigen::Index j, double const* mean) const;

  RowMatrix const& points_;
  EmSettings settings_;
  double log_volume_;      // of the box of the points
  double background_ = 0;  // its share of the points, of the next E-step
  double background_mass_ = 0;
  RowMatrix means_;  // k x dim, of the E-step
  RowMatrix responsibilities_;
  RowMatrix weights_;  // n x k: responsibilities, less for points far from the component
  std::vector<double> mass_, mean_mass_;
  double total_mass_ = 0;
  double degrees_surplus_ = 0;  // what log(x) - digamma(x) is to be of half the next degrees
  std::vector<int> labels_;
  std::vector<bool> is_background_;
};

/// The scale matrix of Student's t as a share of the covariance; 1 for Gaussian components.
double scale_share(Mixture const& mixture);

/// Multiplies all covariances by `factor`.
void multiply_covariances(double factor, Mixture& mixture);

}  // namespace tvem
