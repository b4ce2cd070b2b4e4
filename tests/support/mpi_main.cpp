#include <gtest/gtest.h>

#include "tvem/comm/session.hpp"

int main(int argc, char** argv) {
  tvem::MpiSession session(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
