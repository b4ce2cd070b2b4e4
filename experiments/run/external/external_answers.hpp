#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "experiments/run/evaluation/given_tasks.hpp"
#include "experiments/run/job.hpp"
#include "framework/train/evaluation/evaluation.hpp"
#include "io/tasks/answers_file.hpp"

namespace tvem {

/// What the programs of eval.estimators (external:NAME=COMMAND) say of the tasks of an evaluation.
/// They are in the folder FILE.external beside the evaluation's file:
///   tasks.h5               the tasks without the truth, which every program reads
///   NAME-ID/answers.h5     what the program has written; ID: of its command and the tasks
///   NAME-ID/log.txt        what it has printed
///   NAME-ID/finished.txt   its command, its seconds, and the digest of its answers
class ExternalAnswers {
 public:
  /// Collective. Starts the programs that have not answered yet, one after another, on rank 0.
  /// Throws on all ranks alike: ConfigurationError where a program fails or its answers are none,
  /// StoppedOnRequest.
  ExternalAnswers(Communicator const& comm, Settings const& settings, fs::path const& file,
                  std::optional<GivenTasks> const& tasks, Voice voice, WorkHooks const& hooks);

  /// Of rank 0. Identifies the rows of the evaluation: with other answers they are others.
  std::string identity_of_rows(std::string const& evaluation_identity) const;

  /// For rank 0; this must outlive it.
  ExternalFit fit() const;

 private:
  struct Answers {
    std::shared_ptr<AnswersFile const> file;
    double seconds_of_task;  // where the answers do not say
  };
  void read(Settings const& settings, fs::path const& folder,
            std::optional<GivenTasks> const& tasks, Voice voice, WorkHooks const& hooks);

  bool is_stopped_ = false;
  std::optional<TasksFile> tasks_;  // of rank 0
  std::map<std::string, Answers> answers_;
  std::string digests_;  // of all answers
};

}  // namespace tvem
