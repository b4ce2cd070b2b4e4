#include <filesystem>

#include "command_line.hpp"
#include "report.hpp"
#include "tvem/comm/collective_errors.hpp"
#include "tvem/core/error.hpp"

namespace tvem {
namespace {

std::vector<OwnOption> const options{
    {"csv", "", "comma-separated values in full precision instead of the table"},
    {"detail", "", "a second table: excess over Bayes, quantiles, win rate, bootstrap, parameters"},
    {"help", "", "this text"},
};

std::string help() {
  return "usage: tvem report PATH [--detail | --csv]\n\n"
         "The comparison table of a run: PATH is its folder or its run.h5. Differences are paired: "
         "every\n"
         "method meets the same tasks.\n\n" +
         options_help(options);
}

RunRecord read_run(std::filesystem::path path) {
  if (std::filesystem::is_directory(path)) path /= "run.h5";
  if (!std::filesystem::exists(path))
    throw ConfigurationError("there is no run at " + path.string() +
                             "; give the folder that tvem run --out wrote, or its run.h5");
  try {
    return read_run_file(path);
  } catch (Error const& error) {
    throw ConfigurationError(error.what());  // a damaged file is wrong input
  }
}

}  // namespace

int report_command(CommandContext const& context) {
  auto const arguments = split_arguments(context.arguments, options);
  if (arguments.has("help")) {
    say(context.comm, help());
    return static_cast<int>(ExitCode::finished);
  }
  if (arguments.rest.size() != 1 || arguments.rest[0].rfind("--", 0) == 0)
    throw ConfigurationError("tvem report takes one PATH and --detail or --csv, not \"" +
                             context.command_line + "\"; see tvem report --help");
  on_root(context.comm, [&] {
    RunRecord const record = read_run(arguments.rest[0]);
    say(context.comm,
        arguments.has("csv") ? report_csv(record) : report_table(record, arguments.has("detail")));
  });
  return static_cast<int>(ExitCode::finished);
}

}  // namespace tvem
