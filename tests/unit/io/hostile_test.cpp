// Files that somebody sends: damaged and sealed anew, so that their bytes look whole; and well-made
// ones with values that cannot be. Each is refused in a sentence, or read as what was written;
// nothing crashes or hangs. Run under the sanitizers too.
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <functional>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tvem/core/error.hpp"
#include "tvem/core/random.hpp"
#include "tvem/io/checkpoint_file.hpp"
#include "tvem/io/clustering_file.hpp"
#include "tvem/io/digest.hpp"
#include "tvem/io/evaluation_file.hpp"
#include "tvem/io/our_file.hpp"
#include "tvem/io/sweep_file.hpp"
#include "tvem/io/trial.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

constexpr int n_inputs = 1000;  // of each kind of file

std::string content(fs::path const& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_sealed(fs::path const& path, std::string const& text) {
  std::ofstream(path, std::ios::binary) << text;
  seal_file(path);
}

std::size_t below(RandomStream& random, std::size_t n) {
  return std::min(n - 1, static_cast<std::size_t>(random.uniform() * static_cast<double>(n)));
}

/// Bytes flipped, overwritten by random ones, zeros or ones of another place, or cut off, anywhere
/// after the seal; mostly among the first, where HDF5 has most of what it believes.
std::string damaged(std::string text, RandomStream& random) {
  std::size_t const size = text.size() - user_block_bytes;
  std::size_t const among = random.uniform() < 0.3 ? std::min<std::size_t>(size, 3000) : size;
  std::size_t const at = user_block_bytes + below(random, among);
  std::size_t const end = std::min(text.size(), at + 1 + below(random, 64));
  std::size_t const source = user_block_bytes + below(random, size - (end - at));
  switch (below(random, 6)) {
    case 0:
      text[at] = static_cast<char>(text[at] ^ (1 << below(random, 8)));
      break;
    case 1:
      for (std::size_t i = at; i < end; ++i) text[i] = static_cast<char>(below(random, 256));
      break;
    case 2:
      text.replace(at, end - at, end - at, '\0');
      break;
    case 3:
      text.replace(at, end - at, end - at, '\xff');
      break;
    case 4:
      text.replace(at, end - at, std::string(text, source, end - at));
      break;
    default:
      text.resize(at);
  }
  return text;
}

FileHeader some_header() {
  return {.run_id = "test",
          .config_text = "[task]\ndim = 3\n",
          .created_utc = "2026-01-02T03:04:05Z",
          .provenance = {{"2026", "alpha", 3, "0.1", "abc", "gcc", "lib", "avx2", "tvem run"}}};
}

Checkpoint some_checkpoint(std::int64_t step) {
  Checkpoint checkpoint{
      .header = some_header(), .training_identity = "id", .layout = {}, .state = {}};
  checkpoint.layout.add("a.weight", 4, 5);
  TrainingState& state = checkpoint.state;
  for (auto* values :
       {&state.parameters, &state.optimizer.first_moment, &state.optimizer.second_moment})
    values->assign(20, static_cast<float>(step));
  state.step = state.optimizer.n_updates = step;
  state.chunk = 4;
  for (std::int64_t s = 0; s < step; ++s) state.steps.push_back({s, 1, 0.5, 1e-3, 2, -40});
  state.learning_curve = {{0, 0.5, 0.01}, {step, 0.25, 0.005}};
  return checkpoint;
}

Evaluation some_evaluation() {
  Evaluation table;
  table.estimators = {"transformer", "em"};
  table.task_ids = {0, 1};
  table.components = table.dim = table.points = {2, 3};
  table.bayes_error_raw = table.bayes_error = {0.1, 0.2};
  for (EvaluationMetric const& metric : evaluation_metrics)
    table.*metric.values = {0.1, 0.2, 0.3, 0.4};
  table.iterations = table.collapsed_restarts = table.dead_components = {0, 0, 7, 8};
  table.status = {0, 0, 0, 1};
  table.status_names = {"converged", "not_converged"};
  table.trace_error_mean = table.trace_error_standard_error =
      table.trace_log_likelihood_mean = {0.5, 0.25, 0.125, 0.5};
  return table;
}

RunRecord some_run() {
  RunRecord record;
  record.header = some_header();
  record.training_identity = record.evaluation_identity = "id";
  record.steps_total = 9;
  record.steps_done = 7;
  record.chunk = 4;
  record.steps = some_checkpoint(7).state.steps;
  record.learning_curve = some_checkpoint(7).state.learning_curve;
  record.evaluation = some_evaluation();
  return record;
}

// ---- all that was read, as text

template <class Values>
void add(std::string& text, Values const& values) {
  for (auto const& value : values) {
    std::ostringstream one;
    one << std::hexfloat << value << ' ';
    text += one.str();
  }
}

std::string text_of(FileHeader const& header) {
  std::string text = header.run_id + header.config_text + header.created_utc;
  for (ProvenanceRecord const& start : header.provenance)
    text += start.started_utc + start.host + std::to_string(start.ranks) + start.program_version +
            start.git_revision + start.build + start.libraries + start.instruction_set +
            start.command;
  return text;
}

std::string text_of(Evaluation const& table) {
  std::string text;
  add(text, table.estimators);
  add(text, table.task_ids);
  for (auto const* values : {&table.components, &table.dim, &table.points, &table.iterations,
                             &table.collapsed_restarts, &table.dead_components, &table.status})
    add(text, *values);
  for (auto const* values : {&table.bayes_error, &table.bayes_error_raw, &table.trace_error_mean,
                             &table.trace_error_standard_error, &table.trace_log_likelihood_mean})
    add(text, *values);
  for (EvaluationMetric const& metric : evaluation_metrics) add(text, table.*metric.values);
  add(text, table.status_names);
  return text;
}

std::string text_of(std::vector<StepRecord> const& steps, std::vector<CurveRecord> const& curve) {
  std::string text;
  for (StepRecord const& s : steps)
    add(text, std::vector<double>{static_cast<double>(s.step), s.loss_mean, s.error_mean, s.rate,
                                  s.gradient_norm, static_cast<double>(s.quantum_exponent)});
  for (CurveRecord const& c : curve)
    add(text,
        std::vector<double>{static_cast<double>(c.step), c.error_mean, c.error_standard_error});
  return text;
}

std::string text_of(Checkpoint const& checkpoint) {
  TrainingState const& state = checkpoint.state;
  std::string text = text_of(checkpoint.header) + checkpoint.training_identity +
                     text_of(state.steps, state.learning_curve);
  add(text, state.parameters);
  add(text, state.optimizer.first_moment);
  add(text, state.optimizer.second_moment);
  for (ParameterView const& view : checkpoint.layout.views()) text += view.name;
  add(text,
      std::vector<double>{static_cast<double>(state.step), static_cast<double>(state.chunk),
                          static_cast<double>(state.optimizer.n_updates),
                          static_cast<double>(state.instruction_set), state.training_seconds});
  return text;
}

std::string text_of(RunRecord const& record) {
  std::string text = text_of(record.header) + record.training_identity +
                     record.evaluation_identity + text_of(record.steps, record.learning_curve);
  add(text, std::vector<double>{static_cast<double>(record.steps_done),
                                static_cast<double>(record.steps_total),
                                static_cast<double>(record.chunk), record.training_seconds});
  return text + (record.evaluation ? text_of(*record.evaluation) : "");
}

std::string text_of(EvaluationRecord const& record) {
  return text_of(record.header) + record.evaluation_identity + text_of(record.evaluation) +
         (record.model ? record.model->run_id + record.model->training_identity +
                             record.model->config_text + std::to_string(record.model->steps_done)
                       : "");
}

class Hostile : public testing::Test {
 protected:
  Hostile() : folder(fs::temp_directory_path() / ("tvem-hostile-" + std::to_string(getpid()))) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    setenv("TVEM_TEST_READ_MS", "100", 1);  // one file in fifty makes the library hang
  }
  ~Hostile() override {
    unsetenv("TVEM_TEST_READ_MS");
    fs::remove_all(folder);
  }

  /// Damages the file again and again. read: what it holds, as text.
  void expect_refused_or_the_same(fs::path const& path,
                                  std::function<std::string(fs::path const&)> const& read,
                                  std::uint64_t seed) {
    std::string const whole = content(path), expected = read(path);
    RandomStream random(5, Purpose::probe, seed);
    int n_refused = 0;
    for (int i = 0; i < n_inputs; ++i) {
      write_sealed(path, damaged(whole, random));
      auto const start = std::chrono::steady_clock::now();
      try {
        EXPECT_EQ(read(path), expected) << "input " << i;
      } catch (Error const& error) {
        ++n_refused;
        EXPECT_NE(std::string(error.what()).find(path.filename()), std::string::npos)
            << error.what();
      }
      EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << i;
    }
    EXPECT_GT(n_refused, n_inputs / 2);
    write_sealed(path, whole);
    EXPECT_EQ(read(path), expected);
  }

  fs::path const folder;
};

