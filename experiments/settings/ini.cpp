#include "experiments/settings/ini.hpp"

#include "framework/core/text.hpp"

namespace tvem {
namespace {

/// A list goes on in the next line where it ends with a comma and that line is indented.
bool goes_on(std::vector<Assignment> const& assignments, std::string const& next_line) {
  return !assignments.empty() && assignments.back().value.ends_with(',') &&
         (next_line.starts_with(' ') || next_line.starts_with('\t'));
}

}  // namespace

std::vector<Assignment> read_ini(std::string const& text, std::string const& name,
                                 std::vector<std::string>& problems) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // which some editors write
  std::vector<Assignment> assignments;
  std::string section;
  auto const lines = split(text.substr(text.starts_with(byte_order_mark) ? 3 : 0), '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string const line = trimmed(lines[i].substr(0, lines[i].find_first_of("#;")));
    std::size_t const equals = line.find('=');
    if (!line.empty() && goes_on(assignments, lines[i]))
      assignments.back().value += " " + line;
    else if (line.starts_with('[') && line.ends_with(']'))
      section = trimmed(line.substr(1, line.size() - 2)) + ".";
    else if (equals != std::string::npos && equals > 0)
      assignments.push_back(
          {section + trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1))});
    else if (!line.empty())
      problems.push_back(
          fmt::format("{}:{}: \"{}\" is neither [section] nor key = value", name, i + 1, line));
  }
  return assignments;
}

std::string ini_text(std::vector<Assignment> const& assignments) {
  std::string text, section;
  for (auto const& [name, value] : assignments) {
    std::size_t const dot = name.find('.');
    if (name.substr(0, dot) != section) {
      section = name.substr(0, dot);
      text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section);
    }
    text += fmt::format("{} = {}\n", name.substr(dot + 1), value);
  }
  return text;
}

std::vector<std::pair<std::string, Assignment>> take_named(std::string const& prefix,
                                                           std::vector<Assignment>& assignments) {
  std::vector<std::pair<std::string, Assignment>> named;
  std::vector<Assignment> rest;
  for (Assignment const& assignment : assignments) {
    std::string const& name = assignment.name;
    std::size_t const begin = prefix.size() + 1, dot = name.find('.', begin);
    if (name.starts_with(prefix + ".") && dot != std::string::npos)
      named.push_back({name.substr(begin, dot - begin), {name.substr(dot + 1), assignment.value}});
    else
      rest.push_back(assignment);
  }
  assignments = std::move(rest);
  return named;
}

}  // namespace tvem
