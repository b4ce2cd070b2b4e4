#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "framework/core/enum_names.hpp"
#include "framework/core/setting.hpp"
#include "framework/nn/transformer.hpp"

namespace tvem {

/// Which hidden units of a perceptron are taken out: those with the smallest or the largest norm.
enum class PrunedUnits { smallest, largest };
template <>
inline constexpr auto enum_names<PrunedUnits> =
    std::array<std::string_view, 2>{"smallest", "largest"};

/// What is changed in a trained model for an evaluation, without training: the keys `eval.layers`,
/// `eval.rank`, `eval.pruned` and `eval.pruned_units`.
struct Ablation {
  int layers = 0;     // of a tied model, which may loop more or less often; 0: as trained
  int rank = 0;       // largest rank of the matrices of the layers; 0: as trained
  double pruned = 0;  // share of the hidden units of every perceptron
  PrunedUnits pruned_units = PrunedUnits::smallest;
  friend bool operator==(Ablation const&, Ablation const&) = default;
};

/// A row for each of the keys.
std::vector<Setting<Ablation>> const& ablation_settings();

/// Replaces the matrix (row-major, of any stride) by its best approximation of this rank in the
/// Frobenius norm (Eckart and Young 1936). A rank that it cannot exceed leaves its bits alone.
void approximate(std::span<float> parameters, HiddenMatrix const& matrix, int rank);

/// |A|_F^2 / |A|_2^2, 1 .. rank of A: how many directions carry a matrix. 0 of a matrix of zeros.
double stable_rank(std::span<float const> parameters, HiddenMatrix const& matrix);

/// The parameters with the changes. The norm of a hidden unit is that of the weights into it and
/// its bias, times that of the weights out of it; a unit is taken out by zeros there. Of n units
/// round(pruned * n) are.
AlignedVector<float> ablated(std::span<float const> parameters, ParameterLayout const& layout,
                             Ablation const& ablation);

/// A trained Transformer with the changes. It holds its parameters.
class AblatedTransformer {
 public:
  AblatedTransformer(ModelSettings const& trained, ModelDomain const& domain,
                     std::span<float const> parameters, Ablation const& ablation);
  Transformer<float>& transformer() { return transformer_; }

 private:
  Transformer<float> transformer_;
  AlignedVector<float> parameters_;
};

}  // namespace tvem