// ---- damaged and sealed anew

TEST_F(Hostile, DamagedCheckpoints_PreviousOneIsUsedAndSaid) {
  write_checkpoint(folder, some_checkpoint(3));
  write_checkpoint(folder, some_checkpoint(7));
  std::string const last = text_of(read_checkpoint(folder)->checkpoint);
  std::string const previous = text_of(some_checkpoint(3));
  expect_refused_or_the_same(
      folder / "checkpoint.h5",
      [&](fs::path const&) {
        auto const found = read_checkpoint(folder);
        std::string const text = text_of(found->checkpoint);
        if (found->notice.empty()) return text;
        EXPECT_EQ(text, previous);
        throw Error(found->notice);
      },
      1);
}

TEST_F(Hostile, DamagedRunFiles_Refused) {
  write_run_file(folder / "run.h5", some_run());
  expect_refused_or_the_same(
      folder / "run.h5", [](fs::path const& path) { return text_of(read_run_file(path)); }, 2);
}

TEST_F(Hostile, DamagedEvaluations_Refused) {
  write_evaluation_file(folder / "evaluation.h5", {.header = some_header(),
                                                   .evaluation_identity = "id",
                                                   .model = ModelOrigin{"run", "id", "[task]\n", 7},
                                                   .evaluation = some_evaluation()});
  expect_refused_or_the_same(
      folder / "evaluation.h5",
      [](fs::path const& path) {
        std::string const text = text_of(read_evaluation_file(path));
        return text;
      },
      3);
  EXPECT_EQ(evaluation_of_file(folder / "evaluation.h5"), "id");
}

