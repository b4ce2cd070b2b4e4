#include "framework/nn/settings.hpp"

namespace tvem {

namespace {

using T = ModelSettings;
using Table = std::vector<Setting<T>>;

Table size_settings() {
  return {
      number("layers", &T::layers, {1, 256}, "encoder layers"),
      number("heads", &T::heads, {1, 256}, "attention heads; model.width is a multiple of it"),
      number("width", &T::width, {1, 8192}, "features of a point"),
      number("mlp_ratio", &T::mlp_ratio, {1, 64}, "hidden width of the perceptron, in widths"),
  };
}

Table form_settings() {
  return {
      word("attention", &T::attention,
           "attention: softmax of the scores; without its denominator, exp / n; relu / n; or the "
           "scores / n"),
      word("norm", &T::norm,
           "layer normalisation: none, before attention and perceptron, or after"),
      word("activation", &T::activation, "activation of the perceptron"),
      flag("tied", &T::tied, "all layers share one layer's parameters (looped)")
          .read_if([](T const& s) { return s.layers > 1; }, "model.layers above 1"),
      word("readout", &T::readout,
           "logits of labels for every point, or weights, means and standard deviations of "
           "components"),
      number("pooled_layers", &T::pooled_layers, {0, 64},
             "encoder layers among the components of a task, between pooling and read-out")
          .read_if([](T const& s) { return s.readout == ReadoutKind::parameters; },
                   "model.readout = parameters"),
  };
}

Table initial_settings() {
  return {
      word("initial", &T::initial,
           "parameters before training: random, or constructed so that two layers are a step of "
           "Lloyd's algorithm"),
      number("inverse_temperature", &T::inverse_temperature, {positive, 1000},
             "of the constructed attention and comparisons; high: hard assignments")
          .read_if([](T const& s) { return s.initial == InitialKind::constructed; },
                   "model.initial = constructed"),
  };
}

}  // namespace

std::vector<Setting<ModelSettings>> const& model_settings() {
  static Table const table = one_table({size_settings(), form_settings(), initial_settings()});
  return table;
}

}  // namespace tvem
