#include "io/clustering_file.hpp"

#include <cmath>

#include "framework/core/error.hpp"
#include "io/durable/our_file.hpp"
#include "io/groups.hpp"

namespace tvem {
namespace {

constexpr auto file_type = "tvem clustering";

/// A row-major array over (estimator, ...), NaN where an estimator has none.
class Stack {
 public:
  explicit Stack(std::size_t size) : size_(size) {}
  void add(RowMatrix const& matrix) {
    values_.insert(values_.end(), matrix.data(), matrix.data() + matrix.size());
  }
  void skip() { values_.insert(values_.end(), size_, std::nan("")); }
  std::span<double const> values() const { return values_; }

 private:
  std::size_t size_;
  std::vector<double> values_;
};

void write_parameters(Hdf5Group const& group, ClusteringRecord const& record) {
  auto const k = static_cast<std::size_t>(record.components), d = record.table.columns.size();
  Stack weights(k), means(k * d), covariances(k * d * d);
  for (auto const& result : record.results) {
    if (!result.mixture) {
      weights.skip();
      means.skip();
      covariances.skip();
      continue;
    }
    weights.add(result.mixture->weights);
    means.add(result.mixture->means);
    for (Eigen::Index j = 0; j < record.components; ++j)
      covariances.add(covariance_of(*result.mixture, j));
  }
  group.write("weights", weights.values(), {"estimator", "component"},
              {"weights of the components; NaN for methods of labels alone"});
  group.write("means", means.values(), {"estimator", "component", "coordinate"},
              {"means of the components, in the units of the points", ""});
  group.write("covariances", covariances.values(),
              {"estimator", "component", "coordinate", "other_coordinate"},
              {"covariances of the components, in the units of the points", ""});
}

template <class T, class Member>
std::vector<T> column(std::vector<ClusteringResult> const& results, Member member) {
  std::vector<T> values;
  for (auto const& result : results) values.push_back(result.*member);
  return values;
}

void write_results(Hdf5Group const& group, ClusteringRecord const& record) {
  auto const& results = record.results;
  auto const n = static_cast<std::size_t>(record.table.points.rows());
  std::vector<int> labels;
  Stack responsibilities(n * static_cast<std::size_t>(record.components));
  for (auto const& result : results) {
    labels.insert(labels.end(), result.labels.begin(), result.labels.end());
    if (result.responsibilities.size() > 0)
      responsibilities.add(result.responsibilities);
    else
      responsibilities.skip();
  }
  group.write("labels", std::span<int const>(labels), {"estimator", "point"},
              {"component of the point, from 0", ""});
  group.write("responsibilities", responsibilities.values(), {"estimator", "point", "component"},
              {"probability of the component given the point; NaN where the method has none"});
  auto const write = [&](char const* name, auto member, Hdf5Description const& description) {
    auto const values = column<double>(results, member);
    group.write(name, std::span<double const>(values), {"estimator"}, description);
  };
  using R = ClusteringResult;
  write("log_likelihood", &R::log_likelihood, {"mean log-likelihood per point (nats)"});
  write("error", &R::error, {"misclustering error against the given labels; NaN without"});
  write("ari", &R::ari, {"adjusted Rand index against the given labels; NaN without"});
  write("seconds", &R::seconds, {"wall-clock time", "s"});
  auto const iterations = column<int>(results, &R::iterations);
  group.write("iterations", std::span<int const>(iterations), {"estimator"},
              {"iterations, over all restarts"});
  group.write("status", column<std::string>(results, &R::status), {"estimator"},
              {"how the estimator ended", ""});
}

}  // namespace

bool is_clustering_file(std::filesystem::path const& path) {
  if (!std::filesystem::is_regular_file(path)) return false;
  try {
    return read_our_head(path).text_attribute("file_type") == file_type;
  } catch (Error const&) {
    return false;
  }
}

void write_clustering_file(std::filesystem::path const& path, ClusteringRecord const& record) {
  write_our_file(path, {}, [&](Hdf5Group const& root) {
    write_header(root, file_type, record.header);
    Hdf5Group const group = root.create_group("clustering");
    group.set_attribute("data_file", record.data_file);
    group.write_coordinate("estimator",
                           column<std::string>(record.results, &ClusteringResult::estimator),
                           {"specification of the estimator", ""});
    group.write_coordinate("coordinate", record.table.columns, {"column of the data", ""});
    group.write_coordinate("other_coordinate", record.table.columns, {"the same", ""});
    group.write_coordinate("point", std::span<std::int64_t const>(record.table.rows),
                           {"row of the data, from 1", ""});
    group.write_dimension("component", static_cast<std::size_t>(record.components));
    std::span<double const> const points(record.table.points.data(),
                                         static_cast<std::size_t>(record.table.points.size()));
    group.write("points", points, {"point", "coordinate"}, {"the data", ""});
    if (!record.table.labels.empty())
      group.write("given_labels", record.table.labels, {"point"}, {"labels of the data", ""});
    write_results(group, record);
    write_parameters(group, record);
  });
}

}  // namespace tvem
