#pragma once

#include <exception>
#include <string>

#include "tvem/comm/communicator.hpp"
#include "tvem/core/error.hpp"

namespace tvem {

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

}  // namespace tvem
