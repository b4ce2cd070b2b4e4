#include "framework/estimators/estimator.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/metrics/statistics.hpp"
#include "tests/unit/estimators/em_testing.hpp"

namespace tvem {
namespace {

Fit run(EstimatorSpec const& spec, Task const& task, std::uint64_t seed) {
  return run_baseline(spec, TaskSettings{}, InputSettings{}, task,
                      {.seed = seed, .task_id = task.id, .count = spec.restarts()});
}

std::string problem_of(std::string const& text) {
  try {
    parse_estimator(text, EmSettings{});
    return "";
  } catch (ConfigurationError const& error) {
    return error.what();
  }
}

TEST(ParseEstimator, Options_OverrideTheDefaults) {
  EmSettings defaults;
  defaults.restarts = 4;
  defaults.tolerance = 1e-3;
  EstimatorSpec const spec = parse_estimator(
      "em:start=random:covariance=spherical:max_iterations=7:variance_floor=0.01", defaults);
  EXPECT_EQ(spec.method, Method::em);
  EXPECT_EQ(spec.em.restarts, 4);
  EXPECT_EQ(spec.em.tolerance, 1e-3);
  EXPECT_EQ(spec.em.start, StartKind::random);
  EXPECT_EQ(spec.em.covariance, CovarianceKind::spherical);
  EXPECT_EQ(spec.em.max_iterations, 7);
  EXPECT_EQ(spec.em.variance_floor, 0.01);
  EXPECT_EQ(spec.text, "em:start=random:covariance=spherical:max_iterations=7:variance_floor=0.01");
  EXPECT_EQ(parse_estimator("lloyd:restarts=9", defaults).em.restarts, 9);
  EXPECT_EQ(parse_estimator("transformer", defaults).method, Method::transformer);
}

TEST(ParseEstimator, Relatives_HaveOptionsOfTheirOwn) {
  EstimatorSpec const em = parse_estimator("em:known=variance+means_prior:start=oracle", {});
  EXPECT_TRUE(em.em.known.variance && em.em.known.means_prior && !em.em.known.weights);
  EXPECT_EQ(known_text(em.em.known), "variance+means_prior");
  EmSettings ten;
  ten.restarts = 10;
  EXPECT_EQ(parse_estimator("em:start=oracle", ten).restarts(), 1);
  EXPECT_EQ(parse_estimator("em:start=spectral", ten).restarts(), 10);
  EXPECT_EQ(parse_estimator("bayes", ten).restarts(), 1);
  EstimatorSpec const two_round = parse_estimator("two_round:centres=9", {});
  EXPECT_EQ(two_round.em.max_iterations, 1);
  EXPECT_EQ(two_round.em.start, StartKind::two_round);
  EXPECT_EQ(two_round.em.centres, 9);
  EXPECT_EQ(parse_estimator("gradient:rate=0.5", {}).em.rate, 0.5);
  EXPECT_EQ(parse_estimator("gradient", {}).em.max_iterations, 1000);
  ten.known.variance = true;
  EXPECT_FALSE(parse_estimator("lloyd:start=two_round", ten).em.known.variance);
  EXPECT_TRUE(parse_estimator("em", ten).em.known.variance);
  EXPECT_EQ(parse_estimator("transformer+em", {}).method, Method::transformer_em);
  KnownParameters known;
  EXPECT_FALSE(read_known("variance+variance", known));
  EXPECT_FALSE(read_known("variance+", known));
  EXPECT_FALSE(read_known("", known));
  EXPECT_TRUE(read_known("none", known));
}

TEST(ParseEstimator, OptionsThatContradict_ErrorSaysWhy) {
  EXPECT_NE(problem_of("gradient:covariance=full").find("shared and spherical"), std::string::npos);
  EXPECT_NE(problem_of("spectral:start=oracle").find("random or kmeans++"), std::string::npos);
  EXPECT_NE(problem_of("em:start=oracle:restarts=5").find("leave restarts out"), std::string::npos);
  EXPECT_NE(problem_of("em:centres=5").find("start=two_round"), std::string::npos);
  EXPECT_NE(problem_of("em:start=oracle:components=3").find("leave components out"),
            std::string::npos);
  EXPECT_NE(problem_of("em:components=0").find("1..64"), std::string::npos);
  EXPECT_NE(problem_of("em:known=mean").find("means_prior"), std::string::npos);
  EXPECT_NE(problem_of("hartigan:precision=float").find("options of hartigan"), std::string::npos);
}

TEST(EstimatorProblems, WhatTasksDoNotHave_SaysWhatToSet) {
  auto const problems = [](std::string const& text, EstimationSettings const& settings) {
    std::string all;
    for (auto const& problem :
         estimator_problems(parse_estimator(text, {}), settings.task, settings.input))
      all += problem + "\n";
    return all;
  };
  EstimationSettings settings;
  EXPECT_EQ(problems("em:known=variance+weights+means_prior", settings), "");
  EXPECT_EQ(parse_estimator("em:known=all", {}).em.known,
            parse_estimator("em:known=means_prior+variance+weights", {}).em.known);
  EXPECT_NE(problems("lloyd:start=given", settings).find("input.init"), std::string::npos);
  settings.task.covariance = CovarianceKind::tied;
  EXPECT_NE(problems("em:known=variance", settings).find("add covariance=tied"), std::string::npos);
  EXPECT_EQ(problems("em:known=variance:covariance=tied", settings), "");
  settings.task.covariance = CovarianceKind::full;
  settings.task.weights = WeightsKind::dirichlet;
  settings.task.means = MeansKind::sphere;
  std::string const all = problems("em:known=variance+weights+means_prior", settings);
  for (auto const* part : {"one covariance", "task.weights = equal", "task.means = gaussian"})
    EXPECT_NE(all.find(part), std::string::npos) << all;
  settings.em.known.variance = true;
  EXPECT_EQ(problems("bayes", settings), "") << "nothing is granted to it";
}

TEST(ParseEstimator, WrongText_ErrorNamesThePartAndWhatIsAccepted) {
  EXPECT_NE(problem_of("kmeans").find("transformer+em, em, two_round, gradient, lloyd"),
            std::string::npos);
  EXPECT_NE(problem_of("em:restart=3").find("restarts"), std::string::npos);
  EXPECT_NE(problem_of("em:restarts=0").find("1..100000"), std::string::npos);
  EXPECT_NE(problem_of("em:restarts=3x").find("restarts=3x"), std::string::npos);
  EXPECT_NE(problem_of("em:restarts").find("restarts"), std::string::npos);
  EXPECT_NE(problem_of("em:tolerance=nan").find("tolerance"), std::string::npos);
  EXPECT_NE(problem_of("em:start=far").find("kmeans++"), std::string::npos);
  EXPECT_NE(problem_of("em:restarts=2:restarts=3").find("twice"), std::string::npos);
  EXPECT_NE(problem_of("lloyd:tolerance=1").find("the options of lloyd are"), std::string::npos);
  EXPECT_NE(problem_of("bayes:restarts=2").find("takes no options"), std::string::npos);
  EXPECT_NE(problem_of("em:covariance=round").find("tied, diagonal or full"), std::string::npos);
  EXPECT_NE(problem_of("em:covariance=full:precision=float").find("precision=double alone"),
            std::string::npos);
  EXPECT_NE(problem_of("em:noise=student:precision=float").find("precision=double alone"),
            std::string::npos);
  EXPECT_NE(problem_of("em:degrees=3").find("degrees is of noise=student"), std::string::npos);
  EXPECT_NE(problem_of("em:noise=student:degrees=2").find("more than 2"), std::string::npos);
  EXPECT_NE(problem_of("em:noise=student:known=variance").find("needs the degrees"),
            std::string::npos);
  EXPECT_NE(problem_of("em:noise=laplace").find("gaussian or student"), std::string::npos);
  EXPECT_NE(problem_of("gradient:outliers=true").find("the options of gradient"),
            std::string::npos);
  EXPECT_NE(problem_of("em:").find("em:"), std::string::npos);
  EXPECT_NE(problem_of(""), "");
  std::string const both = problem_of("em:restart=3:start=far");
  EXPECT_NE(both.find("restart=3"), std::string::npos);
  EXPECT_NE(both.find("start=far"), std::string::npos);
}

/// Mean error of a specification on tasks of the default prior, the quickstart's.
Moments errors_of(std::string const& text) {
  TaskPrior const prior{TaskSettings{}};
  EstimatorSpec const spec = parse_estimator(text, EmSettings{});
  Moments moments;
  for (std::uint64_t id = 0; id < 2000; ++id) {
    Task const task = prior.sample(8, Purpose::evaluation_tasks, id);
    moments.add(clustering_error(task.labels, run(spec, task, 8).labels, 3));
  }
  return moments;
}

TEST(FollowsDefault, OptionsThatAreRead_AndNoOthers) {
  auto const follows = [](std::string const& text, std::string const& option) {
    return parse_estimator(text, EmSettings{}).follows_default(option);
  };
  for (auto const* option : {"restarts", "start", "max_iterations", "tolerance", "covariance",
                             "variance_floor", "precision", "known"})
    EXPECT_TRUE(follows("em", option)) << option;
  EXPECT_FALSE(follows("em:restarts=2", "restarts"));
  EXPECT_FALSE(follows("em:start=oracle", "restarts"));
  EXPECT_FALSE(follows("em", "ratio_limit"));
  EXPECT_TRUE(follows("em:covariance=full", "ratio_limit"));
  EXPECT_FALSE(follows("em:known=variance", "variance_floor"));
  EXPECT_FALSE(follows("em", "centres"));
  EXPECT_TRUE(follows("lloyd:start=two_round", "centres"));
  EXPECT_FALSE(follows("lloyd", "covariance"));
  EXPECT_FALSE(follows("gradient", "max_iterations"));
  EXPECT_TRUE(follows("gradient", "rate"));
  EmSettings spherical;
  spherical.covariance = CovarianceKind::spherical;
  EXPECT_EQ(parse_estimator("lloyd:start=two_round", spherical).em.covariance,
            CovarianceKind::shared);
}

TEST(RunBaseline, QuickstartPrior_ErrorsOfAnIndependentImplementation) {
  std::ifstream golden(TVEM_GOLDEN_DIR "/reference_errors.txt");
  std::string text;
  std::getline(golden, text);
  int n_read = 0;
  for (double known = 0, known_standard_error = 0; golden >> text >> known >> known_standard_error;
       ++n_read) {
    Moments const moments = errors_of(text);
    EXPECT_NEAR(moments.mean(), known,
                4 * std::hypot(moments.standard_error(), known_standard_error))
        << text;
  }
  EXPECT_EQ(n_read, 5);
}

TEST(RunBaseline, SameTaskAndSeed_SameBits) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 9);
  for (auto const* text : {"em:restarts=3", "lloyd:restarts=3", "chance"}) {
    EstimatorSpec const spec = parse_estimator(text, EmSettings{});
    Fit const a = run(spec, task, 1), b = run(spec, task, 1);
    EXPECT_EQ(a.labels, b.labels);
    EXPECT_EQ(a.iterations, b.iterations);
  }
  EstimatorSpec const chance = parse_estimator("chance", EmSettings{});
  EXPECT_NE(run(chance, task, 1).labels, run(chance, task, 2).labels);
}