TEST_F(Hostile, DamagedSweeps_Refused) {
  SweepTable table;
  table.header = some_header();
  table.coordinates = {{"layers", "layers", {"1", "2"}, "layers"}};
  table.axes = {"layers"};
  table.arrays = {{"error_mean", {"layers"}, {0.25, 0.5}, "error", "1"}};
  table.texts = {{"run_id", {"layers"}, {"a", "b"}, "run"}};
  table.states = {0, 1};
  table.state_names = {"finished", "running"};
  table.counts = {{"cells", 2}};
  write_sweep_file(folder / "sweep.h5", table);
  expect_refused_or_the_same(
      folder / "sweep.h5", [](fs::path const& path) { return file_type_of(path); }, 4);
  EXPECT_TRUE(is_sweep_file(folder / "sweep.h5"));
}

TEST_F(Hostile, DamagedClusterings_Refused) {
  ClusteringRecord record;
  record.header = some_header();
  record.table = {.columns = {"x"},
                  .points = RowMatrix::Ones(3, 1),
                  .labels = {"a", "b", "a"},
                  .rows = {1, 2, 3},
                  .notes = {}};
  record.components = 2;
  record.results = {{.estimator = "lloyd",
                     .labels = {0, 1, 0},
                     .responsibilities = {},
                     .mixture = {},
                     .status = "converged"}};
  write_clustering_file(folder / "c.h5", record);
  expect_refused_or_the_same(
      folder / "c.h5", [](fs::path const& path) { return file_type_of(path); }, 5);
  EXPECT_TRUE(is_clustering_file(folder / "c.h5"));
}

