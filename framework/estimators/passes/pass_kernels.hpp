#pragma once

#include <cstddef>

#include "framework/core/processor/variants.hpp"

namespace tvem {

/// Points of a block. A multiple of the lanes of every vector.
inline constexpr int block_points = 64;

/// An E-step and the sums that the M-step needs, in one pass over the points of a mixture with
/// component j of weight pi_j and covariance variance_j I.
template <class T>
struct ExpectationPass {
  // Input.
  T const* points = nullptr;  // blocks of dim x block_points
  int n_points = 0, dim = 0, components = 0;
  T const* means = nullptr;           // components x dim
  T const* half_precision = nullptr;  // components: 1 / (2 variance_j)
  T const* log_scale = nullptr;       // components: log pi_j - dim / 2 log(2 pi variance_j)
  T* scratch = nullptr;               // scratch_size(components, dim)
  // Output, with r_ij the responsibility of component j for point i.
  T* labels = nullptr;     // whole blocks of points: of the largest r_ij, the first of equals
  double* mass = nullptr;  // components: sum_i r_ij
  double* square_sums = nullptr;  // components: sum_i r_ij |x_i - mu_j|^2
  double* sums = nullptr;         // components x dim: sum_i r_ij x_i
  double log_likelihood_sum = 0;  // sum_i log p(x_i)
};

/// The nearest mean of each point (the first of equals) and the sums of Lloyd's next step.
template <class T>
struct NearestPass {
  // Input.
  T const* points = nullptr;  // blocks of dim x block_points
  int n_points = 0, dim = 0, components = 0;
  T const* means = nullptr;  // components x dim
  T* scratch = nullptr;      // scratch_size(components, dim)
  // Output.
  T* labels = nullptr;       // whole blocks of points; on entry the former labels, or anything
  double* counts = nullptr;  // components
  double* sums = nullptr;    // components x dim: of the points of each label
  double square_sum = 0;     // of the distances from the nearest mean
  bool has_changed = false;  // whether a label did
};

/// What a draw of labels needs: the densities of a point under every component, relative to the
/// largest one of them.
template <class T>
struct LabelWeightsPass {
  // Input, as of ExpectationPass.
  T const* points = nullptr;
  int n_points = 0, dim = 0, components = 0;
  T const* means = nullptr;
  T const* half_precision = nullptr;
  T const* log_scale = nullptr;
  // Output.
  T* weights = nullptr;  // blocks of components x block_points: the largest of a point is 1
  T* squares = nullptr;  // the same of |x_i - mu_j|^2
  T* sums = nullptr;     // whole blocks of points: of a point's weights
  T* labels = nullptr;   // whole blocks of points: of the largest weight, the first of equals
};

/// The inner loops of EM and Lloyd: points in the lanes of vectors, sums in T over at most 4096
/// points, then in double.
template <class T>
struct PassKernels {
  std::size_t (*scratch_size)(int components, int dim);
  void (*expectation)(ExpectationPass<T>&);
  void (*nearest)(NearestPass<T>&);
  void (*label_weights)(LabelWeightsPass<T>&);
};

/// An E-step for components with a covariance matrix each, over some of the points.
struct MatrixPass {
  // Input.
  double const* points = nullptr;  // blocks of dim x block_points
  int n_points = 0, dim = 0, components = 0;
  double const* means = nullptr;      // components x dim
  double const* factors = nullptr;    // components x dim x dim: Cholesky factors, their diagonals
                                      // inverted
  double const* log_scale = nullptr;  // components: the log density at the mean, with log pi_j
  double* scratch = nullptr;          // dim x block_points
  // Output.
  double* responsibilities = nullptr;  // blocks of components x block_points
  double* labels = nullptr;            // whole blocks of points: of the largest responsibility
  double* mass = nullptr;              // components: sum_i r_ij is added
  double log_likelihood_sum = 0;       // sum_i log p(x_i) is added
};

/// Weighted sums over some of the points: of the points where there are no products, else of the
/// products of their coordinates about an origin.
struct MomentsPass {
  // Input.
  double const* points = nullptr;  // blocks of dim x block_points
  int n_points = 0, dim = 0;
  double const* weights = nullptr;  // of the first block; the next one is weights_stride further
  int weights_stride = 0;
  double const* origin = nullptr;  // dim
  double* scratch = nullptr;       // moments_scratch_size(dim)
  // Output.
  double* sums = nullptr;      // dim: sum_i w_i x_i is added
  double* products = nullptr;  // dim x dim, below the diagonal: is added; or none
};

inline std::size_t moments_scratch_size(std::size_t dim) {
  return dim * (dim + 1) * 8 + (dim + 1) * block_points;
}

/// The inner loops of EM for covariance matrices.
struct MatrixPassKernels {
  void (*expectation)(MatrixPass&);
  void (*moments)(MomentsPass&);
};

TVEM_DECLARE_VARIANTS(MatrixPassKernels);
TVEM_DECLARE_VARIANTS(PassKernels<float>);
TVEM_DECLARE_VARIANTS(PassKernels<double>);

}  // namespace tvem
