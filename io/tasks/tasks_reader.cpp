#include <algorithm>
#include <cmath>

#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/core/text.hpp"
#include "io/durable/as_input.hpp"
#include "io/durable/digest.hpp"
#include "io/durable/trial.hpp"
#include "io/hdf5/hdf5.hpp"
#include "io/points/problem_list.hpp"
#include "io/tasks/array_checks.hpp"
#include "io/tasks/stored_mixtures.hpp"
#include "io/tasks/tasks_file.hpp"

namespace tvem {
namespace {

constexpr std::int64_t most_points = 100'000;  // of a task, as task.points has it
constexpr int most_components = 64;            // as task.components has it

std::string subject_of(fs::path const& path) { return fmt::format("--tasks {}", path); }

}  // namespace

/// The arrays of the file. Those of single tasks are read at once, others in parts.
class TasksFile::Reader {
 public:
  explicit Reader(fs::path const& path)
      : file_(Hdf5File::open(path)), group_(group_of(file_)), problems_(subject_of(path) + ": ") {
    check_shapes();
    problems_.stop();
    mixtures_.emplace(group_);
    offset_ = group_.read<std::int64_t>("offset");
    components_ = group_.read<int>("components");
    dims_ =
        has("dim") ? group_.read<int>("dim") : std::vector<int>(n_tasks(), as_count(n_columns_));
    check_sizes();
    problems_.stop();
    Hdf5Group const root = file_.root();
    if (root.has("config") && has_seal(path)) config_text_ = config_of(root);
  }

  std::int64_t n_tasks() const { return std::ssize(offset_) - 1; }
  bool has(char const* name) const { return group_.has(name); }
  bool has_mixtures() const { return StoredMixtures::are_in(group_); }
  std::optional<std::string> const& config_text() const { return config_text_; }
  static Range<int> range_of(std::vector<int> const& values) {
    auto const [low, high] = std::minmax_element(values.begin(), values.end());
    return {*low, *high};
  }
  std::int64_t offset(std::int64_t place) const { return offset_[place]; }
  int components(std::int64_t place) const { return components_[place]; }
  int dim(std::int64_t place) const { return dims_[place]; }
  std::vector<int> const& dims() const { return dims_; }
  std::vector<int> const& components() const { return components_; }
  Range<int> points() const {
    Range<int> range{as_count(n_points(0)), as_count(n_points(0))};
    for (std::int64_t t = 0; t < n_tasks(); ++t) {
      range.low = std::min(range.low, as_count(n_points(t)));
      range.high = std::max(range.high, as_count(n_points(t)));
    }
    return range;
  }

  void give(std::int64_t place, Task& task) {
    if (place < part_.first_task || place >= part_.end_task) read_part(place);
    std::int64_t const n = n_points(place), at = offset_[place] - offset_[part_.first_task];
    int const k = components_[place], d = dims_[place];
    task.id = place;
    task.family = part_.families.empty() ? 0 : part_.families[place - part_.first_task];
    task.sigmas.clear();
    task.points.resize(n, d);
    for (std::int64_t i = 0; i < n; ++i)
      std::copy_n(part_.points.begin() + (at + i) * n_columns_, d, task.points.data() + i * d);
    take_labels(part_.labels, at, n, task.labels);
    take_labels(part_.guesses, at, n, task.guess);
    task.mixture =
        has_mixtures() ? mixtures_->mixture(place - part_.first_task, k, d) : unknown_mixture(k, d);
  }

  /// Reads and checks all tasks.
  void check_values() {
    Task task;
    for (std::int64_t place = 0; place < n_tasks(); ++place) {
      give(place, task);
      check_points(task);
      check_labels("label", task.labels, -1, task);
      check_labels("guess", task.guess, 0, task);
      if (has_mixtures()) check_mixture(task);
    }
    problems_.stop();
  }

 private:
  /// What the arrays have for some tasks, one after another.
  struct TasksPart {
    std::int64_t first_task = 0, end_task = 0;
    std::vector<int> labels, guesses, families;
    std::vector<double> points;
  };

  static Hdf5Group group_of(Hdf5File const& file) {
    Hdf5Group root = file.root();
    return root.has("tasks") && root.kind("tasks") == Hdf5Kind::group ? root.open_group("tasks")
                                                                      : std::move(root);
  }
  static std::string config_of(Hdf5Group const& root) { return root.member_text("config", "text"); }

  std::int64_t n_points(std::int64_t place) const { return offset_[place + 1] - offset_[place]; }

  // ---- shapes

  void check_shapes() {
    ArrayChecks checks(group_, problems_);
    if (!checks.has_array("points", Hdf5Kind::real, {0, 0}, true) ||
        !checks.has_array("offset", Hdf5Kind::integer, {0}, true))
      return;
    std::size_t const n_points = group_.shape("points")[0], d = group_.shape("points")[1];
    std::size_t const n_boundaries = group_.shape("offset")[0];
    n_columns_ = as_count(d);
    if (n_boundaries < 2)
      return problems_.add("offset has one value, and has one more than there are tasks");
    std::size_t const n = n_boundaries - 1;
    checks.has_array("components", Hdf5Kind::integer, {n}, true);
    checks.has_array("dim", Hdf5Kind::integer, {n}, false);
    checks.has_array("family", Hdf5Kind::integer, {n}, false);
    checks.has_array("label", Hdf5Kind::integer, {n_points}, false);
    checks.has_array("guess", Hdf5Kind::integer, {n_points}, false);
    if (has_mixtures()) StoredMixtures::check_shapes(group_, n, d, checks, problems_);
  }
  // ---- sizes

