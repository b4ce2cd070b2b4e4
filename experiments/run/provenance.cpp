#include "experiments/run/provenance.hpp"

#include <array>
#include <ctime>

#include "experiments/settings/configuration.hpp"
#include "framework/comm/session.hpp"
#include "framework/core/build_info.hpp"
#include "framework/core/error.hpp"
#include "framework/core/host.hpp"
#include "framework/core/text.hpp"

namespace tvem {

std::string now_utc() {
  std::time_t const now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

ProvenanceRecord this_start(int ranks, std::string const& command_line) {
  BuildInfo const& build = build_info();
  return {.started_utc = now_utc(),
          .host = host_name(),
          .ranks = ranks,
          .program_version = build.version,
          .git_revision = build.git_revision,
          .build = fmt::format("{}, {}, {}", build.compiler, build.build_type, build.flags),
          .libraries = fmt::format("{}; running {}", build.libraries, MpiSession::library()),
          .instruction_set = std::string(name_of(instruction_set_in_use())),
          .command = command_line};
}

std::string other_build_note(std::vector<ProvenanceRecord> const& starts) {
  if (starts.empty()) return "";
  auto const text_of = [](ProvenanceRecord const& start) {
    return fmt::format("tvem {} ({})", start.program_version, start.git_revision);
  };
  std::string const before = text_of(starts.back()), now = text_of(this_start(1, ""));
  if (before == now) return "";
  return fmt::format(
      "note: until here it was computed by {}, and goes on by {}: its bits may differ from an "
      "uninterrupted run\n",
      before, now);
}

Settings stored_settings(FileHeader const& header, fs::path const& path) {
  try {
    return parse_settings(with_first_defaults(header.config_text), path.string(), {});
  } catch (ConfigurationError const& error) {
    throw Error(
        fmt::format("{} holds a configuration that this version of tvem does not know: {:.1000}",
                    path, error.what()));
  }
}

}  // namespace tvem
