#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/fs.hpp"
#include "io/points/points_file.hpp"
#include "io/run_file.hpp"

namespace tvem {

struct ClusteringResult {
  std::string estimator;
  int components = 0;              // k
  std::vector<int> labels;         // n, in 0..k-1
  RowMatrix responsibilities;      // n x k; or none
  std::optional<Mixture> mixture;  // in the units of the points
  double log_likelihood = 0;       // mean per point, nats; NaN without a mixture
  double bic = 0, icl = 0;         // NaN but for fits by likelihood
  double error = 0, ari = 0;       // against the labels of the table; NaN without
  double seconds = 0;
  int iterations = 0;
  std::string status;
};

/// The content of the file that `tvem cluster` writes (io/SCHEMA.md).
struct ClusteringRecord {
  FileHeader header;  // of this program; configuration and run id of the model, if there is one
  std::string data_file;
  PointTable table;
  int components = 0;  // the most of a result
  std::vector<ClusteringResult> results;
};

/// Whether the path is a whole file of tvem cluster.
bool is_clustering_file(fs::path const& path);

/// Writes the file durably (durable.hpp). Throws Error naming it.
void write_clustering_file(fs::path const& path, ClusteringRecord const& record);

}  // namespace tvem
