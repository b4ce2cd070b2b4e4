// GoogleTest on any number of ranks. Every rank runs every test; after each test the ranks agree on
// whether it passed, and rank 0 prints what failed on which rank. All ranks return the same exit
// code.
#include <iostream>
#include <memory>
#include <optional>

#include <gtest/gtest.h>

#include "support/world.hpp"
#include "tvem/comm/session.hpp"

namespace tvem {
namespace {

std::optional<Communicator> world;

/// Failures of a rank, as text.
class FailureCollector : public testing::EmptyTestEventListener {
 public:
  void OnTestPartResult(testing::TestPartResult const& result) override {
    if (!result.failed()) return;
    text_ += "rank " + std::to_string(world->rank()) + ": " +
             (result.file_name() ? result.file_name() : "unknown file") + ":" +
             std::to_string(result.line_number()) + ": " + result.message() + "\n";
  }
  /// Collective.
  void OnTestEnd(testing::TestInfo const& info) override {
    bool const has_failed = world->max(text_.empty() ? 0 : 1) == 1;
    if (has_failed) {
      ++n_failed_tests_;
      print_failures(info);
    }
    text_.clear();
  }
  int n_failed_tests() const { return n_failed_tests_; }

 private:
  /// Collective: one rank after the other sends its text to all.
  void print_failures(testing::TestInfo const& info) {
    std::string all;
    std::vector<double> bytes(text_.begin(), text_.end());
    for (double const byte : world->gather(bytes)) all += static_cast<char>(byte);
    if (world->is_root())
      std::cerr << "[  FAILED  ] " + std::string(info.test_suite_name()) + "." + info.name() +
                       " on some rank:\n" + all
                << std::flush;
  }

  std::string text_;
  int n_failed_tests_ = 0;
};

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
  auto* const collector = new FailureCollector;  // owned by the list
  if (!world->is_root()) delete listeners.Release(listeners.default_result_printer());
  listeners.Append(collector);
  try {
    int const local = RUN_ALL_TESTS();
    int const failed = collector->n_failed_tests() > 0 ? 1 : local;
    if (world->is_root() && failed && local == 0) std::cerr << "a test failed on another rank\n";
    return static_cast<int>(world->max(failed));
  } catch (std::exception const& error) {
    std::cerr << "rank " + std::to_string(world->rank()) + " threw: " + error.what() + "\n"
              << std::flush;
    session.abort(1);
  }
}
