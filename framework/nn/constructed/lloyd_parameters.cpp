#include "framework/nn/constructed/lloyd_parameters.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "framework/core/index.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

/// Of a coordinate's difference in units of the spread. The square is too small by z^2 / 6 of it,
/// so that far points are a little nearer; rounding's share is epsilon / z.
constexpr double square_scale = 0.02;
/// How much sharper comparisons of distances are than attention, whose scores are 0..k-1; and where
/// single precision ends: products of distances of d coordinates with the sharpness stay far below
/// 2^23, so that they keep the 1/2 that is added.
constexpr double comparison_sharpness = 100, largest_sharpness = 1e5;

/// Where a token has what: places among its features.
struct Places {
  int dim, components;
  int point(int c) const { return c; }
  int score(int j) const { return dim + j; }
  int distance(int j) const { return dim + components + j; }
  int mean(int j, int c) const { return dim + 2 * components + j * dim + c; }
};

/// A matrix or a bias by its name, within the flat parameters.
template <class T>
class Weights {
 public:
  Weights(ParameterLayout const& layout, std::span<T> parameters, std::string const& name)
      : view_(layout.find(name)), values_(parameters.subspan(view_.offset, view_.size())) {}
  T& operator()(int row, int col) { return values_[std::size_t{1} * row * view_.cols + col]; }
  T& operator()(int col) { return values_[col]; }

 private:
  ParameterView const& view_;
  std::span<T> values_;
};

/// The hidden features of a perceptron, taken one after another. All come in pairs of opposite
/// input, so that GELU(z) - GELU(-z) = z and GELU(z) + GELU(-z) is even.
template <class T>
class Perceptron {
 public:
  Perceptron(ParameterLayout const& layout, std::span<T> parameters, std::string const& block)
      : up_(layout, parameters, block + ".up.weight"),
        up_bias_(layout, parameters, block + ".up.bias"),
        down_(layout, parameters, block + ".down.weight"),
        down_bias_(layout, parameters, block + ".down.bias") {}

  /// Adds -z to the place of the feature z, whose residual connection so ends at 0.
  void clear(int place) {
    for (int const sign : {1, -1}) {
      up_(place, next_) = T(sign);
      down_(next_++, place) = T(-sign);
    }
  }
  /// Adds factor (a - b)^2 to a place. scale: makes the differences small.
  void add_square(int a, int b, double scale, double factor, int place) {
    double const unit = std::sqrt(std::numbers::pi / 2) / (scale * scale);
    for (int const sign : {1, -1}) {
      up_(a, next_) = rounded_to<T>(sign * scale);
      up_(b, next_) = rounded_to<T>(-sign * scale);
      down_(next_++, place) = rounded_to<T>(factor * unit);
    }
  }
  /// Takes 1 from a place where the feature `more` is above `less`: GELU(z + 1/2) - GELU(z - 1/2)
  /// with z their difference times the sharpness. Below it takes exactly 0, so that a score without
  /// losses has no rounding error.
  void take_loss(int more, int less, double sharpness, int place) {
    for (int const sign : {1, -1}) {
      up_(more, next_) = rounded_to<T>(sharpness);
      up_(less, next_) = rounded_to<T>(-sharpness);
      up_bias_(next_) = rounded_to<T>(0.5 * sign);
      down_(next_++, place) = T(-sign);
    }
  }
  void add(double value, int place) { down_bias_(place) = rounded_to<T>(value); }

 private:
  Weights<T> up_, up_bias_, down_, down_bias_;
  int next_ = 0;
};

template <class T>
void construct_attention(ParameterLayout const& layout, std::span<T> parameters,
                         std::string const& block, ModelSettings const& settings,
                         Places const& places, double inverse_temperature) {
  int const width = settings.width, head_width = width / settings.heads;
  Weights<T> qkv(layout, parameters, block + ".qkv.weight");
  Weights<T> qkv_bias(layout, parameters, block + ".qkv.bias");
  Weights<T> out(layout, parameters, block + ".out.weight");
  for (int j = 0; j < places.components; ++j) {
    int const head = j * head_width;
    qkv_bias(head) = rounded_to<T>(std::sqrt(head_width));  // so that a score is the key
    qkv(places.score(j), width + head) = rounded_to<T>(inverse_temperature);
    for (int c = 0; c < places.dim; ++c) {
      qkv(places.point(c), 2 * width + head + c) = T(1);
      out(head + c, places.mean(j, c)) = T(1);
    }
  }
}

template <class T>
void construct_perceptron(ParameterLayout const& layout, std::span<T> parameters,
                          std::string const& block, Places const& places,
                          LloydConstruction const& construction) {
  double const spread = construction.spread;
  double const sharpness = std::min(comparison_sharpness * construction.inverse_temperature,
                                    largest_sharpness / places.dim);
  Perceptron<T> perceptron(layout, parameters, block);
  for (int j = 0; j < places.components; ++j) {
    perceptron.clear(places.score(j));
    perceptron.clear(places.distance(j));
    for (int c = 0; c < places.dim; ++c) {
      perceptron.clear(places.mean(j, c));
      perceptron.add_square(places.point(c), places.mean(j, c), square_scale / spread,
                            1 / (spread * spread), places.distance(j));
    }
    perceptron.add(places.components - 1, places.score(j));
    for (int other = 0; other < places.components; ++other)
      if (other != j)
        perceptron.take_loss(places.distance(j), places.distance(other), sharpness,
                             places.score(j));
  }
}

}  // namespace

int constructed_width(int dim, int components) { return dim + components * (dim + 2); }

int constructed_hidden_width(int dim, int components) {
  return 2 * components * (2 + 2 * dim + components - 1);
}

template <class T>
AlignedVector<T> lloyd_parameters(ParameterLayout const& layout, ModelSettings const& settings,
                                  int dim, LloydConstruction const& construction) {
  int const k = construction.components;
  Places const places{dim, k};
  AlignedVector<T> parameters(layout.size(), T(0));
  Weights<T> embedding(layout, parameters, "embedding.weight");
  for (int c = 0; c < dim; ++c) embedding(c, places.point(c)) = T(1);
  for (int j = 0; j < k; ++j) embedding(dim + j, places.score(j)) = rounded_to<T>(k - 1);
  for (int l = 0; l < (settings.tied ? 1 : settings.layers); ++l) {
    std::string const block = fmt::format("layers.{}", l);
    construct_attention<T>(layout, parameters, block, settings, places,
                           construction.inverse_temperature);
    construct_perceptron<T>(layout, parameters, block, places, construction);
  }
  Weights<T> readout(layout, parameters, "readout.weight");
  for (int j = 0; j < k; ++j) readout(places.score(j), j) = T(10);
  return parameters;
}

template AlignedVector<float> lloyd_parameters(ParameterLayout const&, ModelSettings const&, int,
                                               LloydConstruction const&);
template AlignedVector<double> lloyd_parameters(ParameterLayout const&, ModelSettings const&, int,
                                                LloydConstruction const&);

}  // namespace tvem
