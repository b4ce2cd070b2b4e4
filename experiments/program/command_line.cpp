#include "experiments/program/command_line.hpp"

#include <algorithm>
#include <cctype>

#include "framework/core/error.hpp"

namespace tvem {

namespace {

/// Whether a word begins an option; -1 is a value, if a wrong one.
bool is_option(std::string const& word) {
  return word.starts_with("--") || (word.starts_with('-') && word.size() > 1 &&
                                    std::isdigit(static_cast<unsigned char>(word[1])) == 0);
}

}  // namespace

bool SplitArguments::has(std::string const& name) const {
  return std::any_of(own.begin(), own.end(),
                     [&](auto const& option) { return option.first == name; });
}

std::string SplitArguments::value(std::string const& name) const {
  for (auto const& [given, text] : own)
    if (given == name) return text;
  return {};
}

SplitArguments split_arguments(std::vector<std::string> const& arguments,
                               std::vector<OwnOption> const& options) {
  SplitArguments split;
  std::vector<std::string> problems;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string const& argument = arguments[i];
    std::size_t const equals = argument.find('=');
    std::string const name = argument.substr(0, equals);
    auto const option = std::find_if(options.begin(), options.end(),
                                     [&](auto const& o) { return name == "--" + o.name; });
    if (option == options.end()) {
      split.rest.push_back(argument);
      continue;
    }
    if (split.has(option->name)) problems.push_back("--" + option->name + " is given twice");
    std::string value;
    if (equals != std::string::npos)
      value = argument.substr(equals + 1);
    else if (!option->value.empty() && i + 1 < arguments.size() && !is_option(arguments[i + 1]))
      value = arguments[++i];
    if (option->value.empty() && equals != std::string::npos)
      problems.push_back("--" + option->name + " takes no value");
    if (!option->value.empty() && value.empty())
      problems.push_back("--" + option->name + " needs its value: --" + option->name + " " +
                         option->value);
    split.own.emplace_back(option->name, value);
  }
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return split;
}

std::string options_help(std::vector<OwnOption> const& options) {
  std::string text;
  for (auto const& option : options) {
    std::string left = "  --" + option.name + (option.value.empty() ? "" : " " + option.value);
    left.resize(std::max<std::size_t>(left.size() + 2, 26), ' ');
    text += left + option.meaning + "\n";
  }
  return text;
}

}  // namespace tvem
