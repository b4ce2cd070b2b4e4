#pragma once

#include <exception>
#include <string>

#include "tvem/comm/communicator.hpp"
#include "tvem/core/error.hpp"

namespace tvem {

/// Collective. Runs `action` on rank 0 alone; when it throws, every rank throws: rank 0 the
/// exception itself, the others an Error with its message (a ConfigurationError for a
/// ConfigurationError).
template <class Action>
void on_root(Communicator const& comm, Action&& action) {
  std::exception_ptr failure;
  std::string message;  // first letter: kind of failure; empty: none
  if (comm.is_root()) {
    try {
      action();
    } catch (ConfigurationError const& error) {
      failure = std::current_exception();
      message = std::string("c") + error.what();
    } catch (std::exception const& error) {
      failure = std::current_exception();
      message = std::string("e") + error.what();
    }
  }
  message = comm.broadcast(std::move(message));
  if (failure) std::rethrow_exception(failure);
  if (message.empty()) return;
  if (message[0] == 'c') throw ConfigurationError(message.substr(1));
  throw Error(message.substr(1));
}

/// Collective. Runs `action` on every rank; when it throws on one, every rank throws: those on
/// which it threw their own exception, the others an Error that says so.
template <class Action>
void on_every_rank(Communicator const& comm, Action&& action) {
  std::exception_ptr failure;
  try {
    action();
  } catch (...) {
    failure = std::current_exception();
  }
  bool const has_any_failed = comm.max(failure ? 1 : 0) == 1;
  if (failure) std::rethrow_exception(failure);
  if (has_any_failed) throw Error("another rank failed; see its message");
}

}  // namespace tvem
