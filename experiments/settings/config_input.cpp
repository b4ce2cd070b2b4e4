#include "experiments/settings/config_input.hpp"

#include "framework/comm/collective_errors.hpp"
#include "framework/core/error.hpp"
#include "framework/tasks/prior.hpp"
#include "framework/train/evaluation.hpp"
#include "io/durable/text_file.hpp"

namespace tvem {
namespace {

std::string read_file(std::string const& path) {
  auto const text = text_of_file(path);
  if (!text || text->empty())
    throw ConfigurationError(
        "--config " + path +
        ": this is no file that can be read, or an empty one; give an INI file "
        "such as experiments/configs/quickstart.ini");
  return *text;
}

}  // namespace

std::string read_config_text(Communicator const& comm, std::string const& path) {
  std::string text;
  on_root(comm, [&] { text = path.empty() ? "" : read_file(path); });
  return comm.broadcast(text);
}

std::vector<std::string> module_problems(Settings const& settings) {
  std::vector<std::string> problems;
  auto const collect = [&](auto const& action) {
    try {
      action();
    } catch (ConfigurationError const& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  };
  collect([&] { TaskPrior const prior(settings.task); });
  collect([&] { parse_estimators(settings); });
  return problems;
}

}  // namespace tvem
