#pragma once

#include <exception>
#include <string>

#include "framework/comm/communicator.hpp"
#include "framework/core/error.hpp"
#include "framework/core/index.hpp"

namespace tvem {

/// Collective. Whether all ranks give the same text.
inline bool is_same_on_all_ranks(Communicator const& comm, std::string const& text) {
  bool const is_same = comm.broadcast(text) == text;
  return comm.min(is_same ? 1 : 0) == 1;
}

/// The message of a failure behind a letter, c for a ConfigurationError and e for all others; empty
/// without a failure.
inline std::string marked_message(std::exception_ptr const& failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (ConfigurationError const& error) {
    return std::string("c") + error.what();
  } catch (std::exception const& error) {
    return std::string("e") + error.what();
  }
  return {};
}

/// Collective. When there is a failure on some ranks, every rank throws. A rank with a failure
/// throws its own; the others throw an Error with the message of the first of them (a
/// ConfigurationError for a ConfigurationError).
inline void throw_together(Communicator const& comm, std::exception_ptr const& failure) {
  std::int64_t const first = comm.min(failure ? comm.rank() : comm.size());
  if (first == comm.size()) return;
  std::string const message = comm.broadcast(marked_message(failure), as_count(first));
  if (failure) std::rethrow_exception(failure);
  std::string const of_rank = first == 0 ? "" : "rank " + std::to_string(first) + ": ";
  if (message[0] == 'c') throw ConfigurationError(of_rank + message.substr(1));
  throw Error(of_rank + message.substr(1));
}

/// Collective. Runs `action` on every rank; when it throws on one, every rank throws
/// (throw_together). A path that cannot be used is wrong input (explained).
template <class Action>
void on_every_rank(Communicator const& comm, Action&& action) {
  std::exception_ptr failure;
  try {
    action();
  } catch (std::filesystem::filesystem_error const& error) {
    failure = explained(error);
  } catch (...) {
    failure = std::current_exception();
  }
  throw_together(comm, failure);
}

/// Collective. Runs `action` on rank 0 alone; when it throws, every rank throws (throw_together).
template <class Action>
void on_root(Communicator const& comm, Action&& action) {
  on_every_rank(comm, [&] {
    if (comm.is_root()) action();
  });
}

}  // namespace tvem