TEST(RunBaseline, AssumedComponents_InPlaceOfTheTasks) {
  TaskSettings settings;
  settings.covariance = CovarianceKind::tied;
  Task const task = TaskPrior(settings).sample(1, Purpose::probe, 9);
  for (auto const* method :
       {"em", "em:covariance=tied:known=variance+weights", "two_round:covariance=full",
        "gradient:restarts=2", "lloyd", "hartigan", "spectral"})
    for (int const k : {1, 2, 5}) {
      EstimatorSpec const spec =
          parse_estimator(method + (":components=" + std::to_string(k)), EmSettings{});
      Fit const fit = run(spec, task, 1);
      EXPECT_EQ(fit.mixture.components(), k) << spec.text;
      EXPECT_LT(*std::max_element(fit.labels.begin(), fit.labels.end()), k);
      EXPECT_TRUE(std::isfinite(fit.log_likelihood)) << spec.text;
      if (!spec.em.known.variance) continue;
      for (int j = 0; j < k; ++j)
        EXPECT_EQ(covariance_of(fit.mixture, j), covariance_of(task.mixture, 0));
    }
}

TEST(RunBaseline, Transformer_IsNoBaseline) {
  Task const task = TaskPrior(TaskSettings{}).sample(1, Purpose::probe, 9);
  EXPECT_THROW(run(parse_estimator("transformer", EmSettings{}), task, 1), CheckFailed);
}

}  // namespace
}  // namespace tvem
