#include "io/probe_file.hpp"

#include "io/durable/our_file.hpp"
#include "io/groups.hpp"

namespace tvem {
namespace {

constexpr auto probe_file_type = "tvem probe";

void write_estimates(Hdf5Group const& group, std::string const& name, Estimates const& estimates,
                     Hdf5Group::Names const& dimensions, std::string const& long_name) {
  group.write(name + "_mean", estimates.mean, dimensions, {long_name + ", mean over tasks"});
  group.write(name + "_standard_error", estimates.standard_error, dimensions,
              {"its standard error over tasks"});
}

template <class T>
std::vector<T> column(std::vector<MatrixRank> const& matrices, T MatrixRank::*member) {
  std::vector<T> values;
  for (MatrixRank const& matrix : matrices) values.push_back(matrix.*member);
  return values;
}

std::vector<int> numbers_to(int n) {
  std::vector<int> numbers;
  for (int i = 0; i < n; ++i) numbers.push_back(i);
  return numbers;
}

void write_coordinates(Hdf5Group const& group, Probe const& probe) {
  group.write_coordinate("layer", numbers_to(probe.n_layers), {"layer; 0: the embedding"});
  group.write_coordinate("reading",
                         Hdf5Group::Names(std::begin(reading_names), std::end(reading_names)),
                         {"how labels are read from a layer", ""});
  group.write_coordinate("algorithm", probe.algorithms, {"specification of the algorithm", ""});
  group.write_coordinate("iteration", numbers_to(probe.n_iterations), {"iterations done"});
  group.write_coordinate("matrix", column(probe.matrices, &MatrixRank::name),
                         {"matrix of the model", ""});
}

void write_probe(Hdf5Group const& group, Probe const& probe) {
  write_coordinates(group, probe);
  write_estimates(group, "error", probe.error, {"layer", "reading"},
                  "misclustering error of the layer's labels");
  write_estimates(group, "disagreement", probe.disagreement,
                  {"layer", "reading", "algorithm", "iteration"},
                  "misclustering error between the layer's labels and the algorithm's");
  write_estimates(group, "algorithm_error", probe.algorithm_error, {"algorithm", "iteration"},
                  "misclustering error of the algorithm's labels");
  group.write("stable_rank", column(probe.matrices, &MatrixRank::stable_rank), {"matrix"},
              {"squared Frobenius norm / squared spectral norm"});
  group.write("stable_rank_of_change", column(probe.matrices, &MatrixRank::of_change), {"matrix"},
              {"the same of the difference from the matrix before training"});
}

}  // namespace

bool is_probe_file(fs::path const& path) { return is_whole_file_of(probe_file_type, path); }

void write_probe_file(fs::path const& path, ProbeRecord const& record) {
  write_our_file(path, {}, [&](Hdf5Group const& root) {
    write_header(root, probe_file_type, record.header);
    write_model(root, record.model);
    Hdf5Group const group = root.create_group("probe");
    group.set_attribute("tasks", record.n_tasks);
    group.set_attribute("fit_tasks", record.n_fit_tasks);
    write_probe(group, record.probe);
  });
}

}  // namespace tvem
