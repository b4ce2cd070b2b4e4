#include "io/step_history.hpp"

#include "framework/core/error.hpp"
#include "framework/core/sha256.hpp"
#include "framework/core/text.hpp"
#include "io/durable/our_file.hpp"
#include "io/durable/test_value.hpp"
#include "io/groups.hpp"

namespace tvem {
namespace {

constexpr auto steps_file_type = "tvem steps";

fs::path file_of(fs::path const& folder, std::int64_t first_step) {
  return folder / fmt::format("steps-{:012}.h5", first_step);
}

/// The digest of the records after those of another digest.
std::string digest_after(std::string const& before, std::span<StepRecord const> steps) {
  Sha256 sha;
  sha.update(before);
  for (StepRecord const& s : steps) {
    double const reals[] = {s.loss_mean, s.error_mean, s.rate, s.gradient_norm};
    std::int64_t const integers[] = {s.step, s.quantum_exponent};
    sha.update(std::as_bytes(std::span(reals)));
    sha.update(std::as_bytes(std::span(integers)));
  }
  return sha.hex_digest();
}

}  // namespace

StoredSteps const& StepHistory::write(std::vector<StepRecord> const& steps,
                                      FileHeader const& header, MayReplace const& may_replace) {
  std::int64_t const n = test_value("TVEM_TEST_STEPS_PER_FILE", 1 << 16);
  while (stored_.count + n <= std::ssize(steps)) {
    auto const part = std::span(steps).subspan(stored_.count, n);
    auto const fill = [&](Hdf5Group const& root) {
      write_header(root, steps_file_type, header);
      write_training(root, part);
    };
    write_our_file(file_of(folder_, stored_.count), {}, fill, may_replace);
    stored_ = {.count = stored_.count + n, .digest = digest_after(stored_.digest, part)};
  }
  return stored_;
}

std::vector<StepRecord> read_step_history(fs::path const& folder, StoredSteps const& stored) {
  std::vector<StepRecord> steps;
  std::string digest;
  while (std::ssize(steps) < stored.count) {
    std::int64_t const first = std::ssize(steps);
    fs::path const file = file_of(folder, first);
    StoredGroup const root = read_our_file(file);
    read_header(root, steps_file_type, file.string());
    auto const part = read_training(root, first);
    root.check(!part.empty() && first + std::ssize(part) <= stored.count,
               "it has not the steps that the checkpoint lacks");
    steps.insert(steps.end(), part.begin(), part.end());
    digest = digest_after(digest, part);
  }
  if (digest != stored.digest)
    throw Error(
        fmt::format("{}, or a later one, has not the steps of the checkpoint; use another copy",
                    file_of(folder, 0)));
  return steps;
}

}  // namespace tvem
