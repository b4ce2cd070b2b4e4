#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace tvem {

/// What `work` makes of a file, computed in a child process: a library that crashes, hangs or asks
/// for endless memory takes nothing along. The child prints nothing, and may use `memory` bytes
/// more than this process. Throws Error, naming the file, when the child ends without an answer or
/// takes longer than some seconds and some for the size of the file; else what `work` throws, as a
/// ConfigurationError or an Error with its message. The child is a fork: `work` may not
/// communicate, nor wait for a thread.
std::string in_child(std::filesystem::path const& path, std::uint64_t memory,
                     std::function<std::string()> const& work);

}  // namespace tvem
