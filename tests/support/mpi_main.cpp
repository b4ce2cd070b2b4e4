// GoogleTest on any number of ranks. Every rank runs every test; after each test the ranks agree on
// whether it passed, and rank 0 prints what failed on which rank. All ranks return the same exit
// code, and none waits for ever for one that failed.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <mpi.h>

#include "framework/comm/session.hpp"
#include "tests/support/world.hpp"

namespace tvem {
namespace {

std::optional<Communicator> world;

/// How long a rank whose test failed waits for the others to end the same test. They may be waiting
/// for it in a collective operation that its assertion left out.
std::chrono::duration<double> patience() {
  char const* const text = std::getenv("TVEM_TEST_PATIENCE_S");
  return std::chrono::duration<double>(text ? std::atof(text) : 60.0);
}

/// A communicator of the harness alone: a test that leaves ranks in different collective operations
/// cannot mix them up with ours.
MPI_Comm harness_communicator() {
  MPI_Comm duplicate = MPI_COMM_NULL;
  MPI_Comm_dup(MPI_COMM_WORLD, &duplicate);
  return duplicate;
}

/// Makes all ranks fail the test that one of them failed, and tells which and why.
class CollectiveVerdict : public testing::EmptyTestEventListener {
 public:
  void OnTestPartResult(testing::TestPartResult const& result) override {
    if (!result.failed() || is_agreed_) return;
    text_ += "rank " + std::to_string(world->rank()) + ": " +
             (result.file_name() ? result.file_name() : "unknown file") + ":" +
             std::to_string(result.line_number()) + ": " + result.message() + "\n";
  }

  /// Collective.
  void OnTestEnd(testing::TestInfo const& info) override {
    bool const local_failed = !text_.empty();
    if (any_rank(local_failed)) {
      is_agreed_ = true;
      std::string const all = gathered_text();
      if (world->is_root() && world->size() > 1)
        std::cerr << "[  FAILED  ] " + std::string(info.test_suite_name()) + "." + info.name() +
                         " on some rank:\n" + all
                  << std::flush;
      // GoogleTest's own count, summary and exit code are then right on every rank.
      if (!local_failed) ADD_FAILURE() << "the test failed on another rank";
      is_agreed_ = false;
    }
    text_.clear();
  }

 private:
  /// Collective. Whether one of the ranks says yes. A rank that says yes ends the job when the
  /// others do not come.
  bool any_rank(bool local_yes) const {
    int yes = local_yes ? 1 : 0;
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Iallreduce(MPI_IN_PLACE, &yes, 1, MPI_INT, MPI_MAX, communicator_, &request);
    if (!local_yes) {
      MPI_Wait(&request, MPI_STATUS_IGNORE);
      return yes == 1;
    }
    auto const start = std::chrono::steady_clock::now();
    int is_done = 0;
    while (MPI_Test(&request, &is_done, MPI_STATUS_IGNORE), !is_done) {
      if (std::chrono::steady_clock::now() - start > patience()) end_job();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }

  [[noreturn]] void end_job() const {
    std::cerr << text_ + "the other ranks do not come to the end of this test; the job ends\n"
              << std::flush;
    MPI_Abort(MPI_COMM_WORLD, 1);
    std::_Exit(1);
  }

  /// Collective. The failures of all ranks in rank order, on rank 0.
  std::string gathered_text() const {
    std::string all;
    std::vector<double> const bytes(text_.begin(), text_.end());
    for (double const byte : world->gather(bytes)) all += static_cast<char>(byte);
    return all;
  }

  MPI_Comm communicator_ = harness_communicator();
  std::string text_;        // failures of this rank in this test
  bool is_agreed_ = false;  // what fails now is not this rank's own failure
};

[[noreturn]] void end_job(MpiSession const& session, std::string const& what) {
  std::cerr << "rank " + std::to_string(world->rank()) + " threw: " + what + "\n" << std::flush;
  session.abort(ExitCode::failed);
}

}  // namespace

Communicator const& test_world() { return *world; }

}  // namespace tvem

int main(int argc, char** argv) {
  using namespace tvem;
  MpiSession const session(argc, argv);
  world = session.world();
  testing::InitGoogleTest(&argc, argv);
  // GoogleTest must not catch: a rank that throws would go on to the next test while the others
  // wait in this one. The exception ends all ranks below.
  if (world->size() > 1) GTEST_FLAG_SET(catch_exceptions, false);
  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  if (!world->is_root()) delete listeners.Release(listeners.default_result_printer());
  listeners.Append(new CollectiveVerdict);  // the list owns it
  try {
    int const local = RUN_ALL_TESTS();
    return static_cast<int>(world->max(local));
  } catch (std::exception const& error) {
    end_job(session, error.what());
  } catch (...) {
    end_job(session, "something that is no std::exception");
  }
}
