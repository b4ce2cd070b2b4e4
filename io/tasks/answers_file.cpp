#include "io/tasks/answers_file.hpp"

#include <algorithm>
#include <cmath>

#include "framework/core/error.hpp"
#include "framework/core/text.hpp"
#include "io/durable/as_input.hpp"
#include "io/durable/trial.hpp"
#include "io/hdf5/hdf5.hpp"
#include "io/tasks/array_checks.hpp"
#include "io/tasks/stored_mixtures.hpp"

namespace tvem {
namespace {

constexpr int most_clusters = 64;  // that labels may name
constexpr std::int64_t most_tasks_of_part = 256, most_values = 1 << 17;

}  // namespace

class AnswersFile::Reader {
 public:
  Reader(fs::path const& path, TasksFile const& tasks, std::string const& subject)
      : tasks_(tasks),
        file_(Hdf5File::open(path)),
        group_(file_.root()),
        problems_(subject + ", its answers: ") {
    check_shapes();
    problems_.stop();
    if (StoredMixtures::are_in(group_)) mixtures_.emplace(group_);
  }

  Answer answer(std::int64_t place) {
    if (place < first_ || place >= end_) read_part(place);
    Answer answer;
    std::int64_t const at = tasks_.offset(place) - tasks_.offset(first_);
    std::int64_t const n_points = tasks_.offset(place + 1) - tasks_.offset(place);
    if (!labels_.empty())
      answer.labels.assign(labels_.begin() + at, labels_.begin() + at + n_points);
    if (mixtures_)
      answer.mixture =
          mixtures_->mixture(place - first_, tasks_.components(place), tasks_.dim(place));
    // Beside labels, weights of NaN say that the task has no mixture.
    if (answer.mixture && !labels_.empty() && std::isnan(answer.mixture->weights[0]))
      answer.mixture.reset();
    if (!seconds_.empty()) answer.seconds = seconds_[place - first_];
    return answer;
  }

  void check_values() {
    for (std::int64_t place = 0; place < tasks_.n_tasks(); ++place) check(place, answer(place));
    problems_.stop();
  }

 private:
  void check_shapes() {
    ArrayChecks checks(group_, problems_);
    std::size_t const n = tasks_.n_tasks(), n_points = tasks_.offset(tasks_.n_tasks());
    bool const has_mixtures = StoredMixtures::are_in(group_);
    checks.has_array("label", Hdf5Kind::integer, {n_points}, !has_mixtures);
    checks.has_array("seconds", Hdf5Kind::real, {n}, false);
    if (!has_mixtures) return;
    StoredMixtures::check_shapes(group_, n, tasks_.dim().high, checks, problems_);
    if (group_.has("mean") && group_.shape("mean").size() > 1 &&
        std::cmp_less(group_.shape("mean")[1], tasks_.components().high))
      problems_.add(fmt::format("mean has room for {} components, and tasks have up to {}",
                                group_.shape("mean")[1], tasks_.components().high));
  }

  /// As many as have about a megabyte of matrices.
  std::int64_t tasks_of_part() const {
    std::int64_t const k = tasks_.components().high, d = tasks_.dim().high;
    return std::clamp<std::int64_t>(most_values / (k * d * d), 1, most_tasks_of_part);
  }

  void read_part(std::int64_t first) {
    first_ = first;
    end_ = std::min(first + tasks_of_part(), tasks_.n_tasks());
    std::int64_t const point = tasks_.offset(first_);
    labels_ = rows_of<int>(group_, "label", point, tasks_.offset(end_) - point);
    seconds_ = rows_of<double>(group_, "seconds", first_, end_ - first_);
    if (mixtures_) mixtures_->read(first_, end_ - first_);
  }

  void check(std::int64_t place, Answer const& answer) {
    check_labels(place, answer);
    std::string const problem =
        answer.mixture ? StoredMixtures::problem_of(*answer.mixture) : std::string();
    if (!problem.empty()) problems_.add(fmt::format("the mixture of task {} {}", place, problem));
    if (answer.seconds && !(*answer.seconds >= 0))
      problems_.add(fmt::format("seconds[{}] is {}", place, *answer.seconds));
  }
  void check_labels(std::int64_t place, Answer const& answer) {
    for (std::size_t i = 0; i < answer.labels.size(); ++i)
      if (answer.labels[i] < -1 || answer.labels[i] >= most_clusters)
        problems_.add(
            fmt::format("label[{}], of task {}, is {}, and is one of 0 to {}, or -1 for "
                        "noise",
                        tasks_.offset(place) + static_cast<std::int64_t>(i), place,
                        answer.labels[i], most_clusters - 1));
  }

  TasksFile const& tasks_;
  Hdf5File file_;
  Hdf5Group group_;
  ProblemList problems_;
  std::optional<StoredMixtures> mixtures_;
  std::int64_t first_ = 0, end_ = 0;  // tasks of the part that was read
  std::vector<int> labels_;
  std::vector<double> seconds_;
};

void AnswersFile::verify(fs::path const& path, fs::path const& tasks, std::string const& subject) {
  auto const check = [&] {
    TasksFile const file(tasks);
    Reader(path, file, subject).check_values();
    return std::string();
  };
  as_input([&] { return in_child(path, std::uint64_t{1} << 30, check); },
           subject + ": its answers cannot be read: ");
}

AnswersFile::AnswersFile(fs::path const& path, TasksFile const& tasks)
    : reader_(std::make_unique<Reader>(path, tasks, "")) {}
AnswersFile::~AnswersFile() = default;

Answer AnswersFile::answer(std::int64_t place) const { return reader_->answer(place); }

}  // namespace tvem
