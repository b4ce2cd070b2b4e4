#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "framework/core/enum_names.hpp"
#include "framework/core/setting.hpp"
#include "framework/nn/activation.hpp"

namespace tvem {

/// How the score s_ij of points i and j becomes a weight in a task of n points: softmax, its
/// numerator exp(s_ij) / n, relu(s_ij) / n, or s_ij / n.
enum class AttentionKind { softmax, unnormalised, relu, linear };
template <>
inline constexpr auto enum_names<AttentionKind> =
    std::array<std::string_view, 4>{"softmax", "unnormalised", "relu", "linear"};

enum class NormKind { none, pre, post };
template <>
inline constexpr auto enum_names<NormKind> = std::array<std::string_view, 3>{"none", "pre", "post"};

/// labels: a logit of every label for every point; parameters: weight, mean and standard deviation
/// of every component.
enum class ReadoutKind { labels, parameters };
template <>
inline constexpr auto enum_names<ReadoutKind> =
    std::array<std::string_view, 2>{"labels", "parameters"};

/// What the parameters are before training: random ones, or those by formula that carry out Lloyd's
/// steps (lloyd_parameters).
enum class InitialKind { random, constructed };
template <>
inline constexpr auto enum_names<InitialKind> =
    std::array<std::string_view, 2>{"random", "constructed"};

/// The keys `model.*`.
struct ModelSettings {
  int layers = 4;
  int heads = 4;
  int width = 32;
  int mlp_ratio = 4;
  AttentionKind attention = AttentionKind::softmax;
  NormKind norm = NormKind::pre;
  Activation activation = Activation::gelu;
  bool tied = false;
  ReadoutKind readout = ReadoutKind::labels;
  int pooled_layers = 0;  // between the pooled components of `parameters`
  InitialKind initial = InitialKind::random;
  double inverse_temperature = 100;  // of the constructed ones
};

/// A row for each of the keys.
std::vector<Setting<ModelSettings>> const& model_settings();

}  // namespace tvem
