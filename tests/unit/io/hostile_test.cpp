// Files that somebody sends, damaged and sealed anew, so that their bytes look whole. Each is
// refused in a sentence, or read as what was written; nothing crashes or hangs. Run under the
// sanitizers too.
#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "framework/core/error.hpp"
#include "framework/core/random.hpp"
#include "io/clustering_file.hpp"
#include "io/durable/digest.hpp"
#include "io/evaluation_blocks.hpp"
#include "io/sweep_file.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

constexpr int n_inputs = 1000;  // of each kind of file

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

class Hostile : public test::TemporaryFolder {
 protected:
  Hostile() {
    setenv("TVEM_TEST_READ_MS", "100", 1);  // one file in fifty makes the library hang
  }
  ~Hostile() override { unsetenv("TVEM_TEST_READ_MS"); }

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

TEST_F(Hostile, DamagedBlocksOfEvaluations_NotTaken) {
  fs::path const file = folder / "e.h5";
  EvaluationBlocks(file, "id", 9)
      .add({.table = some_evaluation(),
            .trace_sums = {.error = {{1, 1, 2, 0}, {1, 1, 2, 0}},
                           .log_likelihood = {{1, 1, 2, 0}, {1, 1, 2, 0}}}},
           some_header());
  expect_refused_or_the_same(
      folder / "e.h5.blocks-id" / "tasks-000000000000.h5",
      [&](fs::path const&) {
        EvaluationBlocks const blocks(file, "id", 9);
        if (!blocks.notice().empty()) throw Error(blocks.notice());
        std::string text = std::to_string(blocks.n_done());
        for (Moments const& sum : blocks.trace_sums().error) text += " " + std::to_string(sum.sum);
        return text;
      },
      6);
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

}  // namespace
}  // namespace tvem
