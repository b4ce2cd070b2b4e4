#include "io/tasks/stored_mixtures.hpp"

#include <algorithm>
#include <cmath>

namespace tvem {
namespace {

/// tvem writes factors, others covariances.
std::string matrix_name(Hdf5Group const& group) {
  return group.has("factor") ? "factor" : "covariance";
}

}  // namespace

void StoredMixtures::check_shapes(Hdf5Group const& group, std::size_t n, std::size_t d,
                                  ArrayChecks& checks, ProblemList& problems) {
  if (!checks.has_array("weight", Hdf5Kind::real, {n, 0}, true)) return;
  std::size_t const k = group.shape("weight")[1];
  checks.has_array("mean", Hdf5Kind::real, {n, k, d}, true);
  checks.has_array("degrees", Hdf5Kind::real, {n}, false);
  checks.has_array("noise", Hdf5Kind::integer, {n}, false);
  checks.has_array("variance", Hdf5Kind::real, {n, k}, false);
  checks.has_array(matrix_name(group), Hdf5Kind::real, {n, k, d, d}, false);
  if (!group.has("variance") && !group.has(matrix_name(group)))
    problems.add("a mixture has a variance, or a covariance, and the file has neither");
}

StoredMixtures::StoredMixtures(Hdf5Group const& group)
    : group_(group), matrix_name_(matrix_name(group)) {
  if (!are_in(group)) return;
  n_rows_ = as_count(group.shape("mean")[1]);
  n_columns_ = as_count(group.shape("mean")[2]);
}

void StoredMixtures::read(std::int64_t first, std::int64_t n) {
  weights_ = rows_of<double>(group_, "weight", first, n);
  means_ = rows_of<double>(group_, "mean", first, n);
  variances_ = rows_of<double>(group_, "variance", first, n);
  matrices_ = rows_of<double>(group_, matrix_name_, first, n);
  degrees_ = rows_of<double>(group_, "degrees", first, n);
  noises_ = rows_of<int>(group_, "noise", first, n);
}

Mixture StoredMixtures::mixture(std::int64_t place, int k, int d) const {
  Mixture mixture;
  mixture.weights.resize(k);
  mixture.means.resize(k, d);
  for (int j = 0; j < k; ++j) {
    mixture.weights[j] = weights_[place * n_rows_ + j];
    for (int c = 0; c < d; ++c)
      mixture.means(j, c) = means_[(place * n_rows_ + j) * n_columns_ + c];
  }
  set_noise(place, mixture);
  set_spread(place, mixture);
  return mixture;
}

/// Degrees alone say Student's t.
void StoredMixtures::set_noise(std::int64_t place, Mixture& mixture) const {
  bool const has_degrees = !degrees_.empty() && !std::isnan(degrees_[place]);
  if (has_degrees) mixture.degrees = degrees_[place];
  if (has_degrees) mixture.noise = NoiseKind::student;
  if (!noises_.empty()) mixture.noise = value_of<NoiseKind>(std::clamp(noises_[place], 0, 2));
}

/// A task has either variances or matrices; the other ones are NaN.
void StoredMixtures::set_spread(std::int64_t place, Mixture& mixture) const {
  int const k = mixture.components(), d = mixture.dim();
  bool const has_matrices =
      !matrices_.empty() && (variances_.empty() || std::isnan(variances_[place * n_rows_]));
  if (!has_matrices) {
    mixture.variances = Eigen::Map<Eigen::VectorXd const>(variances_.data() + place * n_rows_, k);
    return;
  }
  mixture.factors.resize(k * d, d);
  for (int j = 0; j < k; ++j) {
    mixture.factor(j) = matrix(place, j, d);
    if (matrix_name_ == "covariance" && !factorize(mixture.factor(j)))
      mixture.factor(j).setConstant(std::nan(""));
  }
}

RowMatrix StoredMixtures::matrix(std::int64_t place, int j, int d) const {
  RowMatrix matrix(d, d);
  std::int64_t const first = (place * n_rows_ + j) * n_columns_;
  for (int r = 0; r < d; ++r)
    for (int c = 0; c < d; ++c) matrix(r, c) = matrices_[(first + r) * n_columns_ + c];
  return matrix;
}

std::string StoredMixtures::problem_of(Mixture const& mixture) {
  if (!(mixture.weights.minCoeff() >= 0) || !(std::fabs(mixture.weights.sum() - 1) < 1e-6))
    return "has weights that are negative, or not of the sum 1";
  if (!mixture.means.allFinite()) return "has a mean that is not finite";
  if (mixture.noise == NoiseKind::student && !(mixture.degrees > 2))
    return "has degrees of freedom of at most 2";
  bool const has_spread = mixture.is_isotropic()
                              ? mixture.variances.allFinite() && mixture.variances.minCoeff() > 0
                              : mixture.factors.allFinite();
  return has_spread ? ""
                    : "has a variance that is not positive, or a covariance that is not "
                      "positive definite";
}

}  // namespace tvem
