#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace tvem::test {

/// A test in an empty folder of its own, which goes with it.
class TemporaryFolder : public testing::Test {
 protected:
  TemporaryFolder() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  ~TemporaryFolder() override { std::filesystem::remove_all(folder); }

  static std::string content(std::filesystem::path const& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  static void write(std::filesystem::path const& path, std::string const& text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  std::filesystem::path const folder =
      std::filesystem::temp_directory_path() / ("tvem-test-" + std::to_string(getpid()));
};

}  // namespace tvem::test
