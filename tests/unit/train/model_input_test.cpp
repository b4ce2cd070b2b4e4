#include "framework/train/model_input.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "framework/estimators/posterior/joint.hpp"
#include "framework/estimators/starts/initial_guess.hpp"
#include "framework/estimators/starts/starts.hpp"
#include "framework/train/model_fit.hpp"
#include "framework/train/trainer.hpp"

namespace tvem {
namespace {

Settings ragged_settings() {
  Settings settings;
  settings.task.dim = {1, 3};
  settings.task.components = {2, 4};
  settings.task.points = {20, 30};
  settings.input.frame = FrameKind::none;
  return settings;
}

std::vector<Task> tasks_of(Settings const& settings) {
  std::vector<Task> tasks;
  for (std::uint64_t id = 0; id < 5; ++id)
    tasks.push_back(TaskPrior(settings.task).sample(1, Purpose::probe, id));
  return tasks;
}

ModelInput input_of(Settings const& settings, std::vector<Task> const& tasks) {
  ModelInput input;
  fill_model_input(settings, 1, Purpose::probe, tasks, input);
  return input;
}

TEST(ModelInput, NothingGiven_TheBatchOfThePoints) {
  Settings const settings = ragged_settings();
  auto const tasks = tasks_of(settings);
  ModelInput const input = input_of(settings, tasks);
  EXPECT_EQ(input.batch.points, make_batch(tasks, 3).points);
  EXPECT_EQ(model_domain(settings).dim, 3);
  for (Frame const& frame : input.frames) EXPECT_TRUE(frame.is_that_of_points());
}

TEST(ModelInput, Guess_IndicatorsThenMeanAndShare) {
  Settings settings = ragged_settings();
  settings.input.guess = GuessKind::corrupted;
  settings.input.auxiliary = true;
  auto const tasks = tasks_of(settings);
  ModelInput const input = input_of(settings, tasks);
  ASSERT_EQ(model_domain(settings).dim, 3 + 4 + 3 + 1);
  ASSERT_EQ(input.batch.dim, 11);
  std::size_t row = 0;
  for (Task const& task : tasks) {
    auto const guess = initial_guess(settings.input, 1, Purpose::probe, task);
    Mixture const guessed = mixture_of_labels(task.points, guess, task.components(), 0);
    for (std::size_t i = 0; i < guess.size(); ++i, ++row) {
      float const* const x = input.batch.points.data() + row * 11;
      for (int j = 0; j < 4; ++j) EXPECT_EQ(x[3 + j], j == guess[i] ? 1.0f : 0.0f);
      for (int c = 0; c < task.mixture.dim(); ++c)
        EXPECT_EQ(x[7 + c], static_cast<float>(guessed.means(guess[i], c)));
      EXPECT_EQ(x[10], static_cast<float>(guessed.weights[guess[i]]));
    }
  }
  EXPECT_EQ(row, input.batch.n_points());
}

TEST(ModelInput, Standardised_MeanZeroVarianceOneAndFrameLeadBack) {
  Settings settings = ragged_settings();
  settings.input.standardize = true;
  settings.task.covariance = CovarianceKind::full;
  auto tasks = tasks_of(settings);
  tasks[0].points.col(0).setConstant(2);  // no variance: only moved
  ModelInput const input = input_of(settings, tasks);
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    Task const& task = tasks[t];
    auto const n = static_cast<double>(task.n_points());
    for (int c = 0; c < task.mixture.dim(); ++c) {
      double sum = 0, square_sum = 0;
      for (std::size_t i = input.batch.offsets[t]; i < input.batch.offsets[t + 1]; ++i) {
        double const x = input.batch.points[i * 3 + static_cast<std::size_t>(c)];
        sum += x;
        square_sum += x * x;
      }
      EXPECT_NEAR(sum / n, 0, 1e-6);
      EXPECT_NEAR(square_sum / n, t == 0 && c == 0 ? 0 : 1, 1e-6);
    }
    Frame const& frame = input.frames[t];
    Mixture const there = frame.from_points(task.mixture), back = frame.to_points(there);
    RowMatrix const moved = (task.points.rowwise() - frame.centre.transpose()).array().rowwise() /
                            frame.scale.transpose().array();
    // Densities change by the volume of the frame.
    EXPECT_NEAR(mean_log_likelihood(there, moved),
                mean_log_likelihood(task.mixture, task.points) + frame.scale.array().log().sum(),
                1e-10);
    EXPECT_LT((back.means - task.mixture.means).norm(), 1e-12);
    EXPECT_LT((back.factors - task.mixture.factors).norm(), 1e-12);
  }
}

TEST(StandardFrame, PowersOfTwo_ScaleAlongExactly) {
  Settings const settings = ragged_settings();
  RowMatrix const points = tasks_of(settings)[0].points;
  Frame const frame = standard_frame(points);
  for (int const exponent : {-900, -530, -90, 90, 500, 900}) {
    double const unit = std::ldexp(1.0, exponent);
    Frame const scaled = standard_frame(unit * points);
    EXPECT_EQ(scaled.centre, unit * frame.centre) << exponent;
    EXPECT_EQ(scaled.scale, unit * frame.scale) << exponent;
  }
}

TEST(StandardFrame, ConstantCoordinate_ExactlyZeroWhateverItsValue) {
  RowMatrix points(6, 2);
  for (double const value : {0.0, 0.1, -7.3, 1e8, 1e-300, 1e300}) {
    points.col(0) << 0, 1, 2, 10, 11, 12;
    points.col(1).setConstant(value);
    Frame const frame = standard_frame(points);
    EXPECT_EQ(frame.scale[1], 1) << value;
    EXPECT_TRUE((frame.from_points(points).col(1).array() == 0).all()) << value;
  }
}

TEST(ModelFit, EmAfterTheModel_TheSameInAllFrame) {
  Task const task = tasks_of(ragged_settings())[0];
  for (std::string const text :
       {"transformer+em:max_iterations=5", "transformer+em:covariance=spherical",
        "transformer+em:covariance=full"}) {
    EstimatorSpec const spec = parse_estimator(text, {});
    auto const fit_in = [&](double unit) {
      Task scaled = task;
      scaled.points *= unit;
      Fit of_model;
      of_model.labels = task.labels;
      return em_after_model(spec, scaled, of_model, {});
    };
    Fit const expected = fit_in(1);
    double const d = task.mixture.dim();
    for (double const unit : {1e-160, 1e-25, 1e25, 1e150}) {
      Fit const fit = fit_in(unit);
      EXPECT_EQ(fit.labels, expected.labels) << text << unit;
      EXPECT_EQ(fit.status, expected.status) << text << unit;
      EXPECT_NEAR(fit.log_likelihood + d * std::log(unit), expected.log_likelihood, 1e-5);
    }
  }
}

TEST(ModelFit, ParameterReadout_LabelsAndLikelihoodOfItsMixture) {
  for (bool const standardize : {false, true}) {
    Settings settings = ragged_settings();
    settings.model.readout = ReadoutKind::parameters;
    settings.loss.kind = LossKind::negative_log_likelihood;
    settings.input.standardize = standardize;
    Transformer<float> model(settings.model, model_domain(settings));
    auto const parameters = model.initial_parameters(1);
    model.set_parameters(parameters);
    for (Task const& task : tasks_of(settings)) {
      Fit const fit = fit_of_model(settings, model, task, 1, Purpose::probe);
      ASSERT_EQ(fit.mixture.components(), task.components());
      EXPECT_EQ(fit.labels, map_labels(fit.mixture, task.points));
      EXPECT_EQ(fit.log_likelihood, mean_log_likelihood(fit.mixture, task.points));
      EXPECT_NEAR(fit.mixture.weights.sum(), 1, 1e-12);
      EXPECT_EQ(fit.mixture.is_isotropic(), !standardize);
      EstimatorSpec const spec = parse_estimator("transformer+em", settings.em);
      Fit const step = fit_after_model(spec, settings, task, fit);
      EXPECT_EQ(step.iterations, 1);
      // The step has covariances of the mixture's own kind, so that it can only gain.
      EXPECT_GE(step.log_likelihood, fit.log_likelihood);
      Fit const shared = fit_after_model(
          parse_estimator("transformer+em:covariance=shared", settings.em), settings, task, fit);
      EXPECT_EQ(shared.mixture.variances.minCoeff(), shared.mixture.variances.maxCoeff());
    }
  }
}

TEST(EmAfterModel, MoreStepsThanOne_NotConvergedIsSaid) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 3);
  Fit of_model;
  of_model.labels.assign(50, 0);  // far from where EM ends
  of_model.labels[0] = 1;
  of_model.labels[1] = 2;
  auto const status = [&](std::string const& text) {
    return em_after_model(parse_estimator(text, EmSettings{}), task, of_model, {}).status;
  };
  EXPECT_EQ(status("transformer+em"), FitStatus::converged) << "one step is all there should be";
  EXPECT_EQ(status("transformer+em:max_iterations=2"), FitStatus::not_converged);
}

