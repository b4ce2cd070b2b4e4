#include "experiments/settings/configuration.hpp"

#include <gtest/gtest.h>

#include "experiments/settings/identity.hpp"
#include "experiments/settings/keys.hpp"
#include "framework/core/error.hpp"

namespace tvem {
namespace {

std::string problems_of(std::string const& ini, std::vector<std::string> const& arguments = {}) {
  try {
    parse_settings(ini, "test.ini", arguments);
    return "";
  } catch (ConfigurationError const& error) {
    return error.what();
  }
}

bool has(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

TEST(ParseConfiguration, Nothing_Defaults) {
  Settings const settings = parse_settings("", "", {});
  EXPECT_EQ(configuration_text(settings), configuration_text(Settings{}));
}

TEST(ParseConfiguration, FileAndCommandLine_CommandLineWins) {
  Settings const settings = parse_settings(
      "# comment\n; another\n[task]\n  ; and one\ndim = 4;four\ncomponents = 2..5\nsigma = "
      "0.5..1.5\n[model]\ntied = true\n",
      "a.ini", {"--task.dim", "7", "--train.rate=1e-4"});
  EXPECT_EQ(settings.task.dim, (Range<int>{7, 7}));
  EXPECT_EQ(settings.task.components, (Range<int>{2, 5}));
  EXPECT_EQ(settings.task.sigma, (Range<double>{0.5, 1.5}));
  EXPECT_TRUE(settings.model.tied);
  EXPECT_EQ(settings.train.rate, 1e-4);
}

TEST(ParseConfiguration, EveryKey_TextReadsBackExactly) {
  Settings settings;
  settings.run.seed = ~std::uint64_t{0};
  settings.task.sigma = {0.1, 1.0 / 3};
  settings.train.rate = 1.0 / 7;
  settings.eval.estimators = {"em:restarts=3:start=random", "bayes"};
  settings.model.norm = NormKind::post;
  settings.em.start = StartKind::random;
  std::string const text = configuration_text(settings);
  Settings const back = parse_settings(text, "test.ini", {});
  EXPECT_EQ(configuration_text(back), text);
  EXPECT_EQ(back.task.sigma, settings.task.sigma);
  EXPECT_EQ(back.train.rate, settings.train.rate);
  EXPECT_EQ(back.run.seed, settings.run.seed);
  EXPECT_EQ(back.eval.estimators, settings.eval.estimators);
}

TEST(ParseConfiguration, EveryKey_SetsItsOwnMember) {
  // Each key takes a value of another key's default or of its own words; only its own line may
  // change.
  for (Key const& key : configuration_keys()) {
    Settings const defaults;
    int n_accepted = 0;
    for (std::string const value :
         {"4",       "0.25",      "sphere",  "uniform",    "dirichlet",
          "none",    "relu",      "true",    "sgd",        "rsqrt",
          "random",  "spherical", "float",   "fast",       "bayes",
          "laplace", "2",         "weights", "parameters", "negative_log_likelihood",
          "centred", "posterior", "origin",  "constrain",  "constructed",
          "largest"}) {
      Settings settings;
      if (!key.parse(value, settings) || key.print(settings) == key.print(defaults)) continue;
      ++n_accepted;
      for (Key const& other : configuration_keys())
        EXPECT_EQ(other.print(settings) != other.print(defaults), other.name == key.name)
            << key.name << " = " << value << " and " << other.name;
    }
    EXPECT_GT(n_accepted, 0) << key.name;
  }
}

TEST(ParseConfiguration, ManyProblems_AllAtOnceEachWithKeyValueAndWhatIsAccepted) {
  std::string const problems = problems_of(
      "[task]\npionts = 4\nmeans = cauchy\nsigma = nan\n[model]\nlayers = 2.5\nheads=3\n",
      {"--train.steps", "-1", "--task.components=5..2", "--run.seed", "-3", "--task.covariance",
       "round"});
  for (auto const* part :
       {"task.pionts", "task.points", "task.means = \"cauchy\"",
        "gaussian, uniform, sphere or simplex", "task.sigma = \"nan\"", "model.layers = \"2.5\"",
        "train.steps = \"-1\"", "task.components = \"5..2\"", "run.seed = \"-3\"",
        "task.covariance = \"round\"", "model.width = 32", "test.ini: ", "command line: "})
    EXPECT_TRUE(has(problems, part)) << part << "\n" << problems;
}

TEST(ParseConfiguration, SyntaxAndDuplicates_NamedWithFileAndLine) {
  EXPECT_TRUE(has(problems_of("[task]\n\ndim 4\n"), "test.ini:3: \"dim 4\""));
  EXPECT_TRUE(has(problems_of("[task]\ndim = 4\ndim = 5\n"), "task.dim is given twice"));
  EXPECT_TRUE(
      has(problems_of("", {"--task.dim", "4", "--task.dim", "5"}), "task.dim is given twice"));
  EXPECT_TRUE(has(problems_of("", {"stray"}), "\"stray\""));
  EXPECT_TRUE(has(problems_of("", {"--task.dim"}), "task.dim"));
  EXPECT_TRUE(has(problems_of("", {"--task.di", "4"}), "unknown key"))
      << "prefixes are not guessed";
  EXPECT_TRUE(has(problems_of("", {"--task.dim", "4 "}), "task.dim = \"4 \""));
  EXPECT_TRUE(has(problems_of("", {"--eval.estimators", "em,em"}), "eval.estimators"));
  EXPECT_TRUE(has(problems_of("", {"--eval.estimators", "em,,lloyd"}), "eval.estimators"));
  EXPECT_TRUE(has(problems_of("", {"--run.name", "../x"}), "run.name"));
  EXPECT_TRUE(has(problems_of("", {"--train.rate", "1e400"}), "train.rate"));
}

TEST(ParseConfiguration, BadLinesAmongBadValues_AllReported) {
  // "dim" is also a part of the good line before it, which must stay.
  EXPECT_EQ(problems_of("[task]\ndim = 4\npoints = 0\n  dim # 4\n\n[model\n"),
            "test.ini:4: \"dim\" is neither [section] nor key = value\n"
            "test.ini:6: \"[model\" is neither [section] nor key = value\n"
            "test.ini: task.points = \"0\" is not accepted; it is an integer 2..100000, or a range "
            "a..b of them");
}

TEST(ParseConfiguration, KeysWithoutValues_NamedAndTheOthersStillRead) {
  std::string const problems =
      problems_of("", {"--task.dim", "--task.points=", "--train.rate", "-1", "--model.layers"});
  for (auto const* part :
       {"--task.dim needs a value: an integer 1..1024", "--task.points needs a value",
        "train.rate = \"-1\"", "--model.layers needs a value"})
    EXPECT_TRUE(has(problems, part)) << part << "\n" << problems;
  EXPECT_FALSE(has(problems, "belongs to no option")) << problems;
}

TEST(ParseConfiguration, LinesOfWindowsCommentsAndNegativeZero_AsMeant) {
  Settings const settings = parse_settings(
      "[task]\r\ndim = 4 # four\r\nseparation = -0\r\n[run]\r\nname = a\r\n", "a.ini", {});
  EXPECT_EQ(settings.task.dim, (Range<int>{4, 4}));
  EXPECT_EQ(settings.run.name, "a");
  Settings expected;
  expected.task.dim = {4, 4};
  EXPECT_EQ(training_identity(settings), training_identity(expected)) << "-0 is 0";
}

TEST(ParseConfiguration, ByteOrderMark_IsPassedOver) {
  EXPECT_EQ(parse_settings("\xef\xbb\xbf[task]\ndim = 4\n", "a.ini", {}).task.dim.low, 4);
}

TEST(KeysHelp, EveryKey_WithItsDefault) {
  std::string const help = keys_help();
  for (Key const& key : configuration_keys())
    EXPECT_TRUE(has(help, "  " + key.name + " ")) << key.name;
  EXPECT_TRUE(has(help, "[0.003]"));
  std::size_t line_length = 0;
  for (char const c : help) {
    line_length = c == '\n' ? 0 : line_length + 1;
    EXPECT_LE(line_length, 100u);
  }
}

TEST(WithFirstDefaults, TextOfAnEarlierBuild_MeansWhatItMeantThen) {
  // The build did not know input.frame; its optimiser was adam, and it said so.
  std::string const text = "[input]\ninit = random\n[train]\noptimizer = adam\nsteps = 9\n";
  Settings const settings = parse_settings(with_first_defaults(text), "stored", {});
  EXPECT_EQ(settings.input.frame, FrameKind::none);
  EXPECT_EQ(settings.input.guess, GuessKind::random);
  EXPECT_EQ(settings.train.optimizer, OptimizerKind::adam);
  EXPECT_EQ(settings.train.steps, 9);
  // A key that is there stays as it is.
  std::string const today = configuration_text(Settings{});
  EXPECT_EQ(with_first_defaults(today), today);
}

TEST(TrainingIdentity, FirstDefaults_AsEver) {
  // Old runs are found by this hash: a change of it needs a reason, and the number in identity.cpp
  // raised. A default that changes keeps its first value out of the hash, and is in it itself.
  EXPECT_EQ(first_settings().input.frame, FrameKind::none);
  EXPECT_EQ(first_settings().train.optimizer, OptimizerKind::adam);
  EXPECT_EQ(run_id(first_settings()), "run-c801b51463");
  EXPECT_NE(run_id(Settings{}), run_id(first_settings()));
}

/// task.centre is of simplex means alone, and its default has changed.
TEST(TrainingIdentity, ChangedDefaultThatNothingReads_AsEver) {
  auto const id_of = [](std::string const& text) { return run_id(parse_settings(text, "", {})); };
  auto const id_then = [](std::string const& text) {
    return run_id(parse_settings(with_first_defaults(text), "", {}));
  };
  std::string const rest = "[input]\nframe = none\n[train]\noptimizer = adam\n";
  std::string const simplex = "means = simplex\nseparation = 3\n";
  EXPECT_EQ(id_of(rest), "run-c801b51463");
  EXPECT_EQ(id_then(rest), "run-c801b51463");
  EXPECT_NE(id_of(rest + "[task]\n" + simplex), id_then(rest + "[task]\n" + simplex));
  EXPECT_EQ(id_of(rest + "[task]\ncentre = origin\n" + simplex),
            id_then(rest + "[task]\n" + simplex));
  std::string family = rest + "[task]\nfamily = a\n[family.a]\n";
  for (std::string const line : {"task.means = simplex\n", "task.separation = 3\n"}) family += line;
  EXPECT_NE(id_of(family), id_then(family));
}

TEST(TrainingIdentity, KeysOfTheTraining_ChangeItAndOthersDoNot) {
  Settings const defaults;
  for (Key const& key : configuration_keys())
    for (std::string const value : {"4",
                                    "0.25",
                                    "uniform",
                                    "dirichlet",
                                    "none",
                                    "relu",
                                    "true",
                                    "sgd",
                                    "rsqrt",
                                    "random",
                                    "spherical",
                                    "float",
                                    "fast",
                                    "bayes",
                                    "laplace",
                                    "2",
                                    "weights",
                                    "parameters",
                                    "negative_log_likelihood",
                                    "centred",
                                    "posterior"}) {
      Settings settings;
      if (!key.parse(value, settings) || key.print(settings) == key.print(defaults)) continue;
      bool const is_training = key.role == Role::training;
      EXPECT_EQ(training_identity(settings) != training_identity(defaults), is_training)
          << key.name;
      EXPECT_EQ(evaluation_identity(settings) != evaluation_identity(defaults),
                key.role != Role::operational)
          << key.name;
      EXPECT_EQ(training_differences(defaults, settings).empty(), !is_training) << key.name;
    }
}

TEST(ParseConfiguration, Preset_BetweenFileAndCommandLine) {
  std::string const ini =
      "[train]\nsteps = 10\nrate = 0.1\n[preset.full]\ntrain.steps = 900\ntrain.rate = 0.2\n";
  EXPECT_EQ(parse_settings(ini, "a.ini", {}).train.steps, 10);
  Settings const full = parse_settings(ini, "a.ini", {"--preset", "full", "--train.rate", "0.3"});
  EXPECT_EQ(full.train.steps, 900);
  EXPECT_EQ(full.train.rate, 0.3);
  EXPECT_EQ(parse_settings(ini, "a.ini", {"--preset=full"}).train.rate, 0.2);
}

TEST(ParseConfiguration, WrongPreset_IsSaid) {
  std::string const ini = "[preset.full]\ntrain.steps = 900\n";
  EXPECT_TRUE(has(problems_of(ini, {"--preset", "ful"}), "the presets full"));
  EXPECT_TRUE(has(problems_of("", {"--preset", "full"}), "no section [preset.full]"));
  EXPECT_TRUE(has(problems_of(ini, {"--preset"}), "needs the NAME"));
  EXPECT_TRUE(has(problems_of(ini, {"--preset", "full", "--preset", "full"}), "twice"));
  EXPECT_TRUE(has(problems_of("[preset.full]\ntrain.step = 9\n"), "preset full: unknown key"))
      << "also when it is not asked for";
  EXPECT_TRUE(has(problems_of("[preset.full]\nsweep.run.seed = 1, 2\n", {"--preset", "full"}),
                  "tvem sweep"));
}

TEST(EvaluationIdentity, OfATrainedModel_TasksGuessAndEvaluationCount) {
  Settings const trained;
  std::string const own = evaluation_identity(trained, trained);
  auto const differs = [&](auto const& change) {
    Settings asked = trained;
    change(asked);
    return evaluation_identity(trained, asked) != own;
  };
  EXPECT_TRUE(differs([](Settings& s) { s.task.points = {20, 20}; }));
  EXPECT_TRUE(differs([](Settings& s) { s.input.corruption = 0.1; }));
  EXPECT_TRUE(differs([](Settings& s) { s.eval.tasks = 7; }));
  EXPECT_TRUE(differs([](Settings& s) { s.em.restarts = 7; }));
  EXPECT_FALSE(differs([](Settings& s) { s.task.pool = 7; }));
  EXPECT_FALSE(differs([](Settings& s) { s.train.checkpoint_every = 7; }));
  Settings other = trained;
  other.run.seed = 2;
  EXPECT_NE(evaluation_identity(other, trained), own);
}

TEST(TrainingDifferences, MoreSteps_OnlyWhereTheScheduleAllows) {
  Settings stored, asked;
  stored.train.schedule = asked.train.schedule = ScheduleKind::constant;
  asked.train.steps = 3000;
  EXPECT_TRUE(training_differences(stored, asked).empty());
  EXPECT_EQ(training_differences(asked, stored).size(), 1u) << "fewer steps are another training";
  stored.train.schedule = asked.train.schedule = ScheduleKind::cosine;
  EXPECT_EQ(training_differences(stored, asked),
            (std::vector<std::string>{"train.steps: 2000 there, 3000 asked for"}));
}

}  // namespace
}  // namespace tvem
