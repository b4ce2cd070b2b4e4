#pragma once

#include <vector>

namespace tvem {

/// The labelling of least expected misclustering error, the minimum over permutations of labels,
/// where the true labels are one of `samples` with equal probability.
struct OptimalLabelling {
  std::vector<int> labels;     // n, in 0..k-1
  std::vector<double> errors;  // of each sample: that of `labels` if it were the truth
  double expected_error = 0;   // their mean
};

/// Aligns the samples to a labelling, gives each point the label that most of them give it, and
/// begins again from there until the expected error falls no further. The end is a local minimum.
/// So this is done from the most central samples, for 200 samples to save time, and from the best
/// of these ends for all. The best end is improved point by point, at the dozen points whose labels
/// won by the fewest votes.
///
/// draws: how many samples, one after another, are of one mixture. The search has one of
/// each; the last descent has all.
OptimalLabelling optimal_labelling(std::vector<std::vector<int>> const& samples, int k,
                                   int draws = 1);

}  // namespace tvem
