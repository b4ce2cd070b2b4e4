#include "framework/estimators/posterior/labelling.hpp"

#include <algorithm>
#include <utility>

#include "framework/core/assignment.hpp"
#include "framework/core/error.hpp"
#include "framework/core/index.hpp"

namespace tvem {
namespace {

using Samples = std::vector<std::vector<int>>;

/// Aligns samples to labels, with buffers of its own.
class Alignment {
 public:
  explicit Alignment(int k) : k_(k), costs_(k * k) {}

  /// Returns the error; afterwards label_for(a) is the one that stands for the label a of the
  /// sample.
  double align(std::vector<int> const& sample, std::vector<int> const& labels) {
    std::fill(costs_.begin(), costs_.end(), 0.0);
    for (std::size_t i = 0; i < sample.size(); ++i) costs_[sample[i] * k_ + labels[i]] -= 1;
    label_for_ = solver_.solve(costs_, k_);
    double n_right = 0;
    for (int a = 0; a < k_; ++a) n_right -= costs_[a * k_ + label_for_[a]];
    double const n = as_real(std::ssize(sample));
    return (n - n_right) / n;
  }
  int label_for(int a) const { return label_for_[a]; }

 private:
  int k_;
  std::vector<double> costs_;
  std::span<int const> label_for_;
  AssignmentSolver solver_;
};

/// For each point the label that most votes (n x k) are for, the first of equals.
std::vector<int> elected(std::vector<int> const& votes, int k) {
  std::vector<int> labels;
  for (auto row = votes.begin(); row != votes.end(); row += k)
    labels.push_back(as_count(std::max_element(row, row + k) - row));
  return labels;
}

double mean(std::vector<double> const& values) {
  double sum = 0;
  for (double const value : values) sum += value;
  return sum / as_real(std::ssize(values));
}

/// For each point (rows of k) how many samples give it each label, once they are aligned; and the
/// errors of the samples.
struct Election {
  std::vector<int> votes;
  std::vector<double> errors;
};

Election hold_election(Samples const& samples, int k, std::vector<int> const& labels) {
  Alignment alignment(k);
  Election election{std::vector<int>(labels.size() * k), {}};
  for (auto const& sample : samples) {
    election.errors.push_back(alignment.align(sample, labels));
    for (std::size_t i = 0; i < sample.size(); ++i)
      ++election.votes[i * k + alignment.label_for(sample[i])];
  }
  return election;
}

/// Goes from the labels to those of least expected error nearby.
OptimalLabelling descend(Samples const& samples, int k, std::vector<int> labels) {
  OptimalLabelling best{.labels = {}, .errors = {}, .expected_error = 2};
  while (true) {
    Election election = hold_election(samples, k, labels);
    double const expected = mean(election.errors);
    if (expected >= best.expected_error) return best;
    best = {.labels = labels, .errors = std::move(election.errors), .expected_error = expected};
    labels = elected(election.votes, k);
  }
}

/// The points whose labels have won by the fewest votes.
std::vector<std::size_t> doubtful_points(Election const& election, int k,
                                         std::vector<int> const& labels) {
  std::vector<std::pair<int, std::size_t>> winners;
  for (std::size_t i = 0; i < labels.size(); ++i)
    winners.emplace_back(election.votes[i * k + labels[i]], i);
  std::sort(winners.begin(), winners.end());
  winners.resize(std::min<std::size_t>(winners.size(), 12));
  std::vector<std::size_t> points;
  for (auto const& winner : winners) points.push_back(winner.second);
  return points;
}

double mean_error(Samples const& samples, std::vector<int> const& labels, Alignment& alignment) {
  double sum = 0;
  for (auto const& sample : samples) sum += alignment.align(sample, labels);
  return sum / as_real(std::ssize(samples));
}

/// Gives doubtful points other labels, one after another, as long as the expected error falls.
std::vector<int> with_better_points(Samples const& samples, int k, OptimalLabelling best) {
  auto const points = doubtful_points(hold_election(samples, k, best.labels), k, best.labels);
  Alignment alignment(k);
  std::size_t const n_tries = points.size() * k;
  for (std::size_t t = 0, n_in_vain = 0; n_in_vain < n_tries; t = (t + 1) % n_tries, ++n_in_vain) {
    std::vector<int> labels = best.labels;
    labels[points[t / k]] = as_count(t % k);
    double const expected = mean_error(samples, labels, alignment);
    if (expected >= best.expected_error) continue;
    best = {.labels = std::move(labels), .errors = {}, .expected_error = expected};
    n_in_vain = 0;
  }
  return best.labels;
}

/// At most n of the samples, evenly spread over all.
Samples spread_over(Samples const& samples, std::size_t n) {
  if (samples.size() <= n) return samples;
  Samples few;
  for (std::size_t i = 1; i <= n; ++i) few.push_back(samples[i * samples.size() / n - 1]);
  return few;
}

/// The n labellings of least mean error, the earlier of equals.
Samples best_of(Samples const& candidates, std::size_t n, Samples const& samples, int k) {
  Alignment alignment(k);
  std::vector<std::pair<double, std::size_t>> ranks;
  for (std::size_t i = 0; i < candidates.size(); ++i)
    ranks.emplace_back(mean_error(samples, candidates[i], alignment), i);
  std::sort(ranks.begin(), ranks.end());
  Samples best;
  for (std::size_t i = 0; i < std::min(n, ranks.size()); ++i)
    best.push_back(candidates[ranks[i].second]);
  return best;
}

OptimalLabelling searched(Samples const& samples, int k) {
  Samples const few = spread_over(samples, 200);
  Samples ends;
  for (auto const& pivot : best_of(spread_over(few, 64), 12, few, k))
    ends.push_back(descend(few, k, pivot).labels);
  OptimalLabelling best{.labels = {}, .errors = {}, .expected_error = 2};
  for (auto const& end : best_of(ends, 4, few, k)) {
    OptimalLabelling other = descend(samples, k, end);
    if (other.expected_error < best.expected_error) best = std::move(other);
  }
  return descend(samples, k, with_better_points(samples, k, std::move(best)));
}

}  // namespace

OptimalLabelling optimal_labelling(Samples const& samples, int k, int draws) {
  TVEM_CHECK(!samples.empty(), "a labelling of no samples");
  if (draws == 1) return searched(samples, k);
  return descend(samples, k, searched(spread_over(samples, samples.size() / draws), k).labels);
}

}  // namespace tvem
