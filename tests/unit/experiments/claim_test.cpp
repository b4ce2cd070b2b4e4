#include "experiments/run/claim/claim.hpp"

#include <chrono>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/temporary_folder.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

class Claim : public test::TemporaryFolder {
 protected:
  /// The number of a process that was on this machine and has ended.
  static pid_t ended_process() {
    pid_t const child = fork();
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
    return child;
  }

  /// A claim as a process on another machine would have written it, so many seconds ago.
  void write_foreign(double seconds_ago) const {
    write(file,
          "steps                   77\nhost elsewhere\nprocess 12\njob 42\nrestarts -\n"
          "machine other\nstart 5\n");
    auto const age = std::chrono::duration_cast<fs::file_time_type::duration>(
        std::chrono::duration<double>(seconds_ago));
    fs::last_write_time(file, fs::file_time_type::clock::now() - age);
  }

  fs::path const file = claim_file(folder / "run");
};

TEST_F(Claim, Taken_SaysWhoItIsAndGoesWithItsHolder) {
  {
    auto const claim = RunClaim::take(file);
    ASSERT_TRUE(claim);
    EXPECT_TRUE(RunClaim::is_held(file));
    EXPECT_NE(RunClaim::owner(file).find("process " + std::to_string(getpid())), std::string::npos);
    EXPECT_EQ(RunClaim::steps(file), 0);
    EXPECT_NO_THROW(claim->check());
    EXPECT_FALSE(RunClaim::take(file)) << "one at a time";
  }
  EXPECT_FALSE(RunClaim::is_held(file));
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(Claim, OfAProcessThatHasEnded_IsTaken) {
  std::string text;
  {
    auto const claim = RunClaim::take(file);
    text = content(file);
  }
  std::string const own = "process " + std::to_string(getpid());
  ASSERT_NE(text.find(own), std::string::npos) << text;
  write(file,
        text.replace(text.find(own), own.size(), "process " + std::to_string(ended_process())));
  EXPECT_FALSE(RunClaim::is_held(file));
  auto const claim = RunClaim::take(file);
  ASSERT_TRUE(claim);
  EXPECT_NO_THROW(claim->check());
}

TEST_F(Claim, OfAnotherMachine_LapsesAfterFiveMinutesOfSilence) {
  fs::create_directories(file.parent_path());
  write_foreign(200);
  EXPECT_TRUE(RunClaim::is_held(file));
  EXPECT_EQ(RunClaim::owner(file), "process 12 on elsewhere, Slurm job 42,");
  EXPECT_EQ(RunClaim::steps(file), 77);
  EXPECT_FALSE(RunClaim::take(file));
  write_foreign(400);
  EXPECT_FALSE(RunClaim::is_held(file));
  EXPECT_TRUE(RunClaim::take(file));
}

TEST_F(Claim, TakenByAnother_IsNoticedBeforeAWrite) {
  auto const claim = RunClaim::take(file);
  ASSERT_TRUE(claim);
  write_foreign(0);
  try {
    claim->check();
    FAIL() << "the claim is another's";
  } catch (ClaimLost const& error) {
    EXPECT_NE(std::string(error.what()).find("process 12 on elsewhere"), std::string::npos);
  }
  fs::remove_all(folder / "run");
  EXPECT_THROW(claim->check(), ClaimLost) << "the folder is gone";
}

TEST_F(Claim, OfAnotherWhenItsHolderEnds_Stays) {
  auto claim = RunClaim::take(file);
  write_foreign(0);
  claim.reset();
  EXPECT_TRUE(fs::exists(file));
}

TEST_F(Claim, AFileOfSomebodyElse_IsNotTouched) {
  fs::create_directories(file.parent_path());
  write(file, "my notes\n");
  EXPECT_THROW(RunClaim::take(file), ConfigurationError);
  EXPECT_EQ(content(file), "my notes\n");
}

TEST_F(Claim, InACopyOfTheFolder_IsNobodys) {
  auto const claim = RunClaim::take(file);
  fs::copy(folder / "run", folder / "copy", fs::copy_options::recursive);
  EXPECT_FALSE(RunClaim::is_held(claim_file(folder / "copy")));
}

TEST_F(Claim, Text_NamesTheSubjectAndTheHolder) {
  auto const claim = RunClaim::take(file);
  std::string const text = claimed_text("--out there", file);
  for (auto const* const part : {"--out there: process ", "five minutes"})
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

}  // namespace
}  // namespace tvem