TEST(Trainer, EveryLoss_Falls) {
  for (auto const loss : {LossKind::negative_log_likelihood, LossKind::permutation_parameters}) {
    Settings settings;
    settings.model.layers = 2;
    settings.model.width = 16;
    settings.model.readout = ReadoutKind::parameters;
    settings.loss.kind = loss;
    settings.train.steps = 80;
    settings.train.tasks_per_step = 16;
    settings.train.warmup = 10;
    Trainer trainer(settings, Communicator::serial(), initial_state(settings));
    while (!trainer.is_finished()) trainer.train_step();
    auto const& steps = trainer.state().steps;
    double first = 0, last = 0;
    for (std::size_t i = 0; i < 10; ++i) {
      first += steps[i].loss_mean / 10;
      last += steps[70 + i].loss_mean / 10;
    }
    EXPECT_LT(last, 0.8 * first) << name_of(loss);
  }
}

TEST(ModelFit, BestOrientation_TheMostProbableLabels) {
  Settings settings;
  settings.input.frame = FrameKind::canonical;
  Transformer<float> model(settings.model, model_domain(settings));
  auto const parameters = model.initial_parameters(1);
  model.set_parameters(parameters);
  TaskPrior const prior(settings.task);
  int n_others = 0;
  for (std::uint64_t id = 0; id < 20; ++id) {
    Task const task = prior.sample(1, Purpose::probe, id);
    Fit const best =
        fit_in_best_orientation(settings, model, task, settings.task, 1, Purpose::probe, 4);
    double const probability = log_joint(task.points, best.labels, 3, settings.task);
    for (int orientation = 0; orientation < 4; ++orientation) {
      Fit const fit = fit_of_model(settings, model, task, 1, Purpose::probe, orientation);
      EXPECT_GE(probability, log_joint(task.points, fit.labels, 3, settings.task));
      if (orientation == 0 && fit.labels != best.labels) ++n_others;
    }
  }
  EXPECT_GT(n_others, 5) << "an untrained model says other things in other orientations";
}

}  // namespace
}  // namespace tvem
