#include <algorithm>
#include <filesystem>
#include <fstream>

#include "clustering.hpp"
#include "command_line.hpp"
#include "formatting.hpp"
#include "provenance.hpp"
#include "tvem/comm/collective_errors.hpp"
#include "tvem/core/error.hpp"
#include "tvem/core/text.hpp"
#include "tvem/io/checkpoint_file.hpp"

namespace tvem {
namespace {

constexpr auto default_estimators =
    "transformer,transformer+em,em:restarts=20,em:restarts=20:covariance=full,lloyd:restarts=20";

std::vector<OwnOption> const options{
    {"model", "DIR", "folder of a trained model, as tvem run wrote it"},
    {"data", "FILE", "the points: CSV, with or without a header, or HDF5"},
    {"components", "K", "number of components"},
    {"out", "FILE", "the HDF5 file to write"},
    {"columns", "LIST", "CSV: columns of the points, by name or number from 1 [all but --labels]"},
    {"labels", "COLUMN", "true labels, to compare with: a column, or a dataset of HDF5"},
    {"dataset", "PATH", "HDF5: the points, a matrix of points x coordinates"},
    {"rescale", "", "the Transformer sees coordinates with the spread that training tasks have"},
    {"estimators", "LIST", std::string("[") + default_estimators + "]"},
    {"seed", "S", "of random starts [1]"},
    {"csv", "FILE", "write the labels there too, a line a point"},
    {"help", "", "this text"},
};

std::string help() {
  return "usage: tvem cluster --model DIR --data FILE --components K --out FILE [options]\n\n"
         "Clusters your own points with a trained model and with EM. The model standardises them "
         "as "
         "it did in\ntraining (input.standardize); a warning says where they lie outside of what "
         "it "
         "was trained for.\n\n" +
         options_help(options);
}

struct Request {
  std::filesystem::path model, data, out, csv;
  PointSelection selection;
  int components = 0;
  std::uint64_t seed = 1;
  bool is_rescaled = false;
  std::string estimators;
};

std::vector<std::string> list_of(std::string const& text) {
  std::vector<std::string> items;
  if (text.empty()) return items;
  for (std::string item : split(text, ',')) {
    std::erase(item, ' ');
    items.push_back(item);
  }
  return items;
}

Request parse_request(SplitArguments const& arguments) {
  std::vector<std::string> problems;
  for (auto const& word : arguments.rest)
    problems.push_back("\"" + word + "\" is unknown; see tvem cluster --help");
  for (auto const* name : {"model", "data", "components", "out"})
    if (!arguments.has(name)) problems.push_back("--" + std::string(name) + " is missing");
  Request request{.model = arguments.value("model"),
                  .data = arguments.value("data"),
                  .out = arguments.value("out"),
                  .csv = arguments.value("csv"),
                  .selection = {.dataset = arguments.value("dataset"),
                                .columns = list_of(arguments.value("columns")),
                                .labels = arguments.value("labels")},
                  .is_rescaled = arguments.has("rescale"),
                  .estimators = arguments.has("estimators") ? arguments.value("estimators")
                                                            : std::string(default_estimators)};
  std::string const components = arguments.value("components"), seed = arguments.value("seed");
  if (!components.empty() &&
      (!read_number(components, request.components) || request.components < 1))
    problems.push_back("--components " + components + ": an integer of at least 1");
  if (!seed.empty() && !read_number(seed, request.seed))
    problems.push_back("--seed " + seed + ": an integer >= 0");
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return request;
}

TrainedModel read_model(std::filesystem::path const& folder, FileHeader& header) {
  std::optional<FoundCheckpoint> found;
  try {
    found = read_checkpoint(folder);
  } catch (Error const& error) {
    throw ConfigurationError(error.what());
  }
  if (!found)
    throw ConfigurationError("--model " + folder.string() +
                             ": there is no checkpoint.h5; give a folder of tvem run");
  header = std::move(found->checkpoint.header);
  return {stored_settings(header, folder), std::move(found->checkpoint.state)};
}

std::vector<EstimatorSpec> parse_specs(Request const& request, Settings const& settings) {
  std::vector<EstimatorSpec> specs;
  std::vector<std::string> problems;
  for (auto const& text : list_of(request.estimators)) try {
      specs.push_back(parse_estimator(text, settings.em));
    } catch (ConfigurationError const& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  return specs;
}

std::string table_text(ClusteringRecord const& record) {
  std::size_t width = 9;
  for (auto const& result : record.results) width = std::max(width, result.estimator.size());
  int const name_width = static_cast<int>(width);
  std::string text = std::to_string(record.table.points.rows()) + " points, " +
                     std::to_string(record.table.points.cols()) + " coordinates, " +
                     std::to_string(record.components) + " components\n\n" +
                     format("%-*s%10s%8s%8s%10s  %s\n", name_width, "estimator", "log-lik.",
                            "error", "ARI", "ms", "sizes of the clusters");
  for (auto const& result : record.results) {
    std::vector<int> sizes(static_cast<std::size_t>(record.components));
    for (int const label : result.labels) ++sizes[static_cast<std::size_t>(label)];
    std::sort(sizes.rbegin(), sizes.rend());
    std::string list;
    for (int const size : sizes) list += " " + std::to_string(size);
    text += format("%-*s", name_width, result.estimator.c_str()) +
            number(result.log_likelihood, 10, 4) + number(result.error, 8, 4) +
            number(result.ari, 8, 4) + format("%10.3f ", 1e3 * result.seconds) + list +
            (result.status == "converged" ? "" : "  " + result.status) + "\n";
  }
  return text;
}

void write_csv(std::filesystem::path const& path, ClusteringRecord const& record) {
  std::ofstream file(path);
  file << "point";
  for (auto const& result : record.results) file << ",\"" << result.estimator << '"';
  file << '\n';
  for (Eigen::Index i = 0; i < record.table.points.rows(); ++i) {
    file << i + 1;
    for (auto const& result : record.results)
      file << ',' << result.labels[static_cast<std::size_t>(i)];
    file << '\n';
  }
  file.close();
  if (!file) throw Error("--csv " + path.string() + ": the file could not be written");
}

/// On rank 0: everything.
void cluster(CommandContext const& context, Request const& request) {
  ClusteringRecord record;
  TrainedModel const model = read_model(request.model, record.header);
  auto const specs = parse_specs(request, model.settings);
  record.table = read_points(request.data, request.selection);
  record.data_file = request.data.string();
  record.components = request.components;
  auto problems = clustering_problems(model, specs, record.table, request.components);
  auto const folder = request.out.parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder))
    problems.push_back("--out " + request.out.string() + ": the folder is not there");
  if (!problems.empty()) throw ConfigurationError(std::move(problems));
  for (auto const& warning : clustering_warnings(model, record.table, request.is_rescaled))
    say(context.comm, "warning: " + warning + "\n");
  record.results = cluster_points(model, specs, record.table, request.components, request.seed,
                                  request.is_rescaled);
  record.header.created_utc = now_utc();
  record.header.provenance.push_back(
      this_start(context.comm.size(), model.state.instruction_set, context.command_line));
  write_clustering_file(request.out, record);
  if (!request.csv.empty()) write_csv(request.csv, record);
  say(context.comm, table_text(record));
}

}  // namespace

int cluster_command(CommandContext const& context) {
  auto const arguments = split_arguments(context.arguments, options);
  if (arguments.has("help")) {
    say(context.comm, help());
    return static_cast<int>(ExitCode::finished);
  }
  Request const request = parse_request(arguments);
  on_root(context.comm, [&] { cluster(context, request); });
  return static_cast<int>(ExitCode::finished);
}

}  // namespace tvem
