#include "framework/estimators/passes/matrix_passes.hpp"

#include <algorithm>
#include <limits>
#include <numbers>

#include "framework/core/interruption.hpp"
#include "framework/core/math.hpp"
#include "framework/estimators/passes/point_blocks.hpp"

namespace tvem {
namespace {

constexpr int blocks_of_part = 64;

/// log(weight) and the log of the normal density at its mean.
double log_density_at_mean(Mixture const& mixture, Eigen::Index j) {
  if (!(mixture.weights[j] > 0)) return -std::numeric_limits<double>::infinity();
  double value =
      portable_log(mixture.weights[j]) - 0.5 * mixture.dim() * portable_log(2 * std::numbers::pi);
  for (Eigen::Index c = 0; c < mixture.dim(); ++c) value -= portable_log(mixture.factor(j)(c, c));
  return value;
}

}  // namespace

MatrixPasses::MatrixPasses(RowMatrix const& points)
    : kernels_(variant<MatrixPassKernels>()),
      n_(as_count(points.rows())),
      dim_(as_count(points.cols())),
      points_(in_blocks<double>(points, Eigen::VectorXd::Zero(dim_))),
      labels_(n_blocks_of(n_) * block_points),
      scratch_(moments_scratch_size(dim_)) {}

template <class F>
void MatrixPasses::for_parts(F const& f) const {
  for (int first = 0; first * block_points < n_; first += blocks_of_part) {
    leave_if_interrupted();
    f(first, std::min(n_ - first * block_points, blocks_of_part * block_points));
  }
}

double MatrixPasses::expectation(Mixture const& mixture) {
  set_densities(mixture);
  int const k = mixture.components();
  mass_.assign(k, 0);
  grow(responsibilities_, n_blocks_of(n_) * k * block_points);
  MatrixPass pass{.dim = dim_,
                  .components = k,
                  .means = mixture.means.data(),
                  .factors = factors_.data(),
                  .log_scale = log_scale_.data(),
                  .scratch = scratch_.data(),
                  .mass = mass_.data()};
  for_parts([&](Eigen::Index first, int n_points) {
    pass.points = points_.data() + first * dim_ * block_points;
    pass.n_points = n_points;
    pass.responsibilities = responsibilities_.data() + first * k * block_points;
    pass.labels = labels_.data() + first * block_points;
    kernels_.expectation(pass);
  });
  return pass.log_likelihood_sum / n_;
}

void MatrixPasses::set_densities(Mixture const& mixture) {
  factors_.assign(mixture.factors.data(), mixture.factors.data() + mixture.factors.size());
  log_scale_.clear();
  for (Eigen::Index j = 0; j < mixture.components(); ++j) {
    log_scale_.push_back(log_density_at_mean(mixture, j));
    for (Eigen::Index c = 0; c < dim_; ++c) {
      double& diagonal = factors_[(j * dim_ + c) * dim_ + c];
      diagonal = 1 / diagonal;
    }
  }
}

void MatrixPasses::moments(Eigen::Index j, double* mean, RowMatrix& scatter) {
  std::vector<double> sums(dim_);
  std::ptrdiff_t const k = std::ssize(mass_);
  MomentsPass pass{.dim = dim_,
                   .weights_stride = as_count(k * block_points),
                   .origin = mean,
                   .scratch = scratch_.data(),
                   .sums = sums.data()};
  auto const add_all = [&] {
    for_parts([&](Eigen::Index first, int n_points) {
      pass.points = points_.data() + first * dim_ * block_points;
      pass.n_points = n_points;
      pass.weights = responsibilities_.data() + (first * k + j) * block_points;
      kernels_.moments(pass);
    });
  };
  add_all();
  for (int c = 0; c < dim_; ++c) mean[c] = sums[c] / mass_[j];
  scatter.setZero();
  pass.products = scatter.data();
  add_all();
  scatter.triangularView<Eigen::StrictlyUpper>() = scatter.transpose();
}

std::vector<int> MatrixPasses::labels() const { return labels_of(labels_, n_); }

}  // namespace tvem
