#pragma once

#include "framework/records/probe.hpp"
#include "io/evaluation_file.hpp"
#include "io/fs.hpp"
#include "io/run_file.hpp"

namespace tvem {

/// The content of the file that `tvem probe` writes (io/SCHEMA.md).
struct ProbeRecord {
  FileHeader header;  // configuration of the probed tasks
  ModelOrigin model;
  std::int64_t n_tasks = 0, n_fit_tasks = 0;
  Probe probe;
};

/// Whether the path is a whole file of tvem probe.
bool is_probe_file(fs::path const& path);

/// Writes the file durably (durable.hpp). Throws Error naming it.
void write_probe_file(fs::path const& path, ProbeRecord const& record);

}  // namespace tvem
