#include "framework/estimators/starts/initial_guess.hpp"

#include "framework/core/random.hpp"
#include "framework/estimators/lloyd.hpp"
#include "framework/estimators/passes/scaling.hpp"
#include "framework/estimators/spectral.hpp"
#include "framework/estimators/starts/starts.hpp"

namespace tvem {
namespace {

std::vector<int> corrupted(Task const& task, double corruption, RandomStream& random) {
  int const k = task.components();
  std::vector<int> labels;
  for (int const truth : task.labels) {
    // Drawn for every point, so that a label does not depend on those before it.
    bool const is_replaced = random.uniform() < corruption;
    int const other = random.integer(0, k - 2);
    int const any = random.integer(0, k - 1);
    if (truth == outlier_label)
      labels.push_back(any);
    else
      labels.push_back(is_replaced ? (truth + 1 + other) % k : truth);
  }
  return labels;
}

std::vector<int> spectral_guess(RowMatrix const& points, int k, RandomStream& random) {
  RowMatrix const projected = spectral_projection(points, k);
  return lloyd_from(projected, kmeans_plus_plus_start(projected, k, random), EmSettings{}).labels;
}

}  // namespace

std::vector<int> initial_guess(InputSettings const& settings, std::uint64_t seed, Purpose purpose,
                               Task const& task) {
  RandomStream random(seed, Purpose::initial_guess, task.id, number_of(purpose));
  if (settings.guess == GuessKind::none) return {};
  if (settings.guess == GuessKind::given) return task.guess;
  int const k = task.components();
  RowMatrix const points = ordinary_scaling(task.points).from_points(task.points);
  switch (settings.guess) {
    case GuessKind::none:
    case GuessKind::given:
      break;
    case GuessKind::random:
      return nearest_labels(points, random_point_start(points, k, random));
    case GuessKind::kmeans_plus_plus:
      return nearest_labels(points, kmeans_plus_plus_start(points, k, random));
    case GuessKind::spectral:
      return spectral_guess(points, k, random);
    case GuessKind::corrupted:
      return corrupted(task, settings.corruption, random);
  }
  return {};
}

}  // namespace tvem
