#include "tvem/io/config.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include <boost/program_options.hpp>

#include "tvem/core/error.hpp"
#include "tvem/io/keys.hpp"

namespace tvem {
namespace {

namespace po = boost::program_options;

struct Assignment {
  std::string name, value;
};

/// Boost does the splitting; values stay text, so that all of them can be checked at once.
po::options_description key_descriptions() {
  po::options_description descriptions;
  for (Key const& key : configuration_keys())
    descriptions.add_options()(key.name.c_str(), po::value<std::string>());
  return descriptions;
}

/// Levenshtein distance.
std::size_t edit_distance(std::string const& a, std::string const& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t const above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string nearest_key(std::string const& name) {
  auto const& keys = configuration_keys();
  auto const nearest = std::min_element(keys.begin(), keys.end(), [&](Key const& a, Key const& b) {
    return edit_distance(name, a.name) < edit_distance(name, b.name);
  });
  return nearest->name;
}

/// Number of the first line that holds this text; 0 when none does.
std::size_t line_of(std::string const& text, std::string const& part) {
  std::istringstream lines(text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number)
    if (line.find(part) != std::string::npos) return number;
  return 0;
}

std::vector<Assignment> read_ini(std::string const& text, std::string const& name,
                                 std::vector<std::string>& problems) {
  std::vector<Assignment> assignments;
  try {
    std::istringstream stream(text);
    auto const parsed = po::parse_config_file(stream, key_descriptions(), true);
    for (auto const& option : parsed.options)
      assignments.push_back({option.string_key, option.value.empty() ? "" : option.value[0]});
  } catch (po::invalid_config_file_syntax const& error) {
    std::size_t const line = line_of(text, error.tokens());
    problems.push_back(name + (line > 0 ? ":" + std::to_string(line) : "") + ": \"" +
                       error.tokens() + "\" is neither [section] nor key = value");
  } catch (po::error const& error) {
    problems.push_back(name + ": " + error.what());
  }
  return assignments;
}

std::vector<Assignment> read_arguments(std::vector<std::string> const& arguments,
                                       std::vector<std::string>& problems) {
  namespace style = po::command_line_style;
  std::vector<Assignment> assignments;
  try {
    auto const descriptions = key_descriptions();
    auto const parsed =
        po::command_line_parser(arguments)
            .options(descriptions)
            .style(style::allow_long | style::long_allow_adjacent | style::long_allow_next)
            .allow_unregistered()
            .run();
    bool was_unknown = false;  // the word after an unknown key is taken for its value
    for (auto const& option : parsed.options) {
      if (option.string_key.empty()) {
        if (!was_unknown)
          problems.push_back("\"" + (option.value.empty() ? std::string() : option.value[0]) +
                             "\" belongs to no option; settings are given as --SECTION.KEY VALUE");
      } else {
        assignments.push_back({option.string_key, option.value.empty() ? "" : option.value[0]});
      }
      was_unknown = option.unregistered && !option.string_key.empty() && option.value.empty();
    }
  } catch (po::error const& error) {
    problems.push_back(std::string("command line: ") + error.what());
  }
  return assignments;
}

void apply(std::vector<Assignment> const& assignments, std::string const& where, Settings& settings,
           std::vector<std::string>& problems) {
  std::set<std::string> given;
  for (auto const& [name, value] : assignments) {
    auto const& keys = configuration_keys();
    auto const key =
        std::find_if(keys.begin(), keys.end(), [&](Key const& k) { return k.name == name; });
    if (key == keys.end())
      problems.push_back(where + ": unknown key \"" + name + "\"; the nearest known one is " +
                         nearest_key(name));
    else if (!given.insert(name).second)
      problems.push_back(where + ": " + name + " is given twice");
    else if (!key->parse(value, settings))
      problems.push_back(where + ": " + name + " = \"" + value + "\" is not accepted; it is " +
                         key->accepted);
  }
}

void check_together(Settings const& settings, std::vector<std::string>& problems) {
  ModelSettings const& model = settings.model;
  if (model.width % model.heads != 0)
    problems.push_back("model.width = " + std::to_string(model.width) +
                       " is not a multiple of model.heads = " + std::to_string(model.heads));
}

}  // namespace

Settings parse_configuration(std::string const& ini_text, std::string const& ini_name,
                             std::vector<std::string> const& arguments,
                             std::vector<std::string>& problems) {
  Settings settings;
  apply(read_ini(ini_text, ini_name, problems), ini_name, settings, problems);
  apply(read_arguments(arguments, problems), "command line", settings, problems);
  check_together(settings, problems);
  return settings;
}

Settings parse_configuration(std::string const& ini_text, std::string const& ini_name,
                             std::vector<std::string> const& arguments) {
  std::vector<std::string> problems;
  Settings settings = parse_configuration(ini_text, ini_name, arguments, problems);
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return settings;
}

std::string configuration_text(Settings const& settings) {
  std::string text, section;
  for (Key const& key : configuration_keys()) {
    std::size_t const dot = key.name.find('.');
    if (key.name.substr(0, dot) != section) {
      section = key.name.substr(0, dot);
      text += (text.empty() ? "[" : "\n[") + section + "]\n";
    }
    text += key.name.substr(dot + 1) + " = " + key.print(settings) + "\n";
  }
  return text;
}

}  // namespace tvem
