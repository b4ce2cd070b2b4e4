#pragma once

#include <string>
#include <vector>

namespace tvem {

/// Means over tasks, and their standard errors.
struct Estimates {
  std::vector<double> mean, standard_error;
};

/// A trained matrix: how many directions carry it, and how many its change from the beginning.
struct MatrixRank {
  std::string name;               // "layers.0.query"
  double stable_rank, of_change;  // |A|_F^2 / |A|_2^2; 0 of a matrix of zeros
};

/// What the labels of a layer are read by: the model's own read-out, applied early, or a linear
/// probe.
inline constexpr char const* reading_names[] = {"readout", "linear"};
constexpr int n_readings = 2;

/// The layers of a model beside the iterations of algorithms (tvem probe). Arrays are row-major
/// over the dimensions that stand beside them.
struct Probe {
  std::vector<std::string> algorithms;
  int n_layers = 0;        // with the embedding, which is layer 0
  int n_iterations = 0;    // with the start, which is iteration 0
  Estimates error;         // layer, reading: of the labels of the layer
  Estimates disagreement;  // layer, reading, algorithm, iteration: error between the two labellings
  Estimates algorithm_error;  // algorithm, iteration
  std::vector<MatrixRank> matrices;
};

}  // namespace tvem
