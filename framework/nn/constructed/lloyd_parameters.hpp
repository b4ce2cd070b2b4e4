#pragma once

#include "framework/nn/transformer.hpp"

namespace tvem {

/// The Transformer whose layers carry out Lloyd's steps (He et al. 2025, Section 3: attention can
/// do the steps of EM), with weights by formula. Two layers are a step.
///
/// Attention: head j has the mean of the points whose label is j. Its keys are the scores of label
/// j times the inverse temperature, its values are the points.
///
/// Perceptron: |x - mean_j|^2 as a sum of squares, and in the layer after it the score of label j,
/// how many comparisons of distances j does not lose. A square is a pair of GELUs, z erf(z / sqrt
/// 2) = sqrt(2 / pi) z^2 for small z. So is a comparison, sharp where the inverse temperature is
/// high.
///
/// A layer reads the labels that it gets, and clears what it replaces: so all layers are the same.
/// They begin with the guess that goes in beside the points. A label without points has the mean of
/// the points for which it is the second best, where Lloyd's algorithm takes the farthest point.
struct LloydConstruction {
  int components = 3;                // k, of all tasks
  double spread = 1;                 // the unit of distances: root mean square of a coordinate
  double inverse_temperature = 100;  // of attention and comparisons
};

/// The features that a constructed model takes for its points, scores, distances and means.
int constructed_width(int dim, int components);
/// The hidden features that its perceptron takes.
int constructed_hidden_width(int dim, int components);

/// The flat parameters of a model with this layout: norm none, GELU, softmax, read-out labels, of
/// at least as many heads as components, each at least as wide as the points. dim: coordinates of a
/// point, the first columns of the input; the guess's indicators follow.
template <class T>
AlignedVector<T> lloyd_parameters(ParameterLayout const& layout, ModelSettings const& settings,
                                  int dim, LloydConstruction const& construction);

}  // namespace tvem
