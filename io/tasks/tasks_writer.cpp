#include <cmath>
#include <limits>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "io/durable/our_file.hpp"
#include "io/groups.hpp"
#include "io/tasks/tasks_file.hpp"

namespace tvem {
namespace {

constexpr auto tasks_file_type = "tvem tasks";

/// Tasks that are written together, column by column.
struct TasksBlock {
  std::vector<std::int64_t> ids, ends;
  std::vector<int> components, dims;
  std::vector<std::int8_t> families, labels, guesses, noises;
  std::vector<double> points, weights, means, variances, factors, degrees;
};

/// Writes tasks into arrays that were made for all of them. What a task has less of than the array
/// has room for is NaN.
class TasksWriter {
 public:
  TasksWriter(Hdf5Group const& root, TasksRecord const& record, TasksSizes const& sizes)
      : group_(root.create_group("tasks")), record_(record), sizes_(sizes) {
    group_.set_attribute("purpose", record.purpose);
    group_.set_attribute("seed", static_cast<std::int64_t>(record.seed));
    create_dimensions();
    create_columns();
    if (record_.has_truth) create_truth();
    block_.ends.push_back(0);
  }

  void add(Task const& task) {
    Mixture const& mixture = task.mixture;
    block_.ids.push_back(static_cast<std::int64_t>(task.id));
    block_.components.push_back(task.components());
    block_.dims.push_back(mixture.dim());
    append(task.points, task.n_points(), sizes_.dim, block_.points);
    append_labels(task.guess, block_.guesses);
    if (record_.has_truth) add_truth(task);
    n_points_ += task.n_points();
    block_.ends.push_back(n_points_);
    if (block_.points.size() > most_values) flush();
  }

  void finish() {
    flush();
    TVEM_CHECK(n_written_ == sizes_.n_tasks && n_points_ == sizes_.n_points,
               "tasks have other sizes than were announced");
  }

 private:
  static constexpr std::size_t most_values = 1 << 20;

  void create_dimensions() {
    group_.create_coordinate<std::int64_t>("task", sizes_.n_tasks, {"id of the task", ""});
    group_.write_dimension("boundary", sizes_.n_tasks + 1);
    group_.write_dimension("point", sizes_.n_points);
    group_.write_dimension("coordinate", sizes_.dim);
    group_.write_dimension("component", sizes_.components);
  }
  void create_columns() {
    group_.create<std::int64_t>(
        "offset", {"boundary"},
        {"task t has the points offset[t] .. offset[t + 1] - 1; the last value counts all"});
    group_.create<int>("components", {"task"}, {"number of components k of the task"});
    group_.create<int>("dim", {"task"}, {"dimension of the task"});
    group_.create<double>("points", {"point", "coordinate"},
                          {"points; NaN past the dimension of the task"});
    if (record_.has_guess)
      group_.create<std::int8_t>("guess", {"point"}, {"label of the guess input.init"});
  }
  void create_truth() {
    group_.create<std::int8_t>("label", {"point"},
                               {"component that the point was drawn from; -1: an outlier"});
    group_.create<std::int8_t>("family", {"task"},
                               {"family of the task, a position in flag_meanings", ""});
    group_.set_member_attribute("family", "flag_meanings", joined(record_.family_names, " "));
    create_mixtures();
  }
  void create_mixtures() {
    group_.create<double>("weight", {"task", "component"}, {"weight of the component"});
    group_.create<double>("mean", {"task", "component", "coordinate"}, {"mean of the component"});
    group_.create<double>("variance", {"task", "component"},
                          {"variance of a coordinate in the component; NaN where it has a matrix"});
    group_.create<std::int8_t>("noise", {"task"},
                               {"noise of the components, a position in flag_meanings", ""});
    group_.set_member_attribute("noise", "flag_meanings", joined(enum_names<NoiseKind>, " "));
    group_.create<double>("degrees", {"task"},
                          {"degrees of freedom of Student's t; NaN for other noise"});
    if (!sizes_.has_matrices) return;
    group_.write_dimension("other_coordinate", sizes_.dim);
    group_.create<double>("factor", {"task", "component", "coordinate", "other_coordinate"},
                          {"lower triangular F, the covariance being F F^T; NaN where the "
                           "component has a variance"});
  }

