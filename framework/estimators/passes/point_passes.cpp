#include "framework/estimators/passes/point_passes.hpp"

#include <algorithm>
#include <limits>
#include <numbers>
#include <type_traits>

#include "framework/core/error.hpp"
#include "framework/core/math.hpp"

namespace tvem {

template <class T>
PointPasses<T>::PointPasses(RowMatrix const& points, InstructionSet instruction_set)
    : kernels_(variant<PassKernels<T>>(instruction_set)),
      n_(static_cast<int>(points.rows())),
      dim_(static_cast<int>(points.cols())),
      origin_(Eigen::VectorXd::Zero(dim_)) {
  TVEM_CHECK(n_ > 0 && dim_ > 0, "there must be points");
  auto const d = static_cast<std::size_t>(dim_),
             n_blocks = (static_cast<std::size_t>(n_) + block_points - 1) / block_points;
  if constexpr (std::is_same_v<T, float>) {
    for (Eigen::Index i = 0; i < n_; ++i)
      for (Eigen::Index c = 0; c < dim_; ++c) origin_[c] += points(i, c) / n_;
  }
  points_.resize(n_blocks * d * block_points);
  labels_.resize(n_blocks * block_points);
  double const* x = points.data();
  for (std::size_t i = 0; i < static_cast<std::size_t>(n_); ++i) {
    T* const target = points_.data() + i / block_points * d * block_points + i % block_points;
    for (std::size_t c = 0; c < d; ++c)
      target[c * block_points] = static_cast<T>(*x++ - origin_[static_cast<Eigen::Index>(c)]);
  }
}

template <class T>
void PointPasses<T>::set_means(RowMatrix const& means) {
  TVEM_CHECK(means.cols() == dim_ && means.rows() > 0, "means and points do not fit");
  auto const k = static_cast<std::size_t>(means.rows()), d = static_cast<std::size_t>(dim_);
  means_.resize(k * d);
  sums_.resize(k * d);
  for (std::size_t i = 0; i < k * d; ++i)
    means_[i] = static_cast<T>(means.data()[i] - origin_[static_cast<Eigen::Index>(i % d)]);
  mass_.resize(k);
  square_sums_.resize(k);
  grow(scratch_, kernels_.scratch_size(static_cast<int>(k), dim_));
}

template <class T>
double PointPasses<T>::expectation(Mixture const& mixture) {
  set_means(mixture.means);
  half_precision_.resize(mass_.size());
  log_scale_.resize(mass_.size());
  for (std::size_t j = 0; j < mass_.size(); ++j) {
    auto const index = static_cast<Eigen::Index>(j);
    double const weight = mixture.weights[index], variance = mixture.variances[index];
    half_precision_[j] = static_cast<T>(0.5 / variance);
    log_scale_[j] = weight > 0
                        ? static_cast<T>(portable_log(weight) -
                                         0.5 * dim_ * portable_log(2 * std::numbers::pi * variance))
                        : -std::numeric_limits<T>::infinity();
  }
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
  auto const component = static_cast<std::size_t>(j), d = static_cast<std::size_t>(dim_);
  // About the new mean rather than the old one, the squares lose mass times the squared shift.
  double squared_shift = 0;
  for (std::size_t c = 0; c < d; ++c) {
    double const centred = sums_[component * d + c] / mass_[component];
    double const shift = centred - static_cast<double>(means_[component * d + c]);
    squared_shift += shift * shift;
    mean[c] = origin_[static_cast<Eigen::Index>(c)] + centred;
  }
  return std::max(square_sums_[component] - mass_[component] * squared_shift, 0.0);
}

template <class T>
bool PointPasses<T>::nearest(RowMatrix const& means) {
  set_means(means);
  NearestPass<T> pass{.points = points_.data(),
                      .n_points = n_,
                      .dim = dim_,
                      .components = static_cast<int>(means.rows()),
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
  auto const component = static_cast<std::size_t>(j), d = static_cast<std::size_t>(dim_);
  for (std::size_t c = 0; c < d; ++c)
    mean[c] = origin_[static_cast<Eigen::Index>(c)] + sums_[component * d + c] / mass_[component];
}

template <class T>
std::vector<int> PointPasses<T>::labels() const {
  std::vector<int> result(static_cast<std::size_t>(n_));
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<int>(labels_[i]);
  return result;
}

template class PointPasses<float>;
template class PointPasses<double>;

}  // namespace tvem
