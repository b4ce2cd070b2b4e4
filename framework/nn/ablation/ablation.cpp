#include "framework/nn/ablation/ablation.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <Eigen/Dense>

#include "framework/core/index.hpp"

namespace tvem {

std::vector<Setting<Ablation>> const& ablation_settings() {
  using T = Ablation;
  constexpr auto evaluation = Role::evaluation;
  static std::vector<Setting<T>> const table{
      number("layers", &T::layers, {0, 1024},
             "layers that a looped model (model.tied) has in the evaluation; 0: as trained")
          .with(evaluation),
      number("rank", &T::rank, {0, 8192},
             "the matrices of the trained layers are replaced by their best approximations of this "
             "rank; 0: as trained")
          .with(evaluation),
      number("pruned", &T::pruned, {0, 1},
             "share of the hidden units of every trained perceptron that is taken out")
          .with(evaluation),
      word("pruned_units", &T::pruned_units, "those with the smallest or the largest norm")
          .with(evaluation)
          .read_if([](T const& s) { return s.pruned > 0; }, "eval.pruned above 0"),
  };
  return table;
}

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

float const* row_of(std::span<float const> parameters, HiddenMatrix const& matrix, int i) {
  return parameters.data() + matrix.offset + i * matrix.stride;
}

Matrix values_of(std::span<float const> parameters, HiddenMatrix const& matrix) {
  Matrix values(matrix.rows, matrix.cols);
  for (int i = 0; i < matrix.rows; ++i)
    for (int j = 0; j < matrix.cols; ++j) values(i, j) = row_of(parameters, matrix, i)[j];
  return values;
}

/// Of A A^T or A^T A, whichever is smaller. Its eigenvalues are the squared singular values of A,
/// in rising order.
Eigen::SelfAdjointEigenSolver<Matrix> squared(Matrix const& a) {
  bool const is_wide = a.rows() <= a.cols();
  return Eigen::SelfAdjointEigenSolver<Matrix>(is_wide ? Matrix(a * a.transpose())
                                                       : Matrix(a.transpose() * a));
}

}  // namespace

void approximate(std::span<float> parameters, HiddenMatrix const& matrix, int rank) {
  if (rank >= std::min(matrix.rows, matrix.cols)) return;
  Matrix const a = values_of(parameters, matrix);
  Matrix const directions = squared(a).eigenvectors().rightCols(rank);
  Matrix const projection = directions * directions.transpose();
  Matrix const nearest = a.rows() <= a.cols() ? projection * a : a * projection;
  for (int i = 0; i < matrix.rows; ++i)
    for (int j = 0; j < matrix.cols; ++j)
      parameters[matrix.offset + i * matrix.stride + j] = rounded_to<float>(nearest(i, j));
}

double stable_rank(std::span<float const> parameters, HiddenMatrix const& matrix) {
  Matrix const a = values_of(parameters, matrix);
  double const largest = squared(a).eigenvalues().tail(1)[0];
  return largest > 0 ? a.squaredNorm() / largest : 0;
}

namespace {

/// The parameters of a perceptron within the flat vector: up (width x hidden), its bias, down.
struct HiddenUnits {
  ParameterView up, bias, down;
};

std::vector<HiddenUnits> hidden_units_of(ParameterLayout const& layout) {
  constexpr std::string_view end = ".up.weight";
  std::vector<HiddenUnits> found;
  for (ParameterView const& view : layout.views()) {
    if (!view.name.ends_with(end)) continue;
    std::string const block = view.name.substr(0, view.name.size() - end.size());
    found.push_back({view, layout.find(block + ".up.bias"), layout.find(block + ".down.weight")});
  }
  return found;
}

/// Calls work(weight) for the weights into the unit and its bias, then other(weight) for those out
/// of it.
template <class Values, class Work, class Other>
void for_weights(Values parameters, HiddenUnits const& perceptron, int unit, Work const& work,
                 Other const& other) {
  auto const [up, bias, down] = perceptron;
  for (int i = 0; i < up.rows; ++i)
    work(parameters[up.offset + std::size_t{1} * i * up.cols + unit]);
  work(parameters[bias.offset + unit]);
  for (int j = 0; j < down.cols; ++j)
    other(parameters[down.offset + std::size_t{1} * unit * down.cols + j]);
}

double norm_of(std::span<float const> parameters, HiddenUnits const& perceptron, int unit) {
  double into = 0, out_of = 0;
  for_weights(
      parameters, perceptron, unit, [&](double weight) { into += weight * weight; },
      [&](double weight) { out_of += weight * weight; });
  return std::sqrt(into * out_of);
}

/// The units to take out.
std::vector<int> pruned_units(std::span<float const> parameters, HiddenUnits const& perceptron,
                              Ablation const& ablation) {
  std::vector<std::pair<double, int>> order;  // equal norms in the order of the units
  double const sign = ablation.pruned_units == PrunedUnits::smallest ? 1 : -1;
  for (int unit = 0; unit < perceptron.up.cols; ++unit)
    order.emplace_back(sign * norm_of(parameters, perceptron, unit), unit);
  std::sort(order.begin(), order.end());
  std::vector<int> units;
  for (auto const& [norm, unit] : order) units.push_back(unit);
  units.resize(as_count(std::lround(ablation.pruned * perceptron.up.cols)));
  return units;
}

}  // namespace

AlignedVector<float> ablated(std::span<float const> parameters, ParameterLayout const& layout,
                             Ablation const& ablation) {
  AlignedVector<float> result(parameters.begin(), parameters.end());
  auto const clear = [](float& weight) { weight = 0; };
  for (HiddenUnits const& perceptron : hidden_units_of(layout))
    for (int const unit : pruned_units(parameters, perceptron, ablation))
      for_weights(std::span(result), perceptron, unit, clear, clear);
  if (ablation.rank > 0)
    for (HiddenMatrix const& matrix : layout.hidden()) approximate(result, matrix, ablation.rank);
  return result;
}

namespace {

ModelSettings with_layers(ModelSettings settings, int layers) {
  if (layers > 0) settings.layers = layers;
  return settings;
}

}  // namespace

AblatedTransformer::AblatedTransformer(ModelSettings const& trained, ModelDomain const& domain,
                                       std::span<float const> parameters, Ablation const& ablation)
    : transformer_(with_layers(trained, ablation.layers), domain),
      parameters_(ablated(parameters, transformer_.layout(), ablation)) {
  transformer_.set_parameters(parameters_);
}

}  // namespace tvem
