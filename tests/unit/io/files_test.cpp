#include <cmath>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "framework/core/random.hpp"
#include "io/checkpoint_file.hpp"
#include "io/durable/digest.hpp"
#include "io/durable/durable.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

class Files : public test::TemporaryFolder {};

FileHeader some_header() {
  return {.run_id = "test-0123456789",
          .config_text = "[task]\ndim = 3\nname = gr\xc3\xbc\xc3\x9f\n",
          .created_utc = "2026-01-02T03:04:05Z",
          .provenance = {
              {"2026-01-02T03:04:05Z", "alpha", 3, "0.1", "abc", "gcc", "lib", "avx2", "tvem a"},
              {"2026-01-03T03:04:05Z", "beta", 1, "0.2", "def", "clang", "", "portable", "b"}}};
}

Checkpoint some_checkpoint(std::int64_t step) {
  Checkpoint checkpoint;
  checkpoint.header = some_header();
  checkpoint.training_identity = "identity";
  // Names whose alphabetical order is not that of their places.
  checkpoint.layout.add("z.weight", 2, 3);
  checkpoint.layout.add("a.bias", 1, 5);
  checkpoint.layout.add("m.weight", 4, 1);
  RandomStream random(1, Purpose::probe, static_cast<std::uint64_t>(step));
  TrainingState& state = checkpoint.state;
  for (auto* values :
       {&state.parameters, &state.optimizer.first_moment, &state.optimizer.second_moment})
    for (int i = 0; i < 15; ++i) values->push_back(static_cast<float>(random.normal()));
  state.step = step;
  state.optimizer.n_updates = step + 1;
  state.chunk = 4;
  state.training_seconds = 12.5;
  for (std::int64_t s = 0; s < step; ++s)
    state.steps.push_back({s, random.normal(), random.uniform(), 1e-3, random.normal(), -40});
  state.learning_curve = {{0, 0.5, 0.01}, {step, 0.25, 0.005}};
  return checkpoint;
}

void expect_same(Checkpoint const& a, Checkpoint const& b) {
  EXPECT_EQ(a.header.run_id, b.header.run_id);
  EXPECT_EQ(a.header.config_text, b.header.config_text);
  ASSERT_EQ(a.header.provenance.size(), b.header.provenance.size());
  EXPECT_EQ(a.header.provenance[1].host, b.header.provenance[1].host);
  EXPECT_EQ(a.header.provenance[0].ranks, b.header.provenance[0].ranks);
  EXPECT_EQ(a.header.provenance[1].libraries, b.header.provenance[1].libraries);
  EXPECT_EQ(a.training_identity, b.training_identity);
  EXPECT_EQ(a.layout.views(), b.layout.views());
  EXPECT_EQ(a.state.step, b.state.step);
  EXPECT_EQ(a.state.parameters, b.state.parameters);
  EXPECT_EQ(a.state.optimizer.n_updates, b.state.optimizer.n_updates);
  EXPECT_EQ(a.state.optimizer.first_moment, b.state.optimizer.first_moment);
  EXPECT_EQ(a.state.optimizer.second_moment, b.state.optimizer.second_moment);
  EXPECT_EQ(a.state.optimizer.average, b.state.optimizer.average);
  EXPECT_EQ(a.state.chunk, b.state.chunk);
  EXPECT_EQ(a.state.training_seconds, b.state.training_seconds);
  ASSERT_EQ(a.state.steps.size(), b.state.steps.size());
  for (std::size_t i = 0; i < a.state.steps.size(); ++i) {
    EXPECT_EQ(a.state.steps[i].step, b.state.steps[i].step);
    EXPECT_EQ(a.state.steps[i].loss_mean, b.state.steps[i].loss_mean);
    EXPECT_EQ(a.state.steps[i].error_mean, b.state.steps[i].error_mean);
    EXPECT_EQ(a.state.steps[i].rate, b.state.steps[i].rate);
    EXPECT_EQ(a.state.steps[i].gradient_norm, b.state.steps[i].gradient_norm);
    EXPECT_EQ(a.state.steps[i].quantum_exponent, b.state.steps[i].quantum_exponent);
  }
  ASSERT_EQ(a.state.learning_curve.size(), b.state.learning_curve.size());
  for (std::size_t i = 0; i < a.state.learning_curve.size(); ++i) {
    EXPECT_EQ(a.state.learning_curve[i].step, b.state.learning_curve[i].step);
    EXPECT_EQ(a.state.learning_curve[i].error_mean, b.state.learning_curve[i].error_mean);
    EXPECT_EQ(a.state.learning_curve[i].error_standard_error,
              b.state.learning_curve[i].error_standard_error);
  }
}

void flip_byte(fs::path const& path, std::streamoff position) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(position);
  char const byte = static_cast<char>(file.get() ^ 0x10);
  file.seekp(position);
  file.put(byte);
}

std::string error_of(std::function<void()> const& action) {
  try {
    action();
    return "";
  } catch (Error const& error) {
    return error.what();
  }
}

