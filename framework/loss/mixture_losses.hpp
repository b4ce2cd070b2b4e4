#pragma once

#include <span>
#include <vector>

#include "framework/core/assignment.hpp"
#include "framework/tasks/mixture.hpp"

namespace tvem {

// Losses of the read-out `parameters`, of one task. Its outputs are k_max rows of 2 + (largest
// dimension) values, of which the first k rows and, of a mean, the first d coordinates take part:
//   logit of the weight, mean, logarithm of the standard deviation.

/// The mixture that the outputs describe, in the units of the model's input. outputs: at least k x
/// n_outputs, row-major.
template <class T>
Mixture mixture_of_outputs(std::span<T const> outputs, int n_outputs, int k, int d);

/// Mean over points of -log p(x_i) under the outputs' mixture, in nats; points whose label is
/// outlier_label are left out. points: n x stride, of which the first d columns are coordinates.
/// doutputs: set to the gradient, of the shape of outputs. Keeps its buffers.
template <class T>
class NegativeLogLikelihood {
 public:
  double operator()(std::span<T const> outputs, int n_outputs, int k, int d,
                    std::span<float const> points, int stride, std::span<int const> labels,
                    std::span<T> doutputs);

 private:
  std::vector<double> responsibilities_;  // k
};

/// Squared error of the parameters: the minimum over permutations s of
///   1/k sum_j |mu_hat_s(j) - mu_j|^2 + (log sigma_hat_s(j) - log sigma_j)^2 + k^2 (pi_hat_s(j) -
///   pi_j)^2
/// with sigma_j the root of the mean variance of component j. truth: in the units of the model's
/// input. doutputs: set to the gradient at the minimiser. Keeps its buffers.
template <class T>
class PermutationParameters {
 public:
  double operator()(std::span<T const> outputs, int n_outputs, Mixture const& truth,
                    std::span<T> doutputs);

 private:
  std::vector<double> costs_;  // k x k
  AssignmentSolver solver_;
};

}  // namespace tvem
