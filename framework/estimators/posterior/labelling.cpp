#include "framework/estimators/posterior/labelling.hpp"

#include <algorithm>

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

  /// Returns the error; afterwards label_for(a) is the one that stands for the label a of the sample.
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

/// Goes from the labels to those of least expected error nearby.
OptimalLabelling descend(Samples const& samples, int k, std::vector<int> labels) {
  Alignment alignment(k);
  OptimalLabelling best{.labels = {}, .errors = {}, .expected_error = 2};
  while (true) {
    std::vector<int> votes(labels.size() * k);
    std::vector<double> errors;
    for (auto const& sample : samples) {
      errors.push_back(alignment.align(sample, labels));
      for (std::size_t i = 0; i < sample.size(); ++i)
        ++votes[i * k + alignment.label_for(sample[i])];
    }
    double const expected = mean(errors);
    if (expected >= best.expected_error) return best;
    best = {.labels = labels, .errors = std::move(errors), .expected_error = expected};
    labels = elected(votes, k);
  }
}

}  // namespace

OptimalLabelling optimal_labelling(Samples const& samples, int k,
                                   std::vector<std::size_t> const& pivots) {
  TVEM_CHECK(!pivots.empty(), "a labelling without a beginning");
  OptimalLabelling best = descend(samples, k, samples[pivots[0]]);
  for (std::size_t p = 1; p < pivots.size(); ++p) {
    OptimalLabelling other = descend(samples, k, samples[pivots[p]]);
    if (other.expected_error < best.expected_error) best = std::move(other);
  }
  return best;
}

}  // namespace tvem
