#include "experiments/settings/keys.hpp"

#include <algorithm>

#include "framework/core/text.hpp"
#include "framework/estimators/options.hpp"

namespace tvem {
namespace {

/// The setting as a key of its section. member: the struct that it is of.
template <class S, class M>
Key key_of(std::string const& section, Setting<S> const& setting, M Settings::*member) {
  Key key{section + "." + setting.name,
          setting.meaning,
          setting.accepted,
          [=](std::string const& text, Settings& s) { return setting.parse(text, s.*member); },
          [=](Settings const& s) { return setting.print(s.*member); },
          setting.role};
  key.first_default = setting.first_default;
  if (!setting.is_read) return key;
  return key.read_if([=](Settings const& s) { return setting.is_read(s.*member); }, setting.needed);
}

std::vector<Key> all_keys() {
  std::vector<Key> keys;
  auto const add = [&](std::string const& section, auto const& settings, auto member) {
    for (auto const& setting : settings) keys.push_back(key_of(section, setting, member));
  };
  add("run", run_settings(), &Settings::run);
  add("task", task_settings(), &Settings::task);
  add("input", input_settings(), &Settings::input);
  add("model", model_settings(), &Settings::model);
  add("loss", loss_settings(), &Settings::loss);
  add("train", optimizer_settings(), &Settings::train);
  add("train", train_settings(), &Settings::train);
  add("eval", eval_settings(), &Settings::eval);
  add("eval", ablation_settings(), &Settings::eval);
  for (EstimatorOption const& option : estimator_options())
    if (option.has_key) keys.push_back(key_of("em", option.setting, &Settings::em));
  add("parallel", parallel_settings(), &Settings::parallel);
  return keys;
}

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

/// Breaks text into lines of at most `width`, all but the first indented.
std::string wrapped(std::string const& text, std::size_t indent, std::size_t width) {
  std::vector<std::string> lines{""};
  for (std::string const& word : split(text, ' ')) {
    std::string& line = lines.back();
    if (line.empty())
      line = word;
    else if (indent + line.size() + 1 + word.size() > width)
      lines.push_back(word);
    else
      line += " " + word;
  }
  return joined(lines, "\n" + std::string(indent, ' '));
}

}  // namespace

Settings const& first_settings() {
  static Settings const settings = [] {
    Settings first;
    for (Key const& key : configuration_keys())
      if (!key.first_default.empty()) key.parse(key.first_default, first);
    return first;
  }();
  return settings;
}

Key const* find_key(std::string const& name) {
  auto const& keys = configuration_keys();
  auto const key =
      std::find_if(keys.begin(), keys.end(), [&](Key const& k) { return k.name == name; });
  return key == keys.end() ? nullptr : &*key;
}

std::string nearest_key(std::string const& name) {
  auto const& keys = configuration_keys();
  auto const nearest = std::min_element(keys.begin(), keys.end(), [&](Key const& a, Key const& b) {
    return edit_distance(name, a.name) < edit_distance(name, b.name);
  });
  return nearest->name;
}

bool is_of_tasks(Key const& key) {
  bool const is_of_training = key.name.starts_with("task.pool") || key.name == "task.label_noise";
  return key.name.starts_with("task.") && !is_of_training;
}

bool is_of_tasks_or_guess(Key const& key) {
  return is_of_tasks(key) || key.name == "input.init" || key.name == "input.corruption";
}

bool is_of_ablation(Key const& key) {
  auto const& settings = ablation_settings();
  return std::any_of(settings.begin(), settings.end(),
                     [&](auto const& setting) { return key.name == "eval." + setting.name; });
}

bool is_read_by_some_family(Key const& key, Settings const& settings) {
  if (!key.is_read) return true;
  Settings member = settings;
  for (int family = 0; family < n_families(settings.task); ++family) {
    member.task = family_of(settings.task, family);
    if (key.is_read(member)) return true;
  }
  return false;
}

std::string unknown_key_text(std::string const& name) {
  return fmt::format("unknown key \"{}\"; the nearest known one is {}", name, nearest_key(name));
}

std::string unaccepted_text(Key const& key, std::string const& value) {
  return fmt::format("{} = \"{}\" is not accepted; it is {}", key.name, value, key.accepted);
}

std::vector<Key> const& configuration_keys() {
  static std::vector<Key> const keys = all_keys();
  return keys;
}

std::string keys_help() {
  constexpr std::size_t indent = 26, width = 100;
  std::string text, section;
  Settings const defaults;
  for (Key const& key : configuration_keys()) {
    std::string const key_section = key.name.substr(0, key.name.find('.'));
    if (key_section != section) text += section.empty() ? "" : "\n";
    section = key_section;
    std::string const meaning =
        fmt::format("{} [{}]: {}", key.meaning, key.print(defaults), key.accepted);
    text +=
        fmt::format("{:<{}} {}\n", "  " + key.name, indent - 1, wrapped(meaning, indent, width));
  }
  return text;
}

}  // namespace tvem
