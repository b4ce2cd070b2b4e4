#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "io/fs.hpp"

namespace tvem {

/// The result of `work` on a file, computed in a child process: a library that crashes, hangs or
/// asks for endless memory harms the child alone. The child prints nothing, and may use `memory`
/// bytes more than this process. Throws Error, naming the file, when the child ends without an
/// answer, computes for some seconds and some more for a large file, or waits for five times as
/// long three times in turn. Otherwise throws what `work` throws, as a ConfigurationError or an
/// Error with its message. The child is a fork: `work` may not communicate, nor wait for a thread.
std::string in_child(fs::path const& path, std::uint64_t memory,
                     std::function<std::string()> const& work);

}  // namespace tvem
