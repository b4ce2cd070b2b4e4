#include "framework/estimators/passes/point_passes.hpp"

#include <algorithm>
#include <limits>
#include <numbers>
#include <type_traits>

#include "framework/core/error.hpp"
#include "framework/core/math.hpp"
#include "framework/estimators/passes/point_blocks.hpp"

namespace tvem {

template <class T>
PointPasses<T>::PointPasses(RowMatrix const& points)
    : kernels_(variant<PassKernels<T>>()),
      n_(as_count(points.rows())),
      dim_(as_count(points.cols())),
      origin_(Eigen::VectorXd::Zero(dim_)) {
  TVEM_CHECK(n_ > 0 && dim_ > 0, "there must be points");
  if constexpr (std::is_same_v<T, float>) {
    for (Eigen::Index i = 0; i < n_; ++i)
      for (Eigen::Index c = 0; c < dim_; ++c) origin_[c] += points(i, c) / n_;
  }
  points_ = in_blocks<T>(points, origin_);
  labels_.resize(n_blocks_of(n_) * block_points);
}

template <class T>
void PointPasses<T>::set_means(RowMatrix const& means) {
  TVEM_CHECK(means.cols() == dim_ && means.rows() > 0, "means and points do not fit");
  int const k = as_count(means.rows());
  means_.resize(means.size());
  sums_.resize(means.size());
  for (Eigen::Index i = 0; i < means.size(); ++i)
    means_[i] = rounded_to<T>(means.data()[i] - origin_[i % dim_]);
  mass_.resize(k);
  square_sums_.resize(k);
  grow(scratch_, kernels_.scratch_size(k, dim_));
}

template <class T>
void PointPasses<T>::set_densities(Mixture const& mixture) {
  half_precision_.resize(mass_.size());
  log_scale_.resize(mass_.size());
  for (int j = 0; j < mixture.components(); ++j) {
    double const weight = mixture.weights[j], variance = mixture.variances[j];
    half_precision_[j] = rounded_to<T>(0.5 / variance);
    log_scale_[j] = weight > 0
                        ? rounded_to<T>(portable_log(weight) -
                                        0.5 * dim_ * portable_log(2 * std::numbers::pi * variance))
                        : -std::numeric_limits<T>::infinity();
  }
}

template <class T>
double PointPasses<T>::expectation(Mixture const& mixture) {
  set_means(mixture.means);
  set_densities(mixture);
  ExpectationPass<T> pass{.points = points_.data(),
                          .n_points = n_,
                          .dim = dim_,
                          .components = mixture.components(),
                          .means = means_.data(),
                          .half_precision = half_precision_.data(),
                          .log_scale = log_scale_.data(),
                          .scratch = scratch_.data(),
                          .labels = labels_.data(),
                          .mass = mass_.data(),
                          .square_sums = square_sums_.data(),
                          .sums = sums_.data()};
  kernels_.expectation(pass);
  return pass.log_likelihood_sum / n_;
}

template <class T>
double PointPasses<T>::weighted_mean(Eigen::Index j, double* mean) const {
  // About the new mean rather than the old one, the squares lose mass times the squared shift.
  double squared_shift = 0;
  for (Eigen::Index c = 0; c < dim_; ++c) {
    double const centred = sums_[j * dim_ + c] / mass_[j];
    double const shift = centred - means_[j * dim_ + c];
    squared_shift += shift * shift;
    mean[c] = origin_[c] + centred;
  }
  return std::max(square_sums_[j] - mass_[j] * squared_shift, 0.0);
}

template <class T>
bool PointPasses<T>::nearest(RowMatrix const& means) {
  set_means(means);
  NearestPass<T> pass{.points = points_.data(),
                      .n_points = n_,
                      .dim = dim_,
                      .components = count_of(mass_),
                      .means = means_.data(),
                      .scratch = scratch_.data(),
                      .labels = labels_.data(),
                      .counts = mass_.data(),
                      .sums = sums_.data()};
  kernels_.nearest(pass);
  nearest_square_sum_ = pass.square_sum;
  return pass.has_changed;
}

template <class T>
void PointPasses<T>::label_mean(Eigen::Index j, double* mean) const {
  for (Eigen::Index c = 0; c < dim_; ++c) mean[c] = origin_[c] + sums_[j * dim_ + c] / mass_[j];
}

template <class T>
std::vector<int> PointPasses<T>::labels() const {
  return labels_of(labels_, n_);
}

template class PointPasses<float>;
template class PointPasses<double>;

}  // namespace tvem
