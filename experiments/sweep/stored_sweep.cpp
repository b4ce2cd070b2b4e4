#include "experiments/sweep/stored_sweep.hpp"

#include <string_view>

#include "experiments/run/resources.hpp"
#include "experiments/settings/configuration.hpp"
#include "experiments/settings/sentences.hpp"
#include "framework/core/text.hpp"
#include "io/durable/text_file.hpp"

namespace tvem {
namespace {

constexpr std::string_view sweep_mark = "# Written by tvem sweep.";

}  // namespace

std::optional<Sweep> stored_sweep(fs::path const& folder) {
  auto const text = text_of_file(sweep_file(folder));
  if (!text || !text->starts_with(sweep_mark)) return std::nullopt;
  std::vector<std::string> problems;
  Sweep sweep = parse_sweep(with_first_defaults(*text), sweep_file(folder).string(), {}, problems);
  refuse_if_any(problems);
  return sweep;
}

void store_sweep(fs::path const& folder, Sweep const& sweep) {
  make_writable_folder(folder);
  fs::path const file = sweep_file(folder);
  if (fs::exists(fs::symlink_status(file)) &&
      !text_of_file(file).value_or("").starts_with(sweep_mark))
    throw ConfigurationError(
        fmt::format("--out {}: {}, where the sweep keeps its configuration, is not of tvem sweep; "
                    "choose another folder",
                    folder, file));
  write_text(file, std::string(sweep_mark) + "\n" + sweep_text(sweep));
}

}  // namespace tvem
