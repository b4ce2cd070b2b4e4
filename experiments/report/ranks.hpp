#pragma once

#include "framework/comm/collective_errors.hpp"

namespace tvem {

/// Collective. Whether it is so on any rank.
inline bool is_on_any_rank(Communicator const& comm, bool is_so) {
  return comm.max(is_so ? 1 : 0) == 1;
}

/// Collective. The truth that rank 0 finds, on all ranks. When it throws, every rank throws
/// (throw_together).
template <class Find>
bool root_finds(Communicator const& comm, Find const& find) {
  bool is_so = false;
  on_root(comm, [&] { is_so = find(); });
  return is_on_any_rank(comm, is_so);
}

}  // namespace tvem
