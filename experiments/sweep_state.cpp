#include "sweep_state.hpp"

#include <fstream>
#include <sstream>

#include <unistd.h>

#include "run_claim.hpp"
#include "tvem/core/error.hpp"
#include "tvem/io/identity.hpp"
#include "tvem/io/run_file.hpp"

namespace tvem {
namespace {

namespace fs = std::filesystem;

fs::path failure_file(fs::path const& folder) { return folder / "failed.txt"; }
fs::path sweep_file(fs::path const& folder) { return folder / "sweep.ini"; }

std::string text_of_file(fs::path const& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Written beside its place first, so that nobody meets half of it, or of another job's.
void write_text(fs::path const& path, std::string const& text) {
  fs::path const temporary = path.string() + ".tmp-" + std::to_string(getpid());
  std::ofstream file(temporary);
  file << text;
  file.close();
  std::error_code error;
  if (file) fs::rename(temporary, path, error);
  if (!file || error)
    throw Error(path.string() + " could not be written; see whether the disk is full");
}

}  // namespace

RunStatus status_of_run(fs::path const& folder, std::optional<Settings> const& settings) {
  RunStatus status;
  if (fs::is_regular_file(folder / "run.h5")) try {
      RunRecord const record = read_run_file(folder / "run.h5");
      status.steps_done = record.steps_done;
      status.steps_total = record.steps_total;
      bool const is_trained = record.steps_done == record.steps_total &&
                              (!settings || record.steps_total == settings->train.steps);
      bool const is_evaluated =
          record.evaluation &&
          (!settings || record.evaluation_identity == evaluation_identity(*settings));
      status.state = is_trained && is_evaluated ? RunState::finished : RunState::unfinished;
    } catch (Error const& error) {
      status = {.state = RunState::unfinished, .message = error.what()};
    }
  if (status.state != RunState::finished && RunClaim::is_held(claim_file(folder))) {
    status.state = RunState::running;
    return status;
  }
  if (status.state != RunState::finished && fs::is_regular_file(failure_file(folder))) {
    status.state = RunState::failed;
    status.message = text_of_file(failure_file(folder));
  }
  return status;
}

std::size_t StateCounts::n_runs() const {
  std::size_t n = 0;
  for (std::size_t const count : counts_) n += count;
  return n;
}

std::string StateCounts::text() const {
  std::string text = std::to_string(n_runs()) + (n_runs() == 1 ? " run: " : " runs: ");
  for (std::size_t s = 0; s < counts_.size(); ++s)
    text += (s == 0 ? "" : ", ") + std::to_string(counts_[s]) + " " +
            std::string(enum_names<RunState>[s]);
  return text;
}

void record_failure(fs::path const& folder, std::string const& message) {
  fs::create_directories(folder);
  write_text(failure_file(folder), message);
}

void clear_failure(fs::path const& folder) {
  std::error_code ignored;
  fs::remove(failure_file(folder), ignored);
}

std::optional<Sweep> stored_sweep(fs::path const& folder) {
  if (!fs::is_regular_file(sweep_file(folder))) return std::nullopt;
  std::vector<std::string> problems;
  Sweep sweep =
      parse_sweep(text_of_file(sweep_file(folder)), sweep_file(folder).string(), {}, problems);
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return sweep;
}

void store_sweep(fs::path const& folder, Sweep const& sweep) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw ConfigurationError("--out " + folder.string() +
                             ": the folder cannot be made: " + error.message());
  write_text(sweep_file(folder), sweep_text(sweep));
}

}  // namespace tvem
