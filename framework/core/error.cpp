#include "framework/core/error.hpp"

#include <cstring>
#include <system_error>

#include "framework/core/text.hpp"

namespace tvem {

ConfigurationError::ConfigurationError(std::vector<std::string> problems)
    : Error(joined(problems, "\n")), problems_(std::move(problems)) {}

std::exception_ptr explained(std::filesystem::filesystem_error const& failure) {
  std::string const problem = failure.path1().string() + ": " + failure.code().message();
  for (std::errc const of_path :
       {std::errc::filename_too_long, std::errc::permission_denied, std::errc::not_a_directory,
        std::errc::too_many_symbolic_link_levels, std::errc::read_only_file_system})
    if (failure.code() == of_path)
      return std::make_exception_ptr(
          ConfigurationError(problem + "; give a path that you may use, or see its permissions"));
  return std::make_exception_ptr(Error(problem));
}

void detail::check_failed(char const* condition, char const* file, int line,
                          std::string const& explanation) {
  char const* name = std::strrchr(file, '/');
  throw CheckFailed(fmt::format("{}:{}: {} (violated: {})", name ? name + 1 : file, line,
                                explanation, condition));
}

}  // namespace tvem
