#include "framework/estimators/spectral.hpp"

#include <algorithm>

#include <Eigen/Eigenvalues>

#include "framework/estimators/em.hpp"
#include "framework/estimators/lloyd.hpp"
#include "framework/estimators/starts/starts.hpp"

namespace tvem {

RowMatrix spectral_projection(RowMatrix const& points, int k) {
  Eigen::Index const n = points.rows(), d = points.cols();
  if (d <= k || !points.allFinite()) return points;
  // Eigenvectors of the smaller of X^T X and X X^T, the eigenvalues in ascending order.
  if (d <= n) {
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(points.transpose() * points);
    return points * solver.eigenvectors().rightCols(k).rowwise().reverse();
  }
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const solver(points * points.transpose());
  Eigen::Index const rank = std::min<Eigen::Index>(k, n);
  // X V = U S.
  return solver.eigenvectors().rightCols(rank).rowwise().reverse() *
         solver.eigenvalues().tail(rank).reverse().cwiseMax(0).cwiseSqrt().asDiagonal();
}

Fit spectral(RowMatrix const& points, int k, EmSettings const& settings, Restarts const& restarts) {
  Fit fit = lloyd(spectral_projection(points, k), k, settings, restarts);
  if (fit.status == FitStatus::failed) return fit;
  fit.mixture = mixture_of_labels(points, fit.labels, k, variance_floor(points, 1e-12));
  fit.log_likelihood = mean_log_likelihood(fit.mixture, points);
  return fit;
}

}  // namespace tvem
