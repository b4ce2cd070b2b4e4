#include <cmath>

#include <gtest/gtest.h>

#include "framework/estimators/lloyd.hpp"
#include "framework/estimators/starts/initial_guess.hpp"
#include "framework/estimators/starts/starts.hpp"
#include "framework/nn/constructed/lloyd_parameters.hpp"
#include "framework/tasks/prior.hpp"
#include "framework/train/model_fit.hpp"
#include "framework/train/model_input.hpp"
#include "framework/train/trainer.hpp"

namespace tvem {
namespace {

Settings constructed_settings(int n_steps, int dim, int components) {
  Settings settings;
  settings.task.dim = {dim, dim};
  settings.task.components = {components, components};
  settings.model.initial = InitialKind::constructed;
  settings.model.norm = NormKind::none;
  settings.model.layers = 2 * n_steps;
  settings.model.heads = components;
  settings.model.width =
      components * ((constructed_width(dim, components) + components - 1) / components);
  settings.model.mlp_ratio = 4;
  settings.input.guess = GuessKind::random;
  settings.input.frame = FrameKind::none;
  return settings;
}

/// Share of points that the model labels as other than as many steps of Lloyd from the same guess.
double disagreement(Settings const& settings, int n_tasks) {
  Transformer<float> model(settings.model, model_domain(settings));
  auto const parameters = initial_state(settings).parameters;
  model.set_parameters(parameters);
  TaskPrior const prior(settings.task);
  int const k = settings.task.components.high;
  EmSettings lloyd;
  lloyd.max_iterations =
      settings.model.layers / 2 - 1;  // the first two layers: the nearest means of the guess
  double n_other = 0, n_points = 0;
  for (int id = 0; id < n_tasks; ++id) {
    constexpr auto purpose = Purpose::probe;
    Task const task = prior.sample(3, purpose, id);
    auto const guess = initial_guess(settings.input, 3, purpose, task);
    Fit const steps =
        lloyd_from(task.points, mixture_of_labels(task.points, guess, k, 0).means, lloyd);
    Fit const fit = fit_of_model(settings, model, task, 3, purpose);
    if (steps.n_dead > 0) continue;  // Lloyd moves an empty cluster, the model does not
    for (int i = 0; i < task.n_points(); ++i) n_other += fit.labels[i] != steps.labels[i];
    n_points += task.n_points();
  }
  return n_other / n_points;
}

/// Labels, not only clusters, are those of Lloyd's algorithm after the same number of steps.
TEST(ConstructedTransformer, AnySizeAndStep_LabelsOfLloyd) {
  for (int const n_steps : {1, 2, 5})
    for (auto const& [dim, components] : {std::pair(1, 2), {2, 3}, {3, 4}, {5, 3}}) {
      auto const settings = constructed_settings(n_steps, dim, components);
      EXPECT_LT(disagreement(settings, 200), n_steps > 2 ? 4e-3 : 1e-3)
          << n_steps << " " << dim << " " << components;
    }
}

/// From seeds that are apart, as k-means++ has them, also after ten steps.
TEST(ConstructedTransformer, TenStepsFromSeedsApart_LabelsOfLloyd) {
  for (int const n_steps : {2, 11})
    for (auto const& [dim, components] : {std::pair(2, 3), {8, 6}, {5, 2}}) {
      auto settings = constructed_settings(n_steps, dim, components);
      settings.input.guess = GuessKind::kmeans_plus_plus;
      settings.task.scale = {3, 3};
      EXPECT_LT(disagreement(settings, 300), 1e-3) << n_steps << " " << dim << " " << components;
    }
}

/// The mean of the points, each with the weight that head j gives it. features: n x width, of the
/// points, then of the scores of labels.
Eigen::RowVectorXd centre_of(std::span<float const> features, Settings const& settings, int n,
                             int j) {
  int const dim = settings.task.dim.high, width = settings.model.width;
  Eigen::RowVectorXd sum = Eigen::RowVectorXd::Zero(dim);
  double weights = 0;
  for (int i = 0; i < n; ++i) {
    float const* const row = features.data() + static_cast<std::ptrdiff_t>(i) * width;
    int const best = settings.task.components.high - 1;  // the score of a label that loses nothing
    double const weight =
        std::exp(settings.model.inverse_temperature * (static_cast<double>(row[dim + j]) - best));
    weights += weight;
    for (int c = 0; c < dim; ++c) sum[c] += weight * static_cast<double>(row[c]);
  }
  return sum / weights;
}

/// The centres that attention has are those of Lloyd, to a thousandth of the spread of the points.
TEST(ConstructedTransformer, Attention_CentresOfLloyd) {
  for (auto const& [dim, components] : {std::pair(2, 3), {8, 6}, {5, 2}}) {
    auto settings = constructed_settings(3, dim, components);
    settings.input.guess = GuessKind::kmeans_plus_plus;
    settings.task.scale = {3, 3};
    Transformer<float> model(settings.model, model_domain(settings));
    auto const parameters = initial_state(settings).parameters;
    model.set_parameters(parameters);
    TaskPrior const prior(settings.task);
    int n_centres = 0, n_off = 0;
    for (int id = 0; id < 100; ++id) {
      Task const task = prior.sample(3, Purpose::probe, id);
      auto const guess = initial_guess(settings.input, 3, Purpose::probe, task);
      auto const means = mixture_of_labels(task.points, guess, components, 0).means;
      ModelInput input;
      fill_model_input(settings, 3, Purpose::probe, std::span(&task, 1), input);
      model.infer_layers(input.batch, [&](int layer, auto features, auto) {
        if (layer == 0 || layer % 2 == 1) return;
        EmSettings lloyd;
        lloyd.max_iterations = layer / 2 - 1;
        Fit const steps = lloyd_from(task.points, means, lloyd);
        if (steps.n_dead > 0) return;
        auto const centres = mixture_of_labels(task.points, steps.labels, components, 0).means;
        for (int j = 0; j < components; ++j) {
          auto const centre = centre_of(features, settings, task.n_points(), j);
          ++n_centres;
          n_off += (centre - centres.row(j)).norm() > 3e-3;
        }
      });
    }
    EXPECT_GT(n_centres, 500);
    EXPECT_LT(n_off, 0.01 * n_centres) << dim << " " << components;
  }
}

TEST(ConstructedTransformer, OneLayerInAll_TheSame) {
  auto settings = constructed_settings(4, 2, 3);
  double const untied = disagreement(settings, 100);
  settings.model.tied = true;
  EXPECT_EQ(disagreement(settings, 100), untied);
}

TEST(ConstructedTransformer, FramesAndUnits_LabelsOfLloyd) {
  auto settings = constructed_settings(3, 2, 3);
  settings.input.frame = FrameKind::canonical;
  EXPECT_LT(disagreement(settings, 200), 2e-3);
  settings.task.sigma = {100, 100};
  settings.task.scale = {300, 300};
  EXPECT_LT(disagreement(settings, 200), 2e-3);
}

/// Single precision still tells the distances apart.
TEST(ConstructedTransformer, ManyDimensionsAndCold_LabelsOfLloyd) {
  auto settings = constructed_settings(2, 64, 4);
  settings.model.inverse_temperature = 1000;
  settings.task.points = {60, 60};
  EXPECT_LT(disagreement(settings, 50), 2e-3);
}

/// The colder, the nearer.
TEST(ConstructedTransformer, InverseTemperature_NearerToLloyd) {
  auto settings = constructed_settings(5, 2, 3);
  double before = 1;
  for (double const inverse : {0.3, 3.0, 30.0}) {
    settings.model.inverse_temperature = inverse;
    double const now = disagreement(settings, 300);
    EXPECT_LT(now, before) << inverse;
    before = now;
  }
}

}  // namespace
}  // namespace tvem
