#include "io/clustering_file.hpp"

#include <cmath>

#include "io/durable/our_file.hpp"
#include "io/groups.hpp"

namespace tvem {
namespace {

constexpr auto clustering_file_type = "tvem clustering";

/// Matrices of one size, one after another; what a matrix lacks of it is NaN.
class Stack {
 public:
  Stack(Eigen::Index n_rows, Eigen::Index n_columns) : n_rows_(n_rows), n_columns_(n_columns) {}
  void add(RowMatrix const& matrix) {
    RowMatrix whole = RowMatrix::Constant(n_rows_, n_columns_, std::nan(""));
    whole.topLeftCorner(matrix.rows(), matrix.cols()) = matrix;
    values_.insert(values_.end(), whole.data(), whole.data() + whole.size());
  }
  std::span<double const> values() const { return values_; }

 private:
  Eigen::Index n_rows_, n_columns_;
  std::vector<double> values_;
};

/// The covariances of all components, one below another; none without a mixture.
RowMatrix covariances_of(Mixture const& mixture) {
  int const k = mixture.components(), d = mixture.dim();
  RowMatrix covariances(k * d, d);
  for (int j = 0; j < k; ++j) covariances.middleRows(j * d, d) = covariance_of(mixture, j);
  return covariances;
}

void write_parameters(Hdf5Group const& group, ClusteringRecord const& record) {
  Eigen::Index const k = record.components, d = std::ssize(record.table.columns);
  Stack weights(k, 1), means(k, d), covariances(k * d, d);
  for (auto const& result : record.results) {
    Mixture const mixture = result.mixture.value_or(Mixture{});
    weights.add(mixture.weights);
    means.add(mixture.means);
    covariances.add(covariances_of(mixture));
  }
  group.write("weights", weights.values(), {"estimator", "component"},
              {"weights of the components; NaN for methods of labels alone"});
  group.write("means", means.values(), {"estimator", "component", "coordinate"},
              {"means of the components, in the units of the points", ""});
  group.write("covariances", covariances.values(),
              {"estimator", "component", "coordinate", "other_coordinate"},
              {"covariances of the components, in the units of the points", ""});
}

template <class T>
std::vector<T> column(std::vector<ClusteringResult> const& results, T ClusteringResult::*member) {
  std::vector<T> values;
  for (auto const& result : results) values.push_back(result.*member);
  return values;
}

void write_results(Hdf5Group const& group, ClusteringRecord const& record) {
  auto const& results = record.results;
  std::vector<int> labels;
  Stack responsibilities(std::ssize(record.table.rows), record.components);
  for (auto const& result : results) {
    labels.insert(labels.end(), result.labels.begin(), result.labels.end());
    responsibilities.add(result.responsibilities);
  }
  group.write("labels", labels, {"estimator", "point"}, {"component of the point, from 0", ""});
  group.write("responsibilities", responsibilities.values(), {"estimator", "point", "component"},
              {"probability of the component given the point; NaN where the method has none"});
  auto const write = [&]<class T>(char const* name, T ClusteringResult::*member,
                                  Hdf5Description const& description) {
    group.write(name, column(results, member), {"estimator"}, description);
  };
  using R = ClusteringResult;
  write("components", &R::components, {"number of components k"});
  write("bic", &R::bic, {"Bayesian information criterion, the less the better; NaN but for EM"});
  write("icl", &R::icl, {"integrated completed likelihood criterion, likewise"});
  write("log_likelihood", &R::log_likelihood, {"mean log-likelihood per point (nats)"});
  write("error", &R::error, {"misclustering error against the given labels; NaN without"});
  write("ari", &R::ari, {"adjusted Rand index against the given labels; NaN without"});
  write("seconds", &R::seconds, {"wall-clock time", "s"});
  write("iterations", &R::iterations, {"iterations, over all restarts"});
  write("status", &R::status, {"how the estimator ended", ""});
}

}  // namespace

bool is_clustering_file(fs::path const& path) {
  return is_whole_file_of(clustering_file_type, path);
}

void write_clustering_file(fs::path const& path, ClusteringRecord const& record) {
  write_our_file(path, {}, [&](Hdf5Group const& root) {
    write_header(root, clustering_file_type, record.header);
    Hdf5Group const group = root.create_group("clustering");
    group.set_attribute("data_file", record.data_file);
    group.write_coordinate("estimator", column(record.results, &ClusteringResult::estimator),
                           {"specification of the estimator", ""});
    group.write_coordinate("coordinate", record.table.columns, {"column of the data", ""});
    group.write_coordinate("other_coordinate", record.table.columns, {"the same", ""});
    group.write_coordinate("point", record.table.rows, {"row of the data, from 1", ""});
    group.write_dimension("component", record.components);
    RowMatrix const& points = record.table.points;
    group.write("points", std::span(points.data(), points.size()), {"point", "coordinate"},
                {"the data", ""});
    if (!record.table.labels.empty())
      group.write("given_labels", record.table.labels, {"point"}, {"labels of the data", ""});
    write_results(group, record);
    write_parameters(group, record);
  });
}

}  // namespace tvem
