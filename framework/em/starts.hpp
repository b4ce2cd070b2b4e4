#pragma once

#include <cstdint>

#include "tvem/core/random.hpp"
#include "tvem/core/settings.hpp"
#include "tvem/tasks/mixture.hpp"

namespace tvem {

/// Some of the restarts of a task, each with a random stream of its own: restart r has
/// RandomStream(seed, Purpose::starts, task_id, r), so that 10 restarts include the first one, and
/// ranks may share them.
struct Restarts {
  std::uint64_t seed = 0;
  std::uint64_t task_id = 0;
  int count = 1;
  int first = 0;
};

/// k distinct points chosen at random; with fewer points than k they repeat. points: n x d, n >= 1.
/// Result: k x d.
RowMatrix random_point_start(RowMatrix const& points, int k, RandomStream& random);

/// k-means++ seeding (Arthur and Vassilvitskii 2007): each further centre is a point drawn with
/// probability proportional to its squared distance from the nearest centre so far. Where all
/// distances are 0 (fewer distinct points than k), uniformly. Result: k x d.
RowMatrix kmeans_plus_plus_start(RowMatrix const& points, int k, RandomStream& random);

RowMatrix start_means(StartKind kind, RowMatrix const& points, int k, RandomStream& random);

}  // namespace tvem
