#pragma once

#include <vector>

#include "framework/estimators/settings.hpp"
#include "framework/tasks/prior.hpp"

namespace tvem {

/// The guess that a method is given beside the points (the keys `input.*`): labels of the nearest
/// of random or k-means++ points, of a spectral clustering, or the truth, in which each label is
/// replaced with probability settings.corruption. All others are as likely; the label of an outlier
/// is drawn. Or it is the guess that a task has from its file. Result: n labels in 0..k-1; none for
/// GuessKind::none. Keyed by (seed, purpose of the task, task id).
std::vector<int> initial_guess(InputSettings const& settings, std::uint64_t seed, Purpose purpose,
                               Task const& task);

}  // namespace tvem
