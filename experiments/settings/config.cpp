#include "experiments/settings/config.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include <boost/program_options.hpp>

#include "experiments/settings/keys.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

namespace po = boost::program_options;

/// What the names of a sweep's axes begin with, and those of a preset's keys.
constexpr std::string_view sweep_section = "sweep.", preset_section = "preset.";

/// Boost does the splitting; values stay text, so that all of them can be checked at once.
po::options_description key_descriptions() {
  po::options_description descriptions;
  for (Key const& key : configuration_keys())
    descriptions.add_options()(key.name.c_str(), po::value<std::string>());
  return descriptions;
}

/// Empties the first line that is `line`, up to white space and a comment. Returns its number, 0
/// when there is none.
std::size_t blank_line(std::string& text, std::string const& line) {
  std::size_t number = 1;
  for (std::size_t begin = 0; begin < text.size(); ++number) {
    std::size_t const end = std::min(text.find('\n', begin), text.size());
    std::string const content = text.substr(begin, std::min(text.find('#', begin), end) - begin);
    if (trimmed(content) == line) {
      text.erase(begin, end - begin);
      return number;
    }
    begin = end + 1;
  }
  return 0;
}

/// Boost stops at the first line that it cannot read; such lines are taken out one by one, so that
/// all of them are reported, and with them what is wrong in the others.
std::vector<Assignment> read_ini(std::string text, std::string const& name,
                                 std::vector<std::string>& problems) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // which some editors write
  if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
  std::replace(text.begin(), text.end(), ';', '#');  // Boost knows comments of # alone
  std::vector<Assignment> assignments;
  for (bool is_read = false; !is_read;) {
    is_read = true;
    try {
      std::istringstream stream(text);
      auto const parsed = po::parse_config_file(stream, key_descriptions(), true);
      for (auto const& option : parsed.options)
        assignments.push_back({option.string_key, option.value.empty() ? "" : option.value[0]});
    } catch (po::invalid_config_file_syntax const& error) {
      std::size_t const line = blank_line(text, error.tokens());
      is_read = line == 0;
      problems.push_back(name + (line > 0 ? ":" + std::to_string(line) : "") + ": \"" +
                         error.tokens() + "\" is neither [section] nor key = value");
    } catch (po::error const& error) {
      problems.push_back(name + ": " + error.what());
    }
  }
  return assignments;
}

/// The arguments without the keys that have no value. Boost would stop at such a key, or take the
/// next key for its value.
std::vector<std::string> with_values(std::vector<std::string> const& arguments,
                                     std::vector<std::string>& problems) {
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string const& argument = arguments[i];
    bool const ends_in_equals = argument.ends_with('=');
    bool const is_last = i + 1 == arguments.size() || arguments[i + 1].starts_with("--");
    Key const* key =
        argument.starts_with("--") && (ends_in_equals || is_last)
            ? find_key(argument.substr(2, argument.size() - 2 - (ends_in_equals ? 1 : 0)))
            : nullptr;
    if (key)
      problems.push_back("command line: --" + key->name + " needs a value: " + key->accepted);
    else
      rest.push_back(argument);
  }
  return rest;
}

/// Takes "--sweep.KEY LIST" and "--sweep.KEY=LIST" out of the arguments.
std::vector<Assignment> take_sweep(std::vector<std::string>& arguments) {
  std::vector<Assignment> assignments;
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string const& argument = arguments[i];
    if (!argument.starts_with("--" + std::string(sweep_section))) {
      rest.push_back(argument);
      continue;
    }
    std::size_t const equals = argument.find('=');
    std::string const name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
    bool const has_next = i + 1 < arguments.size() && !arguments[i + 1].starts_with("--");
    assignments.push_back({name, equals != std::string::npos ? argument.substr(equals + 1)
                                 : has_next                  ? arguments[++i]
                                                             : ""});
  }
  arguments = std::move(rest);
  return assignments;
}

/// Takes "preset.NAME.KEY" out of the assignments of a file, by NAME.
std::map<std::string, std::vector<Assignment>> take_presets(std::vector<Assignment>& assignments) {
  std::map<std::string, std::vector<Assignment>> presets;
  std::vector<Assignment> rest;
  for (Assignment const& assignment : assignments) {
    bool const is_of_preset = assignment.name.starts_with(preset_section);
    std::size_t const dot =
        is_of_preset ? assignment.name.find('.', preset_section.size()) : std::string::npos;
    if (dot == std::string::npos)
      rest.push_back(assignment);
    else
      presets[assignment.name.substr(preset_section.size(), dot - preset_section.size())].push_back(
          {assignment.name.substr(dot + 1), assignment.value});
  }
  assignments = std::move(rest);
  return presets;
}

