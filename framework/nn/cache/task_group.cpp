#include "framework/nn/cache/task_group.hpp"

namespace tvem {

void cut_into_groups(std::span<std::size_t const> offsets, std::size_t max_rows,
                     std::vector<TaskGroup>& groups) {
  groups.clear();
  std::size_t begin = 0, squares = 0, squares_before = 0;
  for (std::size_t t = 0; t + 1 < offsets.size(); ++t) {
    if (t > begin && offsets[t + 1] - offsets[begin] > max_rows) {
      groups.push_back({offsets.subspan(begin, t - begin + 1), squares_before});
      begin = t;
      squares_before = squares;
    }
    std::size_t const n = offsets[t + 1] - offsets[t];
    squares += n * n;
  }
  if (offsets.size() > 1) groups.push_back({offsets.subspan(begin), squares_before});
}

}  // namespace tvem
