#include "experiments/settings/configuration.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <boost/program_options.hpp>

#include "experiments/settings/families.hpp"
#include "experiments/settings/keys.hpp"
#include "experiments/settings/problems.hpp"
#include "experiments/settings/sentences.hpp"
#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

namespace po = boost::program_options;

constexpr std::string_view sweep_prefix = "sweep.";
constexpr auto command_line = "command line";

/// Tells Boost how to read a word of the command line: "--NAME=VALUE", or "--NAME VALUE" unless the
/// next word is an option too. Values may begin with a minus.
std::vector<po::option> read_option(std::vector<std::string>& words) {
  if (words.empty() || !words[0].starts_with("--")) return {};
  po::option option;
  std::size_t const equals = words[0].find('=');
  option.string_key = words[0].substr(2, equals == std::string::npos ? equals : equals - 2);
  bool const has_next = words.size() > 1 && !words[1].starts_with("--");
  if (equals != std::string::npos)
    option.value = {words[0].substr(equals + 1)};
  else if (has_next)
    option.value = {words[1]};
  words.erase(words.begin(), words.begin() + (equals == std::string::npos && has_next ? 2 : 1));
  return {option};
}

std::string missing_value_text(std::string const& name) {
  if (name == "preset") return "--preset needs the NAME of a section [preset.NAME]";
  Key const* const key = find_key(name);
  if (!key) return unknown_key_text(name);
  return fmt::format("--{} needs a value: {}", name, key->accepted);
}

std::vector<Assignment> read_arguments(std::vector<std::string> const& arguments,
                                       std::vector<std::string>& problems) {
  namespace style = po::command_line_style;
  po::options_description const none;
  auto const parsed = po::command_line_parser(arguments)
                          .options(none)
                          .style(style::allow_long | style::long_allow_adjacent)
                          .extra_style_parser(read_option)
                          .allow_unregistered()
                          .run();
  std::vector<Assignment> assignments;
  for (po::option const& option : parsed.options) {
    std::string const value = option.value.empty() ? "" : option.value[0];
    if (option.string_key.empty())
      problems.push_back(fmt::format(
          "\"{}\" belongs to no option; settings are given as --SECTION.KEY VALUE", value));
    else if (value.empty() && !option.string_key.starts_with(sweep_prefix))
      problems.push_back(
          fmt::format("{}: {}", command_line, missing_value_text(option.string_key)));
    else
      assignments.push_back({option.string_key, value});
  }
  return assignments;
}

/// Sets the keys of one source, and collects the axes of a sweep.
class Reader {
 public:
  explicit Reader(Configuration& read) : read_(read) {}

  void apply(std::vector<Assignment> assignments, std::string const& where) {
    std::set<std::string> given;
    for (auto const& [family, assignment] : take_named("family", assignments))
      define_family(family, assignment, where, read_.settings, read_.problems);
    for (Assignment const& assignment : assignments)
      if (!given.insert(assignment.name).second)
        report(where, assignment.name + " is given twice");
      else if (assignment.name.starts_with(sweep_prefix))
        set_axis({assignment.name.substr(sweep_prefix.size()), assignment.value});
      else
        set_key(assignment, where);
  }

 private:
  void report(std::string const& where, std::string const& problem) {
    read_.problems.push_back(where + ": " + problem);
  }
  void set_key(Assignment const& assignment, std::string const& where) {
    Key const* const key = find_key(assignment.name);
    if (!key)
      report(where, unknown_key_text(assignment.name));
    else if (!key->parse(assignment.value, read_.settings))
      report(where, unaccepted_text(*key, assignment.value));
  }
  /// A later value replaces an earlier one; the order of the axes stays.
  void set_axis(Assignment const& axis) {
    auto const earlier = std::find_if(read_.sweep.begin(), read_.sweep.end(),
                                      [&](auto const& a) { return a.name == axis.name; });
    if (earlier == read_.sweep.end())
      read_.sweep.push_back(axis);
    else
      earlier->value = axis.value;
  }

  Configuration& read_;
};

