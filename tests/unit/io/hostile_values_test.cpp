// Well-made files with values that cannot be, and the child process that reads files.
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <functional>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "framework/core/error.hpp"
#include "framework/core/random.hpp"
#include "io/durable/our_file.hpp"
#include "io/durable/trial.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

class HostileValues : public test::TemporaryFolder {};

// ---- values that cannot be, in files whose digests are right

TEST_F(HostileValues, CheckpointsWithImpossibleValues_RefusedInASentence) {
  struct Case {
    std::function<void(Checkpoint&)> edit;
    std::string words;
  };
  Case const cases[] = {
      {[](Checkpoint& c) { c.state.step = -1; }, "state: step -1 is negative"},
      {[](Checkpoint& c) { c.state.step = 1000000000000; }, "records of 1000000000000 steps"},
      {[](Checkpoint& c) { c.state.steps.pop_back(); }, "not the records of 7 steps"},
      {[](Checkpoint& c) { c.state.steps[2].step = 5; }, "records of the steps from 0 on"},
      {[](Checkpoint& c) { c.state.chunk = 0; }, "no chunk has 0 tasks"},
      {[](Checkpoint& c) { c.state.chunk = 2000000000; }, "no chunk has 2000000000 tasks"},
      {[](Checkpoint& c) { c.state.training_seconds = std::nan(""); }, "training_seconds"},
      {[](Checkpoint& c) { c.state.training_seconds = 1e300; }, "training_seconds"},
      {[](Checkpoint& c) { c.state.optimizer.n_updates = -3; }, "n_updates -3 is negative"},
      {[](Checkpoint& c) { c.state.optimizer.first_moment.pop_back(); }, "moments"},
      {[](Checkpoint& c) { c.state.optimizer.second_moment.resize(5); }, "moments"},
      {[](Checkpoint& c) { c.state.optimizer.average.resize(5); }, "average"},
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

TEST_F(HostileValues, RunFilesWithImpossibleValues_RefusedInASentence) {
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

TEST_F(HostileValues, MembersOfOtherTypesAndShapes_RefusedInASentence) {
  struct Case {
    std::function<void(Hdf5Group const&)> fill;
    std::string words;
  };
  auto const real = [](Hdf5Group const& root) { root.set_attribute("file_type", 2.5); };
  auto const text = [](Hdf5Group const& root) { root.set_attribute("file_type", "tvem run"); };
  std::vector<float> const few = {1, 2, 3};
  Case const cases[] = {{real, "file_type (an attribute) is not a text"},
                        {[&](auto const& root) { text(root); }, "state is not there"},
                        {[&](auto const& root) {
                           text(root);
                           root.write_array("state", std::span(few), {3}, {"an array"});
                         },
                         "state is not a group"}};
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

TEST_F(HostileValues, ContentOfAnotherProcess_NeverBelieved) {
  write_checkpoint(folder, some_checkpoint(2));
  constexpr auto most = std::uint64_t{1} << 30;
  std::string const whole = Hdf5File::open(folder / "checkpoint.h5").content(most).bytes;
  RandomStream random(5, Purpose::probe, 9);
  auto const below = [&](std::size_t n) {
    return static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(n) - 1));
  };
  for (int i = 0; i < 5000; ++i) {
    std::string bad = whole;
    for (std::size_t n = 1 + below(3); n > 0; --n)
      bad[below(bad.size())] = static_cast<char>(below(256));
    if (i % 3 == 0) bad.resize(below(bad.size()));
    try {
      StoredGroup("x.h5", bad).open_group("parameters").read<float>("a.weight");
    } catch (Error const& error) {
      EXPECT_NE(std::string(error.what()).find("x.h5"), std::string::npos) << error.what();
    }
  }
}

// ---- the child

TEST_F(HostileValues, ChildThatCrashesOrHangs_IsAnErrorThatNamesTheFile) {
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

TEST_F(HostileValues, ChildThatAnswers_ItsResultOrWhatItThrows) {
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

TEST_F(HostileValues, ChildThatWaits_IsTriedAgainBeforeTheMachineIsCalledBusy) {
  fs::path const path = folder / "file.h5", mark = folder / "mark";
  std::ofstream(path) << "something";
  setenv("TVEM_TEST_READ_MS", "100", 1);
  auto const waits_once = [&]() -> std::string {
    if (fs::exists(mark)) return "late";
    std::ofstream(mark) << "here";
    for (;;) pause();
  };
  EXPECT_EQ(in_child(path, 1 << 20, waits_once), "late");
  try {
    in_child(path, 1 << 20, []() -> std::string {
      for (;;) pause();
    });
    ADD_FAILURE();
  } catch (Error const& error) {
    EXPECT_NE(std::string(error.what()).find("file.h5: reading it took"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("damaged"), std::string::npos);
  }
  unsetenv("TVEM_TEST_READ_MS");
  EXPECT_LE(waitpid(-1, nullptr, WNOHANG), 0) << "a child was left";
}

}  // namespace
}  // namespace tvem