// ---- values that cannot be, in files whose digests are right

TEST_F(Hostile, CheckpointsWithImpossibleValues_RefusedInASentence) {
  struct Case {
    std::function<void(Checkpoint&)> edit;
    std::string words;
  };
  Case const cases[] = {
      {[](Checkpoint& c) { c.state.step = -1; }, "state: step -1 is negative"},
      {[](Checkpoint& c) { c.state.step = 1000000000000; }, "records of 1000000000000 steps"},
      {[](Checkpoint& c) { c.state.steps.pop_back(); }, "not the records of 7 steps"},
      {[](Checkpoint& c) { c.state.steps[2].step = 5; }, "not the records of 7 steps"},
      {[](Checkpoint& c) { c.state.chunk = 0; }, "no chunk has 0 tasks"},
      {[](Checkpoint& c) { c.state.chunk = 2000000000; }, "no chunk has 2000000000 tasks"},
      {[](Checkpoint& c) { c.state.training_seconds = std::nan(""); }, "training_seconds"},
      {[](Checkpoint& c) { c.state.training_seconds = 1e300; }, "training_seconds"},
      {[](Checkpoint& c) { c.state.optimizer.n_updates = -3; }, "n_updates -3 is negative"},
      {[](Checkpoint& c) { c.state.optimizer.first_moment.pop_back(); }, "moments"},
      {[](Checkpoint& c) { c.state.optimizer.second_moment.resize(5); }, "moments"},
      {[](Checkpoint& c) { c.state.learning_curve[1].step = 8; }, "step 8 is not after"},
      {[](Checkpoint& c) { c.state.learning_curve[0].step = 7; }, "step 7 is not after"}};
  for (Case const& one : cases) {
    Checkpoint checkpoint = some_checkpoint(7);
    one.edit(checkpoint);
    fs::remove(folder / "checkpoint.previous.h5");
    write_checkpoint(folder, checkpoint);
    fs::remove(folder / "checkpoint.previous.h5");
    try {
      read_checkpoint(folder);
      ADD_FAILURE() << one.words;
    } catch (Error const& error) {
      std::string const message = error.what();
      EXPECT_NE(message.find(one.words), std::string::npos) << message;
      EXPECT_NE(message.find("checkpoint.h5"), std::string::npos) << message;
    }
  }
}

TEST_F(Hostile, RunFilesWithImpossibleValues_RefusedInASentence) {
  struct Case {
    std::function<void(RunRecord&)> edit;
    std::string words;
  };
  Case const cases[] = {
      {[](RunRecord& r) { r.steps_done = 10; }, "more steps are done"},
      {[](RunRecord& r) { r.steps_total = -1; }, "steps_total -1 is negative"},
      {[](RunRecord& r) { r.chunk = -1; }, "no chunk has -1 tasks"},
      {[](RunRecord& r) { r.evaluation->status[1] = 100; }, "status 100 has no word"},
      {[](RunRecord& r) { r.evaluation->status[1] = -1; }, "status -1 has no word"}};
  for (Case const& one : cases) {
    RunRecord record = some_run();
    one.edit(record);
    write_run_file(folder / "run.h5", record);
    try {
      read_run_file(folder / "run.h5");
      ADD_FAILURE() << one.words;
    } catch (Error const& error) {
      std::string const message = error.what();
      EXPECT_NE(message.find(one.words), std::string::npos) << message;
      EXPECT_NE(message.find("run.h5"), std::string::npos) << message;
    }
  }
}

