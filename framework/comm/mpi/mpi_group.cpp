#include <mpi.h>

#include "framework/comm/group.hpp"
#include "framework/core/index.hpp"

namespace tvem {
namespace {

/// The MPI type of a C++ type, so that a buffer and its declared type cannot disagree.
template <class T>
MPI_Datatype mpi_type();
template <>
MPI_Datatype mpi_type<double>() {
  return MPI_DOUBLE;
}
template <>
MPI_Datatype mpi_type<float>() {
  return MPI_FLOAT;
}
template <>
MPI_Datatype mpi_type<std::int64_t>() {
  return MPI_INT64_T;
}

/// Elements in one MPI call: counts are ints, and moderate pieces bound MPI's internal buffers.
constexpr std::size_t max_count = std::size_t{1} << 24;

class MpiGroup final : public Communicator::Group {
 public:
  explicit MpiGroup(MPI_Comm comm) : comm_(comm) {
    MPI_Comm_rank(comm_, &rank_);
    MPI_Comm_size(comm_, &size_);
  }
  MpiGroup(MpiGroup const&) = delete;
  MpiGroup& operator=(MpiGroup const&) = delete;
  ~MpiGroup() override {
    int is_over = 0;
    MPI_Finalized(&is_over);
    if (comm_ != MPI_COMM_WORLD && is_over == 0) MPI_Comm_free(&comm_);
  }
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void sum(std::span<double> values) const override { sum_in_place(values); }
  void sum(std::span<float> values) const override { sum_in_place(values); }
  std::int64_t min(std::int64_t value) const override { return reduced(value, MPI_MIN); }
  std::int64_t max(std::int64_t value) const override { return reduced(value, MPI_MAX); }

  std::string broadcast(std::string text, int root) const override {
    std::int64_t length = std::ssize(text);
    MPI_Bcast(&length, 1, mpi_type<std::int64_t>(), root, comm_);
    int const count = as_count(length);
    text.resize(count);
    MPI_Bcast(text.data(), count, MPI_CHAR, root, comm_);
    return text;
  }

  std::vector<double> gather(std::span<double const> values) const override {
    std::vector<int> counts(size_), starts(counts.size());
    int const count = count_of(values);
    MPI_Gather(&count, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, comm_);
    std::int64_t total = 0;
    for (std::size_t r = 0; r < counts.size(); ++r) {
      starts[r] = as_count(total);
      total += counts[r];
    }
    std::vector<double> all(total);
    MPI_Gatherv(values.data(), count, MPI_DOUBLE, all.data(), counts.data(), starts.data(),
                MPI_DOUBLE, 0, comm_);
    return all;
  }

  void barrier() const override { MPI_Barrier(comm_); }

  std::shared_ptr<Communicator::Group const> split(int part) const override {
    MPI_Comm comm = MPI_COMM_NULL;
    MPI_Comm_split(comm_, part, rank_, &comm);
    return std::make_shared<MpiGroup>(comm);
  }

 private:
  template <class T>
  void sum_in_place(std::span<T> values) const {
    while (!values.empty()) {
      auto const part = values.first(values.size() < max_count ? values.size() : max_count);
      MPI_Allreduce(MPI_IN_PLACE, part.data(), count_of(part), mpi_type<T>(), MPI_SUM, comm_);
      values = values.subspan(part.size());
    }
  }
  std::int64_t reduced(std::int64_t value, MPI_Op operation) const {
    MPI_Allreduce(MPI_IN_PLACE, &value, 1, mpi_type<std::int64_t>(), operation, comm_);
    return value;
  }

  MPI_Comm comm_;
  int rank_ = 0;
  int size_ = 1;
};

}  // namespace

std::shared_ptr<Communicator::Group const> make_world_group() {
  return std::make_shared<MpiGroup>(MPI_COMM_WORLD);
}

}  // namespace tvem
