#include "framework/train/model_input.hpp"

#include "framework/estimators/starts/initial_guess.hpp"
#include "framework/estimators/starts/starts.hpp"

namespace tvem {
namespace {

/// Writes a row, with zeros up to dim columns.
void append_coordinates(RowMatrix const& rows, Eigen::Index i, int dim,
                        std::vector<float>& values) {
  for (Eigen::Index c = 0; c < dim; ++c)
    values.push_back(rounded_to<float>(c < rows.cols() ? rows(i, c) : 0));
}

void append_one_hot(int label, int n_labels, std::vector<float>& values) {
  for (int j = 0; j < n_labels; ++j) values.push_back(j == label ? 1.0f : 0.0f);
}

void append_task(Settings const& settings, std::vector<int> const& guess, Task const& task,
                 Frame const& frame, std::vector<float>& values) {
  int const dim = settings.task.dim.high;
  RowMatrix const points = frame.from_points(task.points);
  Mixture guessed;
  if (settings.input.auxiliary)
    guessed = frame.from_points(mixture_of_labels(task.points, guess, task.components(), 0));
  for (Eigen::Index i = 0; i < points.rows(); ++i) {
    append_coordinates(points, i, dim, values);
    if (guess.empty()) continue;
    int const label = guess[i];
    append_one_hot(label, settings.task.components.high, values);
    if (!settings.input.auxiliary) continue;
    append_coordinates(guessed.means, label, dim, values);
    values.push_back(rounded_to<float>(guessed.weights[label]));
  }
}

}  // namespace

ModelDomain model_domain(Settings const& settings) {
  int const dim = settings.task.dim.high, k_high = settings.task.components.high;
  bool const has_guess = settings.input.guess != GuessKind::none;
  return {.dim = dim + (has_guess ? k_high : 0) + (settings.input.auxiliary ? dim + 1 : 0),
          .components = settings.task.components,
          .point_dim = dim};
}

void fill_model_input(Settings const& settings, std::uint64_t seed, Purpose purpose,
                      std::span<Task const> tasks, ModelInput& input, int orientation) {
  input.frames.assign(tasks.size(), Frame{});
  fill_batch(tasks, settings.task.dim.high, input.batch);
  if (settings.input.guess == GuessKind::none && settings.input.frame == FrameKind::none &&
      !settings.input.standardize && orientation == 0)
    return;
  input.batch.dim = model_domain(settings).dim;
  input.batch.points.clear();
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    input.frames[t] = frame_of(settings.input, tasks[t].points, orientation);
    append_task(settings, initial_guess(settings.input, seed, purpose, tasks[t]), tasks[t],
                input.frames[t], input.batch.points);
  }
}

}  // namespace tvem
