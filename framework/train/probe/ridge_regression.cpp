#include "framework/train/probe/ridge_regression.hpp"

#include <Eigen/Cholesky>

namespace tvem {
namespace {

RowMatrix with_ones(RowMatrix const& features) {
  RowMatrix result(features.rows(), features.cols() + 1);
  result << features, Eigen::VectorXd::Ones(features.rows());
  return result;
}

}  // namespace

RidgeRegression::RidgeRegression(Eigen::Index n_features, Eigen::Index n_targets)
    : gram_(RowMatrix::Zero(n_features + 1, n_features + 1)),
      products_(RowMatrix::Zero(n_features + 1, n_targets)) {}

void RidgeRegression::add(RowMatrix const& features, RowMatrix const& targets) {
  RowMatrix const rows = with_ones(features);
  gram_ += rows.transpose() * rows;
  products_ += rows.transpose() * targets;
}

void RidgeRegression::solve(double penalty) {
  Eigen::Index const d = gram_.rows() - 1;
  RowMatrix penalised = gram_;
  double const size = gram_.diagonal().head(d).mean();
  penalised.diagonal().head(d).array() += penalty * (size > 0 ? size : 1);
  weights_ = penalised.ldlt().solve(products_);
}

RowMatrix RidgeRegression::predict(RowMatrix const& features) const {
  return with_ones(features) * weights_;
}

}  // namespace tvem