  /// The rows of a matrix of as many numbers, each with room for `width`.
  template <class Matrix>
  static void append(Matrix const& matrix, Eigen::Index n_rows, Eigen::Index width,
                     std::vector<double>& values) {
    for (Eigen::Index i = 0; i < n_rows; ++i)
      for (Eigen::Index c = 0; c < width; ++c)
        values.push_back(i < matrix.rows() && c < matrix.cols() ? matrix(i, c) : std::nan(""));
  }
  static void append_labels(std::vector<int> const& labels, std::vector<std::int8_t>& values) {
    for (int const label : labels) values.push_back(static_cast<std::int8_t>(label));
  }

  void add_truth(Task const& task) {
    Mixture const& mixture = task.mixture;
    int const k = sizes_.components, d = sizes_.dim;
    append_labels(task.labels, block_.labels);
    block_.families.push_back(static_cast<std::int8_t>(task.family));
    append(mixture.weights, k, 1, block_.weights);
    append(mixture.means, k, d, block_.means);
    append(mixture.variances, k, 1, block_.variances);
    add_noise(mixture);
    if (!sizes_.has_matrices) return;
    for (int j = 0; j < k; ++j)
      if (j < mixture.components() && !mixture.is_isotropic())
        append(mixture.factor(j), d, d, block_.factors);
      else
        append(RowMatrix(), d, d, block_.factors);
  }
  void add_noise(Mixture const& mixture) {
    block_.noises.push_back(static_cast<std::int8_t>(mixture.noise));
    block_.degrees.push_back(mixture.noise == NoiseKind::student ? mixture.degrees : std::nan(""));
  }

  template <class T>
  void write(char const* name, std::int64_t first, std::vector<T> const& values) {
    group_.write_rows(name, first, std::span(values));
  }
  void flush() {
    std::int64_t const first_point = n_points_ - std::ssize(block_.points) / sizes_.dim;
    write("task", n_written_, block_.ids);
    write("offset", n_written_, block_.ends);
    write("components", n_written_, block_.components);
    write("dim", n_written_, block_.dims);
    write("points", first_point, block_.points);
    write("guess", first_point, block_.guesses);
    write("label", first_point, block_.labels);
    write("family", n_written_, block_.families);
    write("weight", n_written_, block_.weights);
    write("mean", n_written_, block_.means);
    write("variance", n_written_, block_.variances);
    write("noise", n_written_, block_.noises);
    write("degrees", n_written_, block_.degrees);
    write("factor", n_written_, block_.factors);
    n_written_ += std::ssize(block_.ids);
    block_ = {};
    block_.ends.push_back(n_points_);
  }

  Hdf5Group group_;
  TasksRecord const& record_;
  TasksSizes sizes_;
  TasksBlock block_;
  std::int64_t n_written_ = 0, n_points_ = 0;
};

bool has_matrices_in(TaskSettings const& settings) {
  for (int family = 0; family < n_families(settings); ++family)
    if (has_matrices(family_of(settings, family).covariance)) return true;
  return false;
}

}  // namespace

TasksSizes sizes_of_tasks(TaskSettings const& settings, std::int64_t n, GiveTask const& give) {
  TasksSizes sizes{.n_tasks = n,
                   .n_points = n * settings.points.low,
                   .dim = settings.dim.high,
                   .components = settings.components.high};
  sizes.has_matrices = has_matrices_in(settings);
  if (settings.points.is_fixed()) return sizes;
  Task task;
  sizes.n_points = 0;
  for (std::int64_t place = 0; place < n; ++place) {
    give(place, task);
    sizes.n_points += task.n_points();
  }
  return sizes;
}

void write_tasks_file(fs::path const& path, TasksRecord const& record, TasksSizes const& sizes,
                      GiveTask const& give) {
  write_our_file(path, {}, [&](Hdf5Group const& root) {
    write_header(root, tasks_file_type, record.header);
    TasksWriter writer(root, record, sizes);
    Task task;
    for (std::int64_t place = 0; place < sizes.n_tasks; ++place) {
      give(place, task);
      writer.add(task);
    }
    writer.finish();
  });
}

bool is_tasks_file(fs::path const& path) { return is_whole_file_of(tasks_file_type, path); }

}  // namespace tvem
