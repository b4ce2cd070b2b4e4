// Linked with a processor check that asks for more than any processor has; see CMakeLists.txt.
#include <cstdio>

int main() {
  std::puts("started");
  return 0;
}
