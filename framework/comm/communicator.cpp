#include "framework/comm/communicator.hpp"

#include "framework/comm/group.hpp"

namespace tvem {
namespace {

class SerialGroup final : public Communicator::Group {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void sum(std::span<double>) const override {}
  void sum(std::span<float>) const override {}
  std::int64_t min(std::int64_t value) const override { return value; }
  std::int64_t max(std::int64_t value) const override { return value; }
  std::string broadcast(std::string text, int) const override { return text; }
  std::vector<double> gather(std::span<double const> values) const override {
    return {values.begin(), values.end()};
  }
  void barrier() const override {}
  std::shared_ptr<Communicator::Group const> split(int) const override {
    return std::make_shared<SerialGroup>();
  }
};

}  // namespace

Communicator Communicator::serial() { return Communicator(std::make_shared<SerialGroup>()); }
int Communicator::rank() const { return group_->rank(); }
int Communicator::size() const { return group_->size(); }
void Communicator::sum(std::span<double> values) const { group_->sum(values); }
void Communicator::sum(std::span<float> values) const { group_->sum(values); }
std::int64_t Communicator::min(std::int64_t value) const { return group_->min(value); }
std::int64_t Communicator::max(std::int64_t value) const { return group_->max(value); }
std::string Communicator::broadcast(std::string text, int root) const {
  return group_->broadcast(std::move(text), root);
}
std::vector<double> Communicator::gather(std::span<double const> values) const {
  return group_->gather(values);
}
void Communicator::barrier() const { group_->barrier(); }
Communicator Communicator::split(int part) const { return Communicator(group_->split(part)); }

}  // namespace tvem
