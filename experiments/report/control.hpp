#pragma once

#include <span>
#include <string>

#include "framework/records/evaluation.hpp"
#include "framework/train/settings.hpp"

namespace tvem {

/// The mean Bayes error of a prior, labels as named.
struct ExpectedBayesError {
  double mean;
  double standard_error;
  bool is_exact = false;  // of a closed form
};

/// By the closed form, or else over n_tasks further tasks of the settings' prior, which no training
/// and no evaluation meets.
ExpectedBayesError expected_bayes_error(Settings const& settings, std::int64_t n_tasks);

/// A mean over tasks with the Bayes error of the same tasks as control variate:
/// mean(errors) - b (mean(realised) - expected), b by least squares.
struct ControlledMean {
  double mean;
  double standard_error;  // with that of `expected`
};
ControlledMean controlled_mean(std::span<double const> errors, std::span<double const> realised,
                               ExpectedBayesError const& expected);

/// The errors of all estimators so, as a table for the terminal.
std::string control_table(Evaluation const& table, Settings const& settings);

}  // namespace tvem