/// Takes "--preset NAME" out of the arguments; empty when it is not there.
std::string take_preset(std::vector<std::string>& arguments, std::vector<std::string>& problems) {
  std::string const option = "--preset";
  std::string preset;
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] != option && !arguments[i].starts_with(option + "=")) {
      rest.push_back(arguments[i]);
      continue;
    }
    if (!preset.empty()) problems.push_back("command line: --preset is given twice");
    bool const has_next = i + 1 < arguments.size() && !arguments[i + 1].starts_with("--");
    preset = arguments[i].size() > option.size() ? arguments[i].substr(option.size() + 1)
             : has_next                          ? arguments[++i]
                                                 : "";
    if (preset.empty())
      problems.push_back("command line: --preset needs the NAME of a section [preset.NAME]");
  }
  arguments = std::move(rest);
  return preset;
}

std::vector<Assignment> read_arguments(std::vector<std::string> arguments,
                                       std::vector<std::string>& problems) {
  namespace style = po::command_line_style;
  std::vector<Assignment> assignments = take_sweep(arguments);
  try {
    auto const descriptions = key_descriptions();
    auto const parsed =
        po::command_line_parser(with_values(arguments, problems))
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

/// Sets keys; what belongs to a sweep goes there, where a later one replaces an earlier.
void apply(std::vector<Assignment> const& assignments, std::string const& where, Settings& settings,
           std::vector<std::string>& problems, std::vector<Assignment>& sweep) {
  std::set<std::string> given;
  for (auto const& [name, value] : assignments) {
    Key const* key = find_key(name);
    if (name.starts_with(sweep_section) && given.insert(name).second) {
      std::string const axis = name.substr(sweep_section.size());
      auto const earlier = std::find_if(sweep.begin(), sweep.end(),
                                        [&](Assignment const& a) { return a.name == axis; });
      if (earlier == sweep.end())
        sweep.push_back({axis, value});
      else
        earlier->value = value;  // in its place: the order of the axes stays
    } else if (!key && !name.starts_with(sweep_section))
      problems.push_back(where + ": unknown key \"" + name + "\"; the nearest known one is " +
                         nearest_key(name));
    else if (!key || !given.insert(name).second)
      problems.push_back(where + ": " + name + " is given twice");
    else if (!key->parse(value, settings))
      problems.push_back(where + ": " + name + " = \"" + value + "\" is not accepted; it is " +
                         key->accepted);
  }
}

}  // namespace

std::vector<std::string> contradictions(Settings const& settings) {
  std::vector<std::string> problems;
  ModelSettings const& model = settings.model;
  if (model.width % model.heads != 0)
    problems.push_back("model.width = " + std::to_string(model.width) +
                       " is not a multiple of model.heads = " + std::to_string(model.heads));
  bool const is_of_labels = settings.loss.kind == LossKind::permutation_cross_entropy;
  if (is_of_labels != (model.readout == ReadoutKind::labels))
    problems.push_back("loss.kind = " + std::string(name_of(settings.loss.kind)) + " is not of " +
                       "model.readout = " + std::string(name_of(model.readout)) +
                       (is_of_labels ? "; choose negative_log_likelihood or permutation_parameters"
                                     : "; choose permutation_cross_entropy"));
  if (settings.input.auxiliary && settings.input.init == InitKind::none)
    problems.push_back(
        "input.auxiliary = true describes the assignment of input.init, which is none");
  return problems;
}

Settings parse_configuration(std::string const& ini_text, std::string const& ini_name,
                             std::vector<std::string> const& arguments,
                             std::vector<std::string>& problems, std::vector<Assignment>& sweep) {
  Settings settings;
  std::vector<Assignment> of_file = read_ini(ini_text, ini_name, problems);
  auto const presets = take_presets(of_file);
  std::vector<std::string> keys = arguments;
  std::string const asked = take_preset(keys, problems);
  apply(of_file, ini_name, settings, problems, sweep);
  std::string known;
  for (auto const& [name, assignments] : presets) {
    // Of one that is not asked for only the keys are checked.
    Settings scratch = settings;
    std::vector<Assignment> scratch_sweep = sweep;
    apply(assignments, ini_name + ", preset " + name, name == asked ? settings : scratch, problems,
          name == asked ? sweep : scratch_sweep);
    known += (known.empty() ? "" : ", ") + name;
  }
  if (!asked.empty() && !presets.contains(asked))
    problems.push_back(
        "command line: --preset " + asked + ": the configuration has " +
        (known.empty() ? "no section [preset." + asked + "]" : "the presets " + known));
  apply(read_arguments(keys, problems), "command line", settings, problems, sweep);
  // A sweep's runs are looked at one by one: no run need have the values of the base.
  if (sweep.empty())
    for (auto const& problem : contradictions(settings)) problems.push_back(problem);
  return settings;
}

Settings parse_configuration(std::string const& ini_text, std::string const& ini_name,
                             std::vector<std::string> const& arguments,
                             std::vector<std::string>& problems) {
  std::vector<Assignment> sweep;
  Settings settings = parse_configuration(ini_text, ini_name, arguments, problems, sweep);
  if (!sweep.empty())
    problems.push_back("sweep: " + sweep[0].name +
                       " is an axis of a sweep: run it with tvem sweep, or leave it out");
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
