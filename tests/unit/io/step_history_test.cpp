#include "io/step_history.hpp"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "framework/core/error.hpp"
#include "tests/support/records.hpp"
#include "tests/support/temporary_folder.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

class StepHistoryTest : public test::TemporaryFolder {
 protected:
  StepHistoryTest() { setenv("TVEM_TEST_STEPS_PER_FILE", "4", 1); }
  ~StepHistoryTest() override { unsetenv("TVEM_TEST_STEPS_PER_FILE"); }
  std::string message_of_reading() const {
    try {
      read_checkpoint(folder);
      return "";
    } catch (Error const& error) {
      return error.what();
    }
  }
  fs::path file(int first) const {
    return folder / ("steps-00000000000" + std::to_string(first) + ".h5");
  }
};

TEST_F(StepHistoryTest, CheckpointsOfALongTraining_SmallAndWhole) {
  CheckpointWriter writer(folder);
  for (std::int64_t const step : {3, 4, 9, 11}) {
    writer.write(some_checkpoint(step));
    EXPECT_EQ(text_of(read_checkpoint(folder)->checkpoint), text_of(some_checkpoint(step)));
  }
  EXPECT_TRUE(fs::exists(file(4)));
  EXPECT_FALSE(fs::exists(file(8)));
  auto const time = fs::last_write_time(file(0));
  writer.write(some_checkpoint(12));
  EXPECT_EQ(fs::last_write_time(file(0)), time) << "written once";
  EXPECT_TRUE(read_checkpoint(folder, {}, Steps::none)->checkpoint.state.steps.empty());
}

TEST_F(StepHistoryTest, AnotherNumberOfStepsAFile_BothRead) {
  write_checkpoint(folder, some_checkpoint(9));
  setenv("TVEM_TEST_STEPS_PER_FILE", "6", 1);
  EXPECT_EQ(text_of(read_checkpoint(folder)->checkpoint), text_of(some_checkpoint(9)));
  write_checkpoint(folder, some_checkpoint(13));
  EXPECT_EQ(text_of(read_checkpoint(folder)->checkpoint), text_of(some_checkpoint(13)));
}

TEST_F(StepHistoryTest, FilesMissingOrOfOtherSteps_Refused) {
  write_checkpoint(folder, some_checkpoint(9));
  fs::rename(file(4), folder / "aside");
  EXPECT_NE(message_of_reading().find(file(4)), std::string::npos) << message_of_reading();
  fs::copy_file(file(0), file(4));
  EXPECT_NE(message_of_reading().find(file(4)), std::string::npos) << message_of_reading();
  fs::rename(folder / "aside", file(4));
  EXPECT_EQ(message_of_reading(), "");
  Checkpoint other = some_checkpoint(9);
  other.state.steps[1].loss_mean += 1e-15;
  StepHistory(folder).write(other.state.steps, some_header(), {});
  EXPECT_NE(message_of_reading().find("not the steps of the checkpoint"), std::string::npos)
      << message_of_reading();
}

}  // namespace
}  // namespace tvem