  void check_sizes() {
    std::int64_t const n_all = group_.shape("points")[0];
    if (offset_.front() != 0 || offset_.back() != n_all)
      problems_.add(fmt::format("offset goes from {} to {}, and goes from 0 to the {} points",
                                offset_.front(), offset_.back(), n_all));
    for (std::int64_t t = 0; t < n_tasks(); ++t) {
      check_size("points", t, n_points(t), 2, most_points);
      check_size("components", t, components_[t], 2,
                 has_mixtures() ? std::min(mixtures_->most_components(), most_components)
                                : most_components);
      check_size("dim", t, dims_[t], 1, n_columns_);
    }
  }
  void check_size(char const* what, std::int64_t place, std::int64_t value, std::int64_t low,
                  std::int64_t high) {
    if (value < low || value > high)
      problems_.add(fmt::format("task {} has {} = {}, and should have {} to {}", place, what, value,
                                low, high));
  }

  // ---- reading

  /// Reads the task and those after it, about a megabyte of points.
  void read_part(std::int64_t first) {
    std::int64_t end = first + 1;
    while (end < n_tasks() && (offset_[end + 1] - offset_[first]) * n_columns_ < most_values) ++end;
    std::int64_t const n = end - first, point = offset_[first], n_points = offset_[end] - point;
    part_ = {
        .first_task = first,
        .end_task = end,
        .labels = rows_of<int>(group_, "label", point, n_points),
        .guesses = rows_of<int>(group_, "guess", point, n_points),
        .families = config_text_ ? rows_of<int>(group_, "family", first, n) : std::vector<int>{},
        .points = rows_of<double>(group_, "points", point, n_points)};
    if (has_mixtures()) mixtures_->read(first, n);
  }

  static void take_labels(std::vector<int> const& from, std::int64_t at, std::int64_t n,
                          std::vector<int>& labels) {
    labels.clear();
    if (!from.empty()) labels.assign(from.begin() + at, from.begin() + at + n);
  }

  /// NaN where the file has no mixture.
  static Mixture unknown_mixture(int k, int d) {
    Mixture mixture;
    mixture.weights.setConstant(k, std::nan(""));
    mixture.means.setConstant(k, d, std::nan(""));
    mixture.variances.setConstant(k, std::nan(""));
    return mixture;
  }

  // ---- values

  void check_points(Task const& task) {
    for (Eigen::Index i = 0; i < task.points.rows(); ++i)
      for (Eigen::Index c = 0; c < task.points.cols(); ++c)
        if (!std::isfinite(task.points(i, c)))
          problems_.add(fmt::format("points[{}, {}], of task {}, is {}: not a finite number",
                                    offset_[task.id] + i, c, task.id, task.points(i, c)));
  }
  void check_labels(char const* name, std::vector<int> const& labels, int low, Task const& task) {
    if (!labels.empty() && *std::max_element(labels.begin(), labels.end()) < 0)
      problems_.add(fmt::format("task {} has outliers alone: no point has a component", task.id));
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (labels[i] < low || labels[i] >= task.components())
        problems_.add(fmt::format("{}[{}], of task {}, is {}, and is one of {} to {}", name,
                                  offset_[task.id] + i, task.id, labels[i], low,
                                  task.components() - 1));
  }
  void check_mixture(Task const& task) {
    std::string const problem = StoredMixtures::problem_of(task.mixture);
    if (!problem.empty()) problems_.add(fmt::format("the mixture of task {} {}", task.id, problem));
  }

  static constexpr std::int64_t most_values = 1 << 17;

  Hdf5File file_;
  Hdf5Group group_;
  ProblemList problems_;
  std::optional<StoredMixtures> mixtures_;
  int n_columns_ = 0;  // the largest dimension
  std::vector<std::int64_t> offset_;
  std::vector<int> components_, dims_;
  std::optional<std::string> config_text_;
  TasksPart part_;
};

void TasksFile::verify(fs::path const& path) {
  if (!fs::is_regular_file(path))
    throw ConfigurationError(
        fmt::format("{}: there is no such file; tvem tasks writes one", subject_of(path)));
  auto const check = [&] {
    Reader(path).check_values();
    return std::string();
  };
  auto const read = [&] {
    if (has_seal(path)) verify_seal(path);
    return in_child(path, std::uint64_t{1} << 30, check);
  };
  as_input(read, subject_of(path) + ": this is no file of tasks that can be read: ");
}

TasksFile::TasksFile(fs::path const& path) : reader_(std::make_unique<Reader>(path)) {}
TasksFile::~TasksFile() = default;

std::int64_t TasksFile::n_tasks() const { return reader_->n_tasks(); }
Range<int> TasksFile::dim() const { return Reader::range_of(reader_->dims()); }
Range<int> TasksFile::components() const { return Reader::range_of(reader_->components()); }
Range<int> TasksFile::points() const { return reader_->points(); }
bool TasksFile::has_labels() const { return reader_->has("label"); }
bool TasksFile::has_guess() const { return reader_->has("guess"); }
bool TasksFile::has_mixtures() const { return reader_->has_mixtures(); }
std::optional<std::string> const& TasksFile::config_text() const { return reader_->config_text(); }
std::int64_t TasksFile::offset(std::int64_t place) const { return reader_->offset(place); }
int TasksFile::components(std::int64_t place) const { return reader_->components(place); }
int TasksFile::dim(std::int64_t place) const { return reader_->dim(place); }
void TasksFile::give(std::int64_t place, Task& task) const { reader_->give(place, task); }

}  // namespace tvem
