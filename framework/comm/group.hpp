#pragma once

#include <memory>

#include "framework/comm/communicator.hpp"

namespace tvem {

/// What a Communicator stands for: the operations of communicator.hpp, by MPI or for one process.
class Communicator::Group {
 public:
  virtual ~Group() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual void sum(std::span<double> values) const = 0;
  virtual void sum(std::span<float> values) const = 0;
  virtual std::int64_t min(std::int64_t value) const = 0;
  virtual std::int64_t max(std::int64_t value) const = 0;
  virtual std::string broadcast(std::string text, int root) const = 0;
  virtual std::vector<double> gather(std::span<double const> values) const = 0;
  virtual void barrier() const = 0;
  virtual std::shared_ptr<Group const> split(int part) const = 0;
};

/// The group of all ranks of the job; only in a build with MPI.
std::shared_ptr<Communicator::Group const> make_world_group();

}  // namespace tvem