/// Takes out the preset that the arguments name; more than one is a problem.
std::string take_preset(std::vector<Assignment>& arguments, std::vector<std::string>& problems) {
  std::vector<std::string> asked;
  std::erase_if(arguments, [&](Assignment const& argument) {
    if (argument.name == "preset") asked.push_back(argument.value);
    return argument.name == "preset";
  });
  if (asked.size() > 1)
    problems.push_back(fmt::format("{}: --preset is given twice", command_line));
  return asked.empty() ? "" : asked[0];
}

std::string no_preset_text(std::string const& asked, std::vector<std::string> const& names) {
  std::string const there =
      names.empty() ? fmt::format("no section [preset.{}]", asked) : "the presets " + joined(names);
  return fmt::format("{}: --preset {}: the configuration has {}", command_line, asked, there);
}

/// Applies the preset that the arguments name. Checks the keys of the others.
void apply_presets(std::map<std::string, std::vector<Assignment>> const& presets,
                   std::string const& asked, std::string const& ini_name, Configuration& read) {
  std::vector<std::string> names;
  for (auto const& [name, assignments] : presets) {
    Configuration scratch = read;
    Reader(name == asked ? read : scratch)
        .apply(assignments, fmt::format("{}, preset {}", ini_name, name));
    if (name != asked) read.problems = scratch.problems;
    names.push_back(name);
  }
  if (!asked.empty() && !presets.contains(asked))
    read.problems.push_back(no_preset_text(asked, names));
}

}  // namespace

void Configuration::check() const { refuse_if_any(problems); }

Configuration read_configuration(std::string const& ini_text, std::string const& ini_name,
                                 std::vector<std::string> const& arguments) {
  Configuration read;
  std::vector<Assignment> of_file = read_ini(ini_text, ini_name, read.problems);
  std::vector<std::string> of_words;
  std::vector<Assignment> words = read_arguments(arguments, of_words);
  std::map<std::string, std::vector<Assignment>> presets;
  for (auto const& [name, assignment] : take_named("preset", of_file))
    presets[name].push_back(assignment);
  std::string const asked = take_preset(words, of_words);
  Reader(read).apply(of_file, ini_name);
  apply_presets(presets, asked, ini_name, read);
  append(read.problems, of_words);
  Reader(read).apply(words, command_line);
  read.are_values_read = read.problems.empty();
  return read;
}

Configuration parse_configuration(std::string const& ini_text, std::string const& ini_name,
                                  std::vector<std::string> const& arguments) {
  Configuration read = read_configuration(ini_text, ini_name, arguments);
  resolve_families(read.settings, read.problems);
  append(read.problems, contradictions(read.settings));
  if (!read.sweep.empty())
    read.problems.push_back(
        fmt::format("sweep: {} is an axis of a sweep: run it with tvem sweep, or leave it out",
                    read.sweep[0].name));
  return read;
}

Settings parse_settings(std::string const& ini_text, std::string const& ini_name,
                        std::vector<std::string> const& arguments) {
  Configuration const read = parse_configuration(ini_text, ini_name, arguments);
  read.check();
  return read.settings;
}

std::string with_first_defaults(std::string stored_text) {
  std::vector<std::string> problems;  // for whoever parses the text
  auto const known = read_ini(stored_text, "", problems);
  std::vector<Assignment> missing;
  for (Key const& key : configuration_keys())
    if (!key.first_default.empty() &&
        std::ranges::none_of(known, [&](Assignment const& a) { return a.name == key.name; }))
      missing.push_back({key.name, key.first_default});
  return missing.empty() ? stored_text : stored_text + "\n" + ini_text(missing);
}

std::string configuration_text(Settings const& settings) {
  std::vector<Assignment> assignments;
  for (Key const& key : configuration_keys())
    assignments.push_back({key.name, key.print(settings)});
  std::string text = ini_text(assignments);
  for (FamilyDefinition const& family : settings.families) {
    text += fmt::format("\n[family.{}]\n", family.name);
    for (auto const& [name, value] : family.values) text += fmt::format("{} = {}\n", name, value);
  }
  return text;
}

}  // namespace tvem
