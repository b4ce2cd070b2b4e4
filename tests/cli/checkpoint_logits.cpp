// Prints, for a few tasks of a run's prior, the points, the guess and the outputs that the model in
// the run's checkpoint gives them: what models_test.py compares numpy and PyTorch with.
//   checkpoint_logits FOLDER TASKS
// A line a task: "N DIM K GUESSED COLUMNS", then N x DIM points, GUESSED labels (N or none) and
// rows of COLUMNS outputs.
#include <cstdio>
#include <exception>

#include "experiments/settings/configuration.hpp"
#include "framework/core/error.hpp"
#include "framework/core/index.hpp"
#include "framework/estimators/starts/initial_guess.hpp"
#include "framework/train/trainer.hpp"
#include "io/checkpoint_file.hpp"

namespace {

using namespace tvem;

/// The task, with points that single precision can hold: the same for PyTorch.
Task rounded(Task task) {
  task.points = task.points.cast<float>().cast<double>();
  return task;
}

void print(Settings const& settings, Task const& task, Transformer<float>& model) {
  ModelInput input;
  fill_model_input(settings, settings.eval.seed, Purpose::probe, std::span(&task, 1), input);
  auto const guess = initial_guess(settings.input, settings.eval.seed, Purpose::probe, task);
  std::printf("%d %d %d %d %d", task.n_points(), task.mixture.dim(), task.components(),
              count_of(guess), model.n_outputs());
  for (double const x : task.points.reshaped<Eigen::RowMajor>()) std::printf(" %.9g", x);
  for (int const label : guess) std::printf(" %d", label);
  for (float const logit : model.infer(input.batch))
    std::printf(" %.9g", static_cast<double>(logit));
  std::printf("\n");
}

void run(std::string const& folder, int n_tasks) {
  auto const found = read_checkpoint(folder, {}, Steps::none);
  if (!found) throw Error("there is no checkpoint in " + folder);
  Checkpoint const& checkpoint = found->checkpoint;
  Settings const settings =
      parse_settings(checkpoint.header.config_text, "the checkpoint's configuration", {});
  Transformer<float> model(settings.model, model_domain(settings));
  TVEM_CHECK(model.layout().views() == checkpoint.layout.views(), "another model's checkpoint");
  model.set_parameters(trained_parameters(checkpoint.state));
  TaskPrior const prior(settings.task);
  for (int id = 0; id < n_tasks; ++id)
    print(settings,
          rounded(prior.sample(settings.eval.seed, Purpose::probe, static_cast<std::uint64_t>(id))),
          model);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 3) throw Error("usage: checkpoint_logits FOLDER TASKS");
    run(argv[1], std::stoi(argv[2]));
    return 0;
  } catch (std::exception const& error) {
    std::fprintf(stderr, "checkpoint_logits: %s\n", error.what());
    return 1;
  }
}
