#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tvem/nn/parameters.hpp"
#include "tvem/nn/transformer.hpp"

namespace tvem::test {

/// A file of golden/make_nn_golden.py: a model, a batch, and what PyTorch makes of them.
struct GoldenFile {
  ModelSettings model;
  ModelDomain domain;
  RaggedBatch batch;
  std::vector<double> logits;  // n_points x labels
  std::vector<double> losses;  // one a task
  ParameterLayout layout;      // as the script understands it
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
  settings.activation = golden_word<ActivationKind>(activation);
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
  if (kind == "domain")
    words >> golden.domain.dim >> golden.domain.components.low >> golden.domain.components.high;
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