TEST_F(Files, Checkpoint_ComesBackBitForBit) {
  write_checkpoint(folder, some_checkpoint(7));
  auto const found = read_checkpoint(folder);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->notice, "");
  expect_same(found->checkpoint, some_checkpoint(7));
}

TEST_F(Files, CheckpointWithAverage_ComesBack) {
  Checkpoint checkpoint = some_checkpoint(3);
  checkpoint.state.optimizer.average = checkpoint.state.parameters;
  checkpoint.state.optimizer.average[0] += 1;
  write_checkpoint(folder, checkpoint);
  expect_same(read_checkpoint(folder)->checkpoint, checkpoint);
  EXPECT_EQ(trained_parameters(checkpoint.state), checkpoint.state.optimizer.average);
}

TEST_F(Files, CheckpointWithoutStepsOrSecondMoment_ComesBack) {
  Checkpoint checkpoint = some_checkpoint(0);
  checkpoint.state.optimizer.second_moment.clear();
  checkpoint.state.learning_curve.clear();
  write_checkpoint(folder, checkpoint);
  expect_same(read_checkpoint(folder)->checkpoint, checkpoint);
}

TEST_F(Files, SecondCheckpoint_KeepsThePreviousOneAndNothingElse) {
  write_checkpoint(folder, some_checkpoint(3));
  write_checkpoint(folder, some_checkpoint(5));
  write_checkpoint(folder, some_checkpoint(6));
  EXPECT_EQ(read_checkpoint(folder)->checkpoint.state.step, 6);
  int n_files = 0;
  for ([[maybe_unused]] auto const& entry : fs::directory_iterator(folder)) ++n_files;
  EXPECT_EQ(n_files, 2);
  fs::remove(folder / "checkpoint.h5");
  EXPECT_EQ(read_checkpoint(folder)->checkpoint.state.step, 5);
}

TEST_F(Files, NoCheckpoint_None) { EXPECT_FALSE(read_checkpoint(folder)); }

TEST_F(Files, DamagedCheckpoint_RefusedByNameAndThePreviousUsed) {
  write_checkpoint(folder, some_checkpoint(3));
  write_checkpoint(folder, some_checkpoint(5));
  flip_byte(folder / "checkpoint.h5", 3000);
  auto const found = read_checkpoint(folder);
  ASSERT_TRUE(found);
  expect_same(found->checkpoint, some_checkpoint(3));
  EXPECT_NE(found->notice.find("checkpoint.h5 is damaged"), std::string::npos) << found->notice;
  flip_byte(folder / "checkpoint.previous.h5", 3000);
  EXPECT_NE(error_of([&] { read_checkpoint(folder); }).find("no good checkpoint"),
            std::string::npos);
}

TEST_F(Files, AnyFlippedByteOrAnyCut_Refused) {
  write_checkpoint(folder, some_checkpoint(2));
  fs::path const path = folder / "checkpoint.h5", copy = folder / "copy.h5";
  auto const size = static_cast<std::streamoff>(fs::file_size(path));
  for (std::streamoff position = 0; position < size; position += 97) {
    if (position > 81 && position < user_block_bytes) continue;  // filling that nothing depends on
    fs::copy_file(path, copy, fs::copy_options::overwrite_existing);
    flip_byte(copy, position);
    EXPECT_NE(error_of([&] { verify_seal(copy); }), "") << position;
  }
  for (std::streamoff length :
       {std::streamoff{0}, std::streamoff{100}, std::streamoff{600}, size - 1}) {
    fs::copy_file(path, copy, fs::copy_options::overwrite_existing);
    fs::resize_file(copy, static_cast<std::uintmax_t>(length));
    EXPECT_NE(error_of([&] { verify_seal(copy); }).find("copy.h5"), std::string::npos) << length;
  }
  EXPECT_EQ(error_of([&] { verify_seal(path); }), "");
}

TEST_F(Files, FileOfAnotherKind_SaysWhatItIs) {
  RunRecord record;
  record.header = some_header();
  write_run_file(folder / "checkpoint.h5", record);
  std::string const message = error_of([&] { read_checkpoint(folder); });
  EXPECT_NE(message.find("\"tvem run\""), std::string::npos) << message;
  std::ofstream(folder / "checkpoint.h5") << "just text";
  EXPECT_NE(error_of([&] { read_checkpoint(folder); }).find("not a file of tvem"),
            std::string::npos);
}

Evaluation some_evaluation() {
  Evaluation table;
  table.estimators = {"transformer", "em:restarts=10"};
  table.task_ids = {0, 1, 2};
  table.components = {2, 3, 4};
  table.dim = {1, 2, 3};
  table.points = {10, 20, 30};
  table.bayes_error_raw = {0.1, 0.2, 0.3};
  table.bayes_error = {0.05, 0.1, 0.15};
  double value = 0;
  for (EvaluationMetric const& metric : evaluation_metrics)
    for (int i = 0; i < 6; ++i) (table.*metric.values).push_back(value += 0.01);
  table.log_likelihood = {NAN, NAN, NAN, -1, -2, -3};
  table.trace_error_mean = {0.5, 0.25, 0.125, 0.5};
  table.trace_error_standard_error = {0.01, 0.02, 0.03, 0.04};
  table.trace_log_likelihood_mean = {-5, -4, -3, -2};
  table.iterations = {0, 0, 0, 7, 8, 9};
  table.collapsed_restarts = {0, 0, 0, 1, 0, 2};
  table.dead_components = {0, 0, 0, 0, 3, 0};
  table.status = {0, 0, 0, 0, 1, 2};
  table.status_names = {"converged", "not_converged", "collapsed"};
  table.family = {0, 1, 1};
  table.family_names = {"light", "heavy"};
  return table;
}

