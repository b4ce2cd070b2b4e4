// Compiled for the oldest processor of its family, whatever flags the rest is built with, and run
// before any of the rest (cmake/TvemProcessorCheck.cmake): a program that was built for a newer
// processor ends here with a sentence instead of an illegal instruction.
#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace {

void write_error(char const* text) {
  if (write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
}

/// An extension that the compiler's flags allow; tvem_required_extensions.inc lists them.
struct Extension {
  char const* name;
  bool is_present;
};

__attribute__((constructor(101))) void check_processor() {
  __builtin_cpu_init();
  Extension const extensions[] = {
#define TVEM_REQUIRES(name) {name, __builtin_cpu_supports(name) != 0},
#include "tvem_required_extensions.inc"
#undef TVEM_REQUIRES
      {nullptr, true}};
  bool is_missing = false;
  for (Extension const* e = extensions; e->name != nullptr; ++e) {
    if (e->is_present) continue;
    write_error(is_missing ? ", "
                           : "tvem: this program was built for a newer processor; this one lacks ");
    write_error(e->name);
    is_missing = true;
  }
  if (!is_missing) return;
  write_error(
      ". Build it without -march flags (it chooses its vector instructions at start), or with "
      "-march=x86-64-v2 or the name of the oldest processor it has to run on.\n");
  _exit(EXIT_FAILURE);
}

}  // namespace
