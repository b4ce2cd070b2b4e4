#include "experiments/program/command.hpp"

#include <algorithm>

#include "framework/comm/collective_errors.hpp"
#include "framework/core/text.hpp"
#include "io/durable/text_file.hpp"

namespace tvem {
namespace {

CommandOption const help_option{"help", "", "this text"};

/// Whether a word begins an option; -1 is a value.
bool is_option(std::string const& word) {
  bool const is_value = word.size() < 2 || (word[1] >= '0' && word[1] <= '9');
  return word.starts_with("--") || (word.starts_with('-') && !is_value);
}

class ArgumentReader {
 public:
  explicit ArgumentReader(Command const& command) : options_(command.options) {
    options_.push_back(help_option);
  }

  Arguments read(std::vector<std::string> const& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      std::size_t const equals = words[i].find('=');
      auto const option = std::find_if(options_.begin(), options_.end(), [&](auto const& o) {
        return words[i].substr(0, equals) == "--" + o.name;
      });
      if (option == options_.end()) {
        arguments_.rest.push_back(words[i]);
        continue;
      }
      std::string value = equals == std::string::npos ? "" : words[i].substr(equals + 1);
      bool const may_take_next =
          equals == std::string::npos && !option->value.empty() && i + 1 < words.size();
      if (may_take_next && !is_option(words[i + 1])) value = words[++i];
      add(*option, value, equals != std::string::npos);
    }
    refuse_if_any(problems_);
    return std::move(arguments_);
  }

 private:
  void add(CommandOption const& option, std::string const& value, bool has_equals) {
    if (arguments_.has(option.name))
      problems_.push_back(fmt::format("--{} is given twice", option.name));
    if (option.value.empty() && has_equals)
      problems_.push_back(fmt::format("--{} takes no value", option.name));
    if (!option.value.empty() && value.empty())
      problems_.push_back(
          fmt::format("--{} needs its value: --{} {}", option.name, option.name, option.value));
    arguments_.options.emplace_back(option.name, value);
  }

  std::vector<CommandOption> options_;
  Arguments arguments_;
  Sentences problems_;
};

void check_rest(Command const& command, Arguments const& arguments,
                std::vector<std::string> const& words) {
  auto const& rest = arguments.rest;
  bool const is_path = rest.size() == 1 && !rest[0].starts_with("--");
  if (command.takes == Takes::path && !is_path)
    throw ConfigurationError(fmt::format("\"tvem {}{}{}\" is not understood; usage: {}",
                                         command.name, words.empty() ? "" : " ", joined(words, " "),
                                         command.usage));
  if (command.takes != Takes::nothing) return;
  Sentences problems;
  for (auto const& word : rest)
    problems.push_back(fmt::format("\"{}\" is unknown; see tvem {} --help", word, command.name));
  refuse_if_any(problems);
}

std::string option_line(CommandOption const& option) {
  constexpr int indent = 26;
  std::string const name = "  --" + option.name + (option.value.empty() ? "" : " " + option.value);
  auto const lines = split(option.meaning, '\n');
  return fmt::format("{:<{}}  {}\n", name, indent - 2,
                     joined(lines, "\n" + std::string(indent, ' ')));
}

std::string read_configuration_file(std::string const& path) {
  auto const text = text_of_file(path);
  if (!text || text->empty())
    throw ConfigurationError(
        fmt::format("--config {}: this is not a file that can be read, or an empty one; give an "
                    "INI file such as "
                    "experiments/configs/quickstart.ini",
                    path));
  return *text;
}

}  // namespace

bool Arguments::has(std::string const& name) const {
  return std::any_of(options.begin(), options.end(),
                     [&](auto const& option) { return option.first == name; });
}

std::string Arguments::value(std::string const& name) const {
  for (auto const& [given, text] : options)
    if (given == name) return text;
  return {};
}

Arguments parse_arguments(Command const& command, std::vector<std::string> const& words) {
  Arguments const arguments = ArgumentReader(command).read(words);
  if (!arguments.has("help")) check_rest(command, arguments, words);
  return arguments;
}

std::string help_of(Command const& command) {
  std::string text = fmt::format("usage: {}\n\n{}\n", command.usage, command.explanation);
  for (auto const& option : command.options) text += option_line(option);
  text += option_line(help_option);
  return text + (command.further_help ? "\n" + command.further_help() : "");
}

std::string configuration_file_text(CommandContext const& context) {
  std::string const path = context.arguments.value("config");
  std::string text;
  on_root(context.comm, [&] { text = path.empty() ? "" : read_configuration_file(path); });
  return context.comm.broadcast(text);
}

ExitCode tell_status(CommandContext const& context, std::function<StatusText()> const& look) {
  StatusText status;
  on_root(context.comm, [&] { status = look(); });
  say(context.comm, context.arguments.has("tsv") ? status.tsv : status.text);
  return is_on_any_rank(context.comm, status.are_all_finished) ? ExitCode::finished
                                                               : ExitCode::stopped;
}

}  // namespace tvem
