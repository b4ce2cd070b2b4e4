#pragma once

#include <functional>
#include <span>
#include <vector>

#include "framework/core/aligned_buffer.hpp"
#include "framework/nn/kernels.hpp"
#include "framework/nn/parameters.hpp"

namespace tvem {

/// The matrix with the singular vectors of another and singular values near 1 (between .7 and 1.2,
/// where those of the other are above .002 of its norm), by five Newton-Schulz iterations
///   X <- a X + (b A + c A^2) X,  A = X X^T,  a = 3.4445, b = -4.7750, c = 2.0315
/// from X / |X| (Jordan et al. 2024, "Muon"). Keeps its buffers.
class Orthogonalizer {
 public:
  /// x: rows x cols, row-major; replaced. Zeros stay zeros.
  void operator()(int rows, int cols, std::span<float> x);

 private:
  void set_gram(int rows, int cols, std::span<float const> x);
  void set_polynomial(int m);
  void iterate(int rows, int cols, std::span<float> x);
  void multiply(Product<float> product, float const* b, std::ptrdiff_t b_row_stride,
                std::ptrdiff_t b_col_stride);

  Kernels<float> const& kernels_ = kernels<float>();
  AlignedVector<float> gram_, polynomial_, next_, packed_;
};

/// The factors of an update that are the same for all matrices.
struct MuonFactors {
  double rate;
  double keep;      // what weight decay leaves of a parameter
  double momentum;  // beta
  double gradient;  // from the given gradient to the one that is used
};

/// How ranks share work of which each needs the whole result.
struct RankShare {
  int rank = 0;
  int n_ranks = 1;
  /// Sums values over the ranks, in place. None for one rank.
  std::function<void(std::span<float> values)> sum;
};

/// Muon (Jordan et al. 2024): hidden matrices move along the orthogonalised sum of their momentum
/// and gradient, m <- beta m + (1 - beta) g, W <- keep W - rate sqrt(max(1, out / in)) O(beta m +
/// (1 - beta) g). Ranks share the matrices; each direction has the same bits whichever rank
/// computes it.
class Muon {
 public:
  Muon(std::vector<HiddenMatrix> matrices, RankShare share);

  /// Collective. gradient, momentum, parameters: flat, in the layout of the matrices; of the last
  /// two the matrices alone change.
  void update(MuonFactors const& factors, std::span<double const> gradient,
              std::span<float> momentum, std::span<float> parameters);

 private:
  void find_directions(MuonFactors const& factors, std::span<double const> gradient,
                       std::span<float const> momentum);

  std::vector<HiddenMatrix> matrices_;
  RankShare share_;
  std::vector<int> owners_;          // for each matrix the rank that orthogonalises it
  AlignedVector<float> directions_;  // of all matrices, one after another, row-major
  Orthogonalizer orthogonalize_;
};

}  // namespace tvem
