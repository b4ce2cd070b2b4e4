#include "framework/train/probe/probe.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "framework/metrics/clustering.hpp"
#include "framework/nn/constructed/lloyd_parameters.hpp"
#include "framework/train/model_input.hpp"
#include "framework/train/probe/ridge_regression.hpp"
#include "framework/train/trainer.hpp"

namespace tvem {
namespace {

constexpr int n_layers = 8;

Settings probed_settings(InitialKind initial) {
  Settings settings;
  settings.model.initial = initial;
  settings.model.norm = NormKind::none;
  settings.model.layers = n_layers;
  settings.input.guess = GuessKind::random;
  settings.input.frame = FrameKind::none;
  settings.task.scale = {3, 3};
  settings.eval.tasks = 200;
  return settings;
}

/// The model as it begins, beside three iterations of Lloyd's algorithm from its guess.
Probe probe_of(InitialKind initial) {
  Settings const settings = probed_settings(initial);
  Transformer<float> model(settings.model, model_domain(settings));
  auto const parameters = initial_state(settings).parameters;
  model.set_parameters(parameters);
  ProbeRequest const request{.algorithms = {parse_estimator("lloyd:start=given", EmSettings{})},
                             .iterations = n_layers / 2 - 1,
                             .fit_tasks = 200};
  return probe(settings, Communicator::serial(), {settings, model}, request);
}

double disagreement(Probe const& found, int layer, int reading, int iteration) {
  return found.disagreement.mean[static_cast<std::size_t>(
      (layer * n_readings + reading) * found.n_iterations + iteration)];
}

int nearest(Probe const& found, int layer, int reading) {
  std::vector<double> values;
  for (int t = 0; t < found.n_iterations; ++t)
    values.push_back(disagreement(found, layer, reading, t));
  return static_cast<int>(std::min_element(values.begin(), values.end()) - values.begin());
}

/// The positive control: layers 2, 4, ... are the iterations 0, 1, ..., by both readings.
TEST(Probe, Constructed_EveryStepIsAnIterationOfLloyd) {
  Probe const found = probe_of(InitialKind::constructed);
  EXPECT_EQ(found.n_layers, n_layers + 1);
  for (int reading = 0; reading < n_readings; ++reading)
    for (int t = 0; t < found.n_iterations; ++t) {
      EXPECT_EQ(nearest(found, 2 * (t + 1), reading), t) << reading;
      EXPECT_LT(disagreement(found, 2 * (t + 1), reading, t), 2e-3) << reading << " " << t;
      for (int other = 0; other < t; ++other)
        EXPECT_GT(disagreement(found, 2 * (t + 1), reading, other), 0.005) << t << " " << other;
    }
}

/// The negative control: the read-out of an untrained model says nothing. A linear probe sees what
/// is in its input, the guess, from which Lloyd begins, and no better than from the embedding.
TEST(Probe, Untrained_NoIteration) {
  Probe const found = probe_of(InitialKind::random);
  for (int layer = 0; layer <= n_layers; ++layer)
    for (int t = 0; t < found.n_iterations; ++t) {
      EXPECT_GT(disagreement(found, layer, 0, t), 0.25) << layer << " " << t;
      EXPECT_GT(disagreement(found, layer, 1, t), 0.1) << layer << " " << t;
    }
}

TEST(Probe, Matrices_NamedAndUnchangedBeforeTraining) {
  Probe const found = probe_of(InitialKind::random);
  ASSERT_EQ(found.matrices.size(), 6U * n_layers);
  EXPECT_EQ(found.matrices[0].name, "layers.0.query");
  EXPECT_EQ(found.matrices[2].name, "layers.0.value");
  EXPECT_EQ(found.matrices[5].name, "layers.0.down");
  for (MatrixRank const& matrix : found.matrices) {
    EXPECT_GT(matrix.stable_rank, 1) << matrix.name;
    EXPECT_EQ(matrix.of_change, 0) << matrix.name;
  }
}

TEST(Probe, WhatHasNoIterations_Refused) {
  for (auto const* text : {"posterior", "em:restarts=2", "bayes", "transformer"})
    EXPECT_NE(probe_problem(parse_estimator(text, EmSettings{})), "") << text;
  for (auto const* text : {"em", "lloyd:start=given", "gradient"})
    EXPECT_EQ(probe_problem(parse_estimator(text, EmSettings{})), "") << text;
}

// ---- the regression

constexpr int n_rows = 600, n_features = 5, n_labels = 3;

/// Features about one corner for each label, and the labels.
struct Sample {
  RowMatrix features = RowMatrix(n_rows, n_features);
  std::vector<int> labels;
};

Sample sample(std::uint64_t id) {
  Sample result;
  RandomStream random(7, Purpose::probe, id);
  for (int i = 0; i < n_rows; ++i) {
    result.labels.push_back(random.integer(0, n_labels - 1));
    for (int c = 0; c < n_features; ++c)
      result.features(i, c) = random.normal() + (c == result.labels.back() ? 4 : 0);
  }
  return result;
}

/// Error on further rows of a regression on these labels.
double error_of_probe(std::vector<int> const& labels) {
  RowMatrix targets = RowMatrix::Zero(n_rows, n_labels);
  for (int i = 0; i < n_rows; ++i) targets(i, labels[static_cast<std::size_t>(i)]) = 1;
  RidgeRegression regression(n_features, n_labels);
  regression.add(sample(1).features, targets);
  regression.solve(1e-6);
  Sample const others = sample(2);
  RowMatrix const predictions = regression.predict(others.features);
  std::vector<int> predicted;
  for (int i = 0; i < n_rows; ++i) {
    Eigen::Index best = 0;
    predictions.row(i).maxCoeff(&best);
    predicted.push_back(static_cast<int>(best));
  }
  return labelled_error(others.labels, predicted);
}

TEST(RidgeRegression, LabelsShuffled_Chance) {
  auto labels = sample(1).labels;
  EXPECT_LT(error_of_probe(labels), 0.05);
  RandomStream random(8, Purpose::probe, 0);
  for (int i = n_rows - 1; i > 0; --i)
    std::swap(labels[static_cast<std::size_t>(i)],
              labels[static_cast<std::size_t>(random.integer(0, i))]);
  EXPECT_NEAR(error_of_probe(labels), 2.0 / 3, 0.2);
}

TEST(RidgeRegression, RowsInParts_TheNormalEquations) {
  RowMatrix const x = sample(3).features;
  RowMatrix const y = x.leftCols(2) * 2 + RowMatrix::Constant(n_rows, 2, 5);
  RidgeRegression regression(n_features, 2);
  regression.add(x.topRows(100), y.topRows(100));
  regression.add(x.bottomRows(n_rows - 100), y.bottomRows(n_rows - 100));
  regression.solve(0);
  EXPECT_LT((regression.predict(x) - y).cwiseAbs().maxCoeff(), 1e-9);
  regression.solve(1e9);  // all weights but the intercept are nothing
  RowMatrix const mean = y.colwise().mean();
  EXPECT_LT((regression.predict(x).rowwise() - mean.row(0)).cwiseAbs().maxCoeff(), 1e-5);
}

}  // namespace
}  // namespace tvem
