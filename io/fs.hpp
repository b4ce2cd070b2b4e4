#pragma once

#include <filesystem>

namespace tvem {

namespace fs = std::filesystem;

}  // namespace tvem
