#include "framework/core/processor/instruction_set.hpp"

#include <cstdlib>
#include <optional>
#include <string>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"

namespace tvem {
namespace {

std::string names_of_present_sets() {
  std::string names;
  for (std::string_view const name : enum_names<InstructionSet>)
    if (value_named<InstructionSet>(name) <= best_instruction_set())
      names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

InstructionSet chosen_by_user() {
  char const* const name = std::getenv("TVEM_INSTRUCTION_SET");
  if (name == nullptr || *name == '\0') return best_instruction_set();
  auto const set = value_named<InstructionSet>(name);
  if (!set || *set > best_instruction_set())
    throw ConfigurationError(
        fmt::format("TVEM_INSTRUCTION_SET is \"{}\"; this processor has {}; unset it to take the "
                    "best one",
                    name, names_of_present_sets()));
  return *set;
}

std::optional<InstructionSet>& in_use() {
  static std::optional<InstructionSet> set;
  return set;
}

}  // namespace

InstructionSet best_instruction_set() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma"))
    return InstructionSet::avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return InstructionSet::avx2;
#endif
  return InstructionSet::portable;
}

InstructionSet instruction_set_in_use() {
  if (!in_use()) in_use() = chosen_by_user();
  return *in_use();
}

void use_instruction_set(InstructionSet set) {
  TVEM_CHECK(set <= best_instruction_set(), "this processor lacks these instructions");
  in_use() = set;
}

}  // namespace tvem