TEST_F(Hostile, MembersOfOtherTypesAndShapes_RefusedInASentence) {
  struct Case {
    std::function<void(Hdf5Group const&)> fill;
    std::string words;
  };
  auto const real = [](Hdf5Group const& root) { root.set_attribute("file_type", 2.5); };
  auto const text = [](Hdf5Group const& root) { root.set_attribute("file_type", "tvem run"); };
  std::vector<float> const few = {1, 2, 3};
  Case const cases[] = {{real, "file_type (an attribute) is no text"},
                        {[&](auto const& root) { text(root); }, "state is not there"},
                        {[&](auto const& root) {
                           text(root);
                           root.write_array("state", std::span(few), {3}, {"an array"});
                         },
                         "state is no group"}};
  for (Case const& one : cases) {
    write_our_file(folder / "x.h5", {}, [&](Hdf5Group const& root) {
      root.set_attribute("schema_version", std::int64_t{2});
      one.fill(root);
    });
    StoredGroup const root = read_our_file(folder / "x.h5");
    try {
      root.text_attribute("file_type");
      root.open_group("state");
      ADD_FAILURE() << one.words;
    } catch (Error const& error) {
      EXPECT_NE(std::string(error.what()).find(one.words), std::string::npos) << error.what();
    }
  }
}

TEST_F(Hostile, ContentOfAnotherProcess_NeverBelieved) {
  write_checkpoint(folder, some_checkpoint(2));
  constexpr auto most = std::uint64_t{1} << 30;
  std::string const whole = Hdf5File::open(folder / "checkpoint.h5").content(most);
  RandomStream random(5, Purpose::probe, 9);
  for (int i = 0; i < 5000; ++i) {
    std::string bad = whole;
    for (std::size_t n = 1 + below(random, 3); n > 0; --n)
      bad[below(random, bad.size())] = static_cast<char>(below(random, 256));
    if (i % 3 == 0) bad.resize(below(random, bad.size()));
    try {
      StoredGroup("x.h5", bad).open_group("parameters").read<float>("a.weight");
    } catch (Error const& error) {
      EXPECT_NE(std::string(error.what()).find("x.h5"), std::string::npos) << error.what();
    }
  }
}

// ---- the child

TEST_F(Hostile, ChildThatCrashesOrHangs_IsAnErrorThatNamesTheFile) {
  unsetenv("TVEM_TEST_READ_MS");
  fs::path const path = folder / "file.h5";
  std::ofstream(path) << "something";
  std::function<std::string()> const works[] = {[]() -> std::string {
                                                  raise(SIGSEGV);
                                                  return "";
                                                },
                                                []() -> std::string { _exit(0); },
                                                []() -> std::string {
                                                  for (bool volatile is_on = true; is_on;) continue;
                                                  return "";
                                                }};
  for (auto const& work : works) {
    auto const start = std::chrono::steady_clock::now();
    try {
      in_child(path, 1 << 20, work);
      ADD_FAILURE();
    } catch (Error const& error) {
      EXPECT_NE(std::string(error.what()).find("file.h5 is damaged"), std::string::npos);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(12));
  }
  EXPECT_LE(waitpid(-1, nullptr, WNOHANG), 0) << "a child was left";
}

TEST_F(Hostile, ChildThatAnswers_ItsResultOrWhatItThrows) {
  fs::path const path = folder / "file.h5";
  std::string const large(5'000'000, 'x');
  EXPECT_EQ(in_child(path, 1 << 26, [&] { return large; }), large);
  EXPECT_EQ(in_child(path, 1 << 20, [] { return std::string(); }), "");
  auto const handler = std::signal(SIGCHLD, SIG_IGN);  // as a parent may have left it
  EXPECT_EQ(in_child(path, 1 << 20, [] { return std::string("a"); }), "a");
  std::signal(SIGCHLD, handler);
  EXPECT_THROW(in_child(path, 1 << 20, []() -> std::string { throw Error("no"); }), Error);
  try {
    in_child(path, 1 << 20, []() -> std::string {
      throw ConfigurationError(std::vector<std::string>{"one", "two"});
    });
    ADD_FAILURE();
  } catch (ConfigurationError const& error) {
    EXPECT_EQ(error.problems(), (std::vector<std::string>{"one", "two"}));
  }
}

}  // namespace
}  // namespace tvem