TEST_F(Files, RunFile_ComesBack) {
  RunRecord record;
  record.header = some_header();
  record.training_identity = "training";
  record.evaluation_identity = "evaluation";
  record.steps_total = 9;
  record.steps_done = 7;
  record.chunk = 3;
  record.training_seconds = 0.1;
  record.steps = some_checkpoint(7).state.steps;
  record.learning_curve = some_checkpoint(7).state.learning_curve;
  record.evaluation = some_evaluation();
  write_run_file(folder / "run.h5", record);
  RunRecord const back = read_run_file(folder / "run.h5");
  EXPECT_EQ(back.header.config_text, record.header.config_text);
  EXPECT_EQ(back.training_identity, "training");
  EXPECT_EQ(back.evaluation_identity, "evaluation");
  EXPECT_EQ(back.steps_total, 9);
  EXPECT_EQ(back.steps_done, 7);
  EXPECT_EQ(back.steps.size(), 7u);
  EXPECT_EQ(back.learning_curve.size(), 2u);
  ASSERT_TRUE(back.evaluation);
  Evaluation const expected = some_evaluation();
  EXPECT_EQ(back.evaluation->estimators, expected.estimators);
  EXPECT_EQ(back.evaluation->task_ids, expected.task_ids);
  EXPECT_EQ(back.evaluation->error, expected.error);
  for (EvaluationMetric const& metric : evaluation_metrics)
    if (metric.values != &Evaluation::log_likelihood) {
      EXPECT_EQ((*back.evaluation).*metric.values, expected.*metric.values) << metric.name;
    }
  EXPECT_EQ(back.evaluation->row(back.evaluation->error, 1),
            (std::vector<double>(expected.error.begin() + 3, expected.error.end())));
  EXPECT_EQ(back.evaluation->bayes_error, expected.bayes_error);
  EXPECT_EQ(back.evaluation->trace_error_mean, expected.trace_error_mean);
  EXPECT_EQ(back.evaluation->trace_log_likelihood_mean, expected.trace_log_likelihood_mean);
  EXPECT_EQ(back.evaluation->n_iterations(), 2u);
  EXPECT_EQ(back.evaluation->iterations, expected.iterations);
  EXPECT_EQ(back.evaluation->collapsed_restarts, expected.collapsed_restarts);
  EXPECT_EQ(back.evaluation->dead_components, expected.dead_components);
  EXPECT_EQ(back.evaluation->status, expected.status);
  EXPECT_EQ(back.evaluation->status_names, expected.status_names);
  EXPECT_EQ(back.evaluation->family, expected.family);
  EXPECT_EQ(back.evaluation->family_names, expected.family_names);
  EXPECT_TRUE(std::isnan(back.evaluation->log_likelihood[2]));
}

TEST_F(Files, WriterThatFails_OldFileKeptAndTemporaryGone) {
  write_checkpoint(folder, some_checkpoint(3));
  EXPECT_NE(error_of([&] {
              write_durably(folder / "checkpoint.h5", {}, [](fs::path const& temporary) {
                std::ofstream(temporary) << "half";
                throw Error("the disk is full");
              });
            }),
            "");
  EXPECT_EQ(read_checkpoint(folder)->checkpoint.state.step, 3);
  int n_files = 0;
  for ([[maybe_unused]] auto const& entry : fs::directory_iterator(folder)) ++n_files;
  EXPECT_EQ(n_files, 1);
}

TEST_F(Files, WriterThatMayNotReplace_OldFilesKeptAndTemporaryGone) {
  write_checkpoint(folder, some_checkpoint(3));
  write_checkpoint(folder, some_checkpoint(5));
  auto const refuse = [] { throw Error("it is no longer ours"); };
  EXPECT_EQ(error_of([&] { write_checkpoint(folder, some_checkpoint(6), refuse); }),
            "it is no longer ours");
  EXPECT_EQ(read_checkpoint(folder)->checkpoint.state.step, 5);
  fs::remove(folder / "checkpoint.h5");
  EXPECT_EQ(read_checkpoint(folder)->checkpoint.state.step, 3);
  int n_files = 0;
  for ([[maybe_unused]] auto const& entry : fs::directory_iterator(folder)) ++n_files;
  EXPECT_EQ(n_files, 1);
}

TEST_F(Files, FolderThatIsNotThere_ErrorNamesTheFile) {
  std::string const message =
      error_of([&] { write_checkpoint(folder / "gone", some_checkpoint(1)); });
  EXPECT_NE(message.find("gone/checkpoint.h5"), std::string::npos) << message;
}

}  // namespace
}  // namespace tvem
