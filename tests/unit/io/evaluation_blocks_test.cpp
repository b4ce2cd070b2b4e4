#include "io/evaluation_blocks.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "framework/core/error.hpp"
#include "io/evaluation_file.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t n_tasks = 7;
constexpr std::size_t n_estimators = 2;

/// Tasks first .. end - 1, with values of their own, and a trace of one iteration.
EvaluationBlock block_of(std::int64_t first, std::int64_t end) {
  EvaluationBlock block;
  Evaluation& table = block.table;
  table.estimators = {"transformer", "em"};
  table.status_names = {"converged", "not_converged"};
  table.family_names = {"none"};
  for (std::int64_t t = first; t < end; ++t) {
    table.task_ids.push_back(t);
    table.family.push_back(0);
    for (auto* values : {&table.components, &table.dim, &table.points})
      values->push_back(static_cast<int>(t) + 2);
    for (auto* values : {&table.bayes_error_raw, &table.bayes_error})
      values->push_back(0.1 * static_cast<double>(t));
  }
  block.trace_sums.error.resize(n_estimators);
  block.trace_sums.log_likelihood.resize(n_estimators);
  for (std::size_t e = 0; e < n_estimators; ++e) {
    for (std::int64_t t = 0; t < end; ++t) {
      block.trace_sums.error[e].add(0.1 * static_cast<double>(t));
      block.trace_sums.log_likelihood[e].add(t == 1 ? NAN : -static_cast<double>(t));
    }
    for (std::int64_t t = first; t < end; ++t) {
      double const value = static_cast<double>(t) + 0.3 * static_cast<double>(e);
      for (EvaluationMetric const& metric : evaluation_metrics)
        (table.*metric.values).push_back(value);
      for (auto* values : {&table.iterations, &table.collapsed_restarts, &table.dead_components})
        values->push_back(static_cast<int>(t));
      table.status.push_back(static_cast<int>(t % 2));
    }
  }
  return block;
}

class EvaluationBlocksTest : public test::TemporaryFolder {
 protected:
  EvaluationBlocks blocks(std::string const& identity = "0123456789abcdef") const {
    return {file(), identity, n_tasks};
  }
  fs::path file() const { return folder / "e.h5"; }
  fs::path block_file(int first) const {
    return folder / "e.h5.blocks-0123456789" /
           ("tasks-00000000000" + std::to_string(first) + ".h5");
  }
};

TEST_F(EvaluationBlocksTest, GoneOnWithAndWrittenInPieces_AsOneTable) {
  blocks().add(block_of(0, 3), some_header());
  {
    auto second = blocks();
    EXPECT_EQ(second.n_done(), 3);
    EXPECT_EQ(second.starts().size(), 1u);
    second.add(block_of(3, 5), some_header());
  }
  auto last = blocks();
  EXPECT_EQ(last.trace_sums().error[1].sum, block_of(3, 5).trace_sums.error[1].sum);
  EXPECT_EQ(last.trace_sums().log_likelihood[0].n_nan, 1);
  EXPECT_FALSE(last.is_whole());
  last.add(block_of(5, 7), some_header());
  EXPECT_TRUE(last.is_whole());
  EXPECT_FALSE(fs::exists(block_file(5))) << "the last block goes straight into the file";

  EvaluationRecord record{
      .header = some_header(), .evaluation_identity = "i", .model = {}, .evaluation = {}};
  write_evaluation_file(file(), record, {}, last.source());
  record.evaluation = block_of(0, n_tasks).table;
  set_trace(record.evaluation, block_of(0, n_tasks).trace_sums);
  write_evaluation_file(folder / "whole.h5", record);
  EXPECT_EQ(text_of(read_evaluation_file(file())),
            text_of(read_evaluation_file(folder / "whole.h5")));
  EXPECT_EQ(read_evaluation_file(file()).evaluation.error, record.evaluation.error);

  EvaluationBlocks::remove(file(), "0123456789abcdef");
  EXPECT_FALSE(fs::exists(block_file(0).parent_path()));
}

TEST_F(EvaluationBlocksTest, AnotherIdentity_BlocksOfItsOwn) {
  blocks().add(block_of(0, 3), some_header());
  auto other = blocks("fedcba9876543210");
  EXPECT_EQ(other.n_done(), 0);
  other.add(block_of(0, 2), some_header());
  EvaluationBlocks::remove(file(), "fedcba9876543210");
  EXPECT_EQ(blocks().n_done(), 3);
  // The same first digits, as by a clash.
  auto const clash = blocks("0123456789ffffff");
  EXPECT_EQ(clash.n_done(), 0);
  EXPECT_NE(clash.notice().find("another evaluation"), std::string::npos) << clash.notice();
}

TEST_F(EvaluationBlocksTest, MissingOrDamagedBlock_GoesOnBeforeIt) {
  {
    auto all = blocks();
    for (int first : {0, 2, 4}) all.add(block_of(first, first + 2), some_header());
  }
  EXPECT_EQ(blocks().n_done(), 6);
  fs::rename(block_file(2), folder / "aside");
  EXPECT_EQ(blocks().n_done(), 2);
  EXPECT_EQ(blocks().notice(), "");
  std::ofstream(block_file(2)) << "tvem file\nbut no more";
  auto damaged = blocks();
  EXPECT_EQ(damaged.n_done(), 2);
  EXPECT_NE(damaged.notice().find(block_file(2)), std::string::npos) << damaged.notice();
  EXPECT_NE(damaged.notice().find("goes on from task 2"), std::string::npos) << damaged.notice();
  damaged.add(block_of(2, 5), some_header());
  damaged.add(block_of(5, 7), some_header());
  EXPECT_EQ(damaged.n_done(), 7);
  EXPECT_EQ(blocks().n_done(), 5);
  // A whole block in another's place.
  fs::copy_file(block_file(0), block_file(2), fs::copy_options::overwrite_existing);
  EXPECT_EQ(blocks().n_done(), 2);
  EXPECT_NE(blocks().notice().find("not those that follow"), std::string::npos);
}

TEST_F(EvaluationBlocksTest, TasksThatDoNotFollow_Refused) {
  auto all = blocks();
  EXPECT_THROW(all.add(block_of(1, 3), some_header()), std::exception);
  EXPECT_THROW(all.add(block_of(0, 8), some_header()), std::exception);
  EXPECT_THROW(static_cast<void>(all.source()), std::exception);
}

}  // namespace
}  // namespace tvem
