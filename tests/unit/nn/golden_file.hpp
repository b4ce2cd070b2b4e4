#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "framework/loss/settings.hpp"
#include "framework/nn/parameters.hpp"
#include "framework/nn/transformer.hpp"

namespace tvem::test {

/// A file of golden/make_nn_golden.py: a model, a batch, and what PyTorch makes of them.
struct GoldenFile {
  ModelSettings model;
  ModelDomain domain;
  RaggedBatch batch;
  LossKind loss = LossKind::permutation_cross_entropy;
  std::vector<int> dims;        // of each task; only of variants
  std::vector<Mixture> truths;  // of each task; only of permutation_parameters
  std::vector<double> logits;   // or other outputs
  std::vector<double> losses;   // one a task
  ParameterLayout layout;       // as the script understands it
  std::vector<double> parameters, gradient;
};

template <class E>
E golden_word(std::string const& word) {
  for (std::size_t i = 0; i < enum_names<E>.size(); ++i)
    if (enum_names<E>[i] == word) return static_cast<E>(i);
  throw std::runtime_error("unknown word in a golden file: " + word);
}

inline ModelSettings golden_settings(std::istream& words) {
  ModelSettings settings;
  std::string norm, activation;
  words >> settings.width >> settings.heads >> settings.mlp_ratio >> settings.layers >> norm >>
      activation >> settings.tied;
  settings.norm = golden_word<NormKind>(norm);
  settings.activation = golden_word<Activation>(activation);
  return settings;
}

template <class T>
std::vector<T> golden_values(std::istream& words) {
  std::vector<T> values;
  for (double value; words >> value;) values.push_back(static_cast<T>(value));
  return values;
}

inline std::vector<std::size_t> offsets_of(std::vector<std::size_t> const& sizes) {
  std::vector<std::size_t> offsets{0};
  for (auto const size : sizes) offsets.push_back(offsets.back() + size);
  return offsets;
}

inline void read_variant(std::istream& words, GoldenFile& golden) {
  std::string attention, readout, loss;
  words >> attention >> readout >> loss;
  golden.model.attention = golden_word<AttentionKind>(attention);
  golden.model.readout = golden_word<ReadoutKind>(readout);
  golden.loss = golden_word<LossKind>(loss);
}

/// Weights, means, standard deviations of k components in 2 dimensions: 4 k values.
inline Mixture golden_truth(std::istream& words) {
  auto const values = golden_values<double>(words);
  auto const k = static_cast<Eigen::Index>(values.size() / 4);
  Mixture mixture;
  mixture.weights = Eigen::Map<Eigen::VectorXd const>(values.data(), k);
  mixture.means = Eigen::Map<RowMatrix const>(values.data() + k, k, 2);
  mixture.variances = Eigen::Map<Eigen::VectorXd const>(values.data() + 3 * k, k).cwiseAbs2();
  return mixture;
}

inline void read_golden_line(std::string const& line, GoldenFile& golden) {
  std::istringstream words(line);
  std::string kind, name;
  int rows = 0, cols = 0;
  words >> kind;
  bool const is_gradient = kind == "gradient";
  if (is_gradient || kind == "parameter") {
    words >> name >> rows >> cols;
    if (!is_gradient) golden.layout.add(name, rows, cols);
    auto const values = golden_values<double>(words);
    auto& flat = is_gradient ? golden.gradient : golden.parameters;
    flat.insert(flat.end(), values.begin(), values.end());
    return;
  }
  std::size_t count = 0;
  words >> count;
  if (kind == "settings") golden.model = golden_settings(words);
  if (kind == "variant") read_variant(words, golden);
  if (kind == "pooled_layers") words >> golden.model.pooled_layers;
  if (kind == "dims") golden.dims = golden_values<int>(words);
  if (kind == "truth") golden.truths.push_back(golden_truth(words));
  if (kind == "domain") {
    words >> golden.domain.dim >> golden.domain.components.low >> golden.domain.components.high;
    golden.domain.point_dim = golden.domain.dim;
  }
  if (kind == "points_per_task")
    golden.batch.offsets = offsets_of(golden_values<std::size_t>(words));
  if (kind == "components") golden.batch.components = golden_values<int>(words);
  if (kind == "labels") golden.batch.labels = golden_values<int>(words);
  if (kind == "points") golden.batch.points = golden_values<float>(words);
  if (kind == "logits") golden.logits = golden_values<double>(words);
  if (kind == "losses") golden.losses = golden_values<double>(words);
}

inline GoldenFile read_golden(std::string const& name) {
  std::string const path = std::string(TVEM_GOLDEN_DIR) + "/nn_" + name + ".txt";
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  GoldenFile golden;
  for (std::string line; std::getline(file, line);) read_golden_line(line, golden);
  golden.batch.dim = golden.domain.dim;
  return golden;
}

}  // namespace tvem::test
