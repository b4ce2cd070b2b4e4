#pragma once

#include "framework/tasks/mixture.hpp"

namespace tvem {

/// Linear regression of several targets on the same features, with an intercept and a penalty on
/// the squared weights (Hoerl and Kennard 1970). Rows may come in parts.
class RidgeRegression {
 public:
  RidgeRegression(Eigen::Index n_features, Eigen::Index n_targets);

  /// features: n x n_features. targets: n x n_targets.
  void add(RowMatrix const& features, RowMatrix const& targets);
  /// Fits. penalty: in units of the features' mean square.
  void solve(double penalty);
  /// n x n_targets; after solve.
  RowMatrix predict(RowMatrix const& features) const;

 private:
  RowMatrix gram_, products_;  // of features with a column of ones: with themselves, with targets
  RowMatrix weights_;          // (n_features + 1) x n_targets
};

}  // namespace tvem
