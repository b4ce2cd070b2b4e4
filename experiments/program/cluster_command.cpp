#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <set>

#include "experiments/program/command.hpp"
#include "experiments/report/csv.hpp"
#include "experiments/report/formatting.hpp"
#include "experiments/run/clustering/clustering.hpp"
#include "experiments/run/provenance.hpp"
#include "experiments/run/resources.hpp"
#include "framework/core/setting.hpp"
#include "framework/core/text.hpp"
#include "io/durable/text_file.hpp"
#include "io/fs.hpp"
#include "io/points/csv.hpp"
#include "io/points/text_encoding.hpp"

namespace tvem {
namespace {

constexpr auto default_baselines =
    "em:restarts=20,em:restarts=20:covariance=full,lloyd:restarts=20";
constexpr auto default_with_model = "transformer,transformer+em";

struct Request {
  fs::path model, data, out, csv;
  PointSelection selection;
  Range<int> components{0, 0};
  std::uint64_t seed = 1;
  bool is_rescaled = false;
  std::string estimators;
};

PointSelection parse_selection(Arguments const& arguments, Sentences& problems) {
  PointSelection selection{.dataset = arguments.value("dataset"),
                           .columns = {},
                           .labels = arguments.value("labels"),
                           .has_header = {},
                           .drops_missing = arguments.value("missing") == "drop"};
  if (arguments.has("columns")) selection.columns = csv_cells(arguments.value("columns"), ',');
  auto const check = [&](std::string const& name, std::string const& a, std::string const& b) {
    std::string const value = arguments.value(name);
    if (!value.empty() && value != a && value != b)
      problems.push_back(fmt::format("--{} {}: {} or {}", name, value, a, b));
  };
  check("header", "yes", "no");
  check("missing", "drop", "refuse");
  if (arguments.has("header")) selection.has_header = arguments.value("header") == "yes";
  return selection;
}

void parse_numbers(Arguments const& arguments, Request& request, Sentences& problems) {
  std::string const components = arguments.value("components"), seed = arguments.value("seed");
  if (!components.empty() &&
      !parse_range(components, {1, std::numeric_limits<int>::max()}, request.components))
    problems.push_back(fmt::format(
        "--components {}: an integer of at least 1, or a range such as 1..6", components));
  if (!seed.empty() && !read_number(seed, request.seed))
    problems.push_back(fmt::format("--seed {}: an integer >= 0", seed));
}

Request parse_request(Arguments const& arguments) {
  Sentences problems;
  for (auto const* name : {"data", "components", "out"})
    if (!arguments.has(name)) problems.push_back(fmt::format("--{} is missing", name));
  Request request{.model = arguments.value("model"),
                  .data = arguments.value("data"),
                  .out = arguments.value("out"),
                  .csv = arguments.value("csv"),
                  .selection = parse_selection(arguments, problems),
                  .is_rescaled = arguments.has("rescale"),
                  .estimators = arguments.value("estimators")};
  if (request.estimators.empty())
    request.estimators =
        (request.model.empty() ? "" : std::string(default_with_model) + ",") + default_baselines;
  parse_numbers(arguments, request, problems);
  refuse_if_any(problems);
  return request;
}

/// Uses the defaults of the keys em.*, not those of the model's evaluation: these may know more
/// than a user's points show.
std::vector<EstimatorSpec> parse_specs(Request const& request) {
  std::vector<EstimatorSpec> specs;
  Sentences problems;
  std::set<std::string> texts;
  for (auto const& item : split(request.estimators, ',')) try {
      specs.push_back(parse_estimator(trimmed(item), EmSettings{}));
      if (!texts.insert(trimmed(item)).second)
        problems.push_back(fmt::format("\"{}\" is given twice", trimmed(item)));
    } catch (ConfigurationError const& error) {
      append(problems, error.problems());
    }
  for (std::string& problem : problems) problem = "--estimators: " + problem;
  for (EstimatorSpec const& spec : specs)
    if (request.model.empty() && spec.needs_model())
      problems.push_back(
          fmt::format("--model is missing: \"{}\" needs a trained model", spec.text));
  if (request.model.empty() && request.is_rescaled)
    problems.emplace_back("--rescale is for the Transformer: --model is missing");
  refuse_if_any(problems);
  return specs;
}

bool is_standard_output(fs::path const& path) { return path == "/dev/stdout" || path == "-"; }

bool is_same_file(fs::path const& a, fs::path const& b) {
  std::error_code ignored;
  return fs::weakly_canonical(a) == fs::weakly_canonical(b) || fs::equivalent(a, b, ignored);
}

/// Whether a file begins as our files of labels do: "point", then estimators.
bool is_csv_of_labels(fs::path const& path) {
  if (!fs::is_regular_file(path)) return false;
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || !line.starts_with("point,")) return false;
  auto const cells = csv_cells(line, ',');
  return std::all_of(cells.begin() + 1, cells.end(), [](std::string const& cell) {
    try {
      parse_estimator(cell.substr(0, cell.rfind(":components=")), EmSettings{});
      return true;
    } catch (ConfigurationError const&) {
      return false;
    }
  });
}

/// Says why a file cannot be written without the loss of another; empty when it can.
std::string problem_of_target(fs::path const& path, Request const& request,
                              bool (*is_ours)(fs::path const&)) {
  bool const is_of_model =
      path.filename() == "run.h5" || path.filename().string().starts_with("checkpoint.");
  if (is_of_model && is_same_file(folder_of(path), request.model))
    return "this is a file of the model";
  if (is_same_file(path, request.data)) return "this is the file of --data; choose another";
  return target_problem(path, is_ours);
}

Sentences target_problems(Request const& request) {
  Sentences problems;
  auto const check = [&](std::string const& option, fs::path const& path,
                         bool (*is_ours)(fs::path const&)) {
    std::string const problem = problem_of_target(path, request, is_ours);
    if (!problem.empty()) problems.push_back(fmt::format("{} {}: {}", option, path, problem));
  };
  check("--out", request.out, is_clustering_file);
  if (request.csv.empty() || is_standard_output(request.csv)) return problems;
  check("--csv", request.csv, is_csv_of_labels);
  if (is_same_file(request.out, request.csv))
    problems.push_back(fmt::format("--out and --csv are the same file {}", request.csv));
  return problems;
}

/// "57 50 43": sizes of the clusters, the largest first.
std::string sizes_text(ClusteringResult const& result) {
  std::vector<int> sizes(result.components);
  for (int const label : result.labels) ++sizes[label];
  std::sort(sizes.rbegin(), sizes.rend());
  return joined(sizes, " ");
}

/// Whether several numbers of components were tried.
bool has_range(ClusteringRecord const& record) {
  return record.results.front().components != record.results.back().components;
}

std::vector<std::string> row_of(ClusteringResult const& result, bool has_criteria) {
  std::vector<std::string> row{result.estimator, number(result.log_likelihood, 4)};
  if (has_criteria) row.insert(row.end(), {number(result.bic, 1), number(result.icl, 1)});
  row.insert(row.end(),
             {number(result.error, 4), number(result.ari, 4), number(1e3 * result.seconds, 3)});
  return row;
}

/// The result of the least value of a criterion, but for collapsed ones; none where no result has
/// it.
ClusteringResult const* least(ClusteringRecord const& record, double ClusteringResult::*criterion) {
  ClusteringResult const* best = nullptr;
  for (ClusteringResult const& result : record.results)
    if (!std::isnan(result.*criterion) && result.status != "collapsed" &&
        (!best || result.*criterion < best->*criterion))
      best = &result;
  return best;
}

/// Which number of components the criteria prefer; empty for one number, and without criteria.
std::string preference_text(ClusteringRecord const& record) {
  auto const* const by_bic = least(record, &ClusteringResult::bic);
  auto const* const by_icl = least(record, &ClusteringResult::icl);
  if (!has_range(record) || !by_bic) return "";
  return fmt::format("\nleast BIC: {}\nleast ICL: {}\n", by_bic->estimator, by_icl->estimator);
}

/// A line for each result, and the head.
std::vector<std::string> lines_of(ClusteringRecord const& record) {
  bool const has_criteria = has_range(record);
  std::vector<std::vector<std::string>> rows{{"estimator", "log-lik."}};
  if (has_criteria) rows[0].insert(rows[0].end(), {"BIC", "ICL"});
  rows[0].insert(rows[0].end(), {"error", "ARI", "ms"});
  for (auto const& result : record.results) rows.push_back(row_of(result, has_criteria));
  auto lines = aligned(rows);
  lines[0] += "  sizes of the clusters";
  for (std::size_t i = 0; i < record.results.size(); ++i) {
    std::string const& status = record.results[i].status;
    lines[i + 1] +=
        "  " + sizes_text(record.results[i]) + (status == "converged" ? "" : "  " + status);
  }
  return lines;
}

std::string table_text(ClusteringRecord const& record) {
  Range<int> const k{record.results.front().components, record.results.back().components};
  return fmt::format("{} points, {} coordinates, {} components\n\n{}{}", record.table.points.rows(),
                     record.table.points.cols(), range_text(k), text_of_lines(lines_of(record)),
                     preference_text(record));
}

std::string csv_text(ClusteringRecord const& record) {
  std::vector<std::string> header{"point"};
  for (auto const& result : record.results) header.push_back(result.estimator);
  CsvWriter csv(header);
  for (std::size_t i = 0; i < record.table.rows.size(); ++i) {
    csv.add(record.table.rows[i]);
    for (auto const& result : record.results) csv.add(std::int64_t{result.labels[i]});
    csv.end_row();
  }
  return csv.text();
}

/// Reads the model and the points. Throws ConfigurationError with all that is wrong with the task.
ClusteringTask read_task(Request const& request, Sentences& warnings) {
  auto specs = parse_specs(request);
  ClusteringTask task{.model = request.model.empty() ? no_model()
                                                     : read_trained_model(Communicator::serial(),
                                                                          request.model, warnings),
                      .specs = std::move(specs),
                      .table = read_points(request.data, request.selection),
                      .components = request.components,
                      .seed = request.seed,
                      .is_rescaled = request.is_rescaled};
  auto problems = clustering_problems(task);
  append(problems, target_problems(request));
  refuse_if_any(problems);
  append(warnings, clustering_warnings(task));
  return task;
}

void cluster(CommandContext const& context, Request const& request) {
  Sentences warnings;
  ClusteringTask task = read_task(request, warnings);
  say_each(context.comm, "note", task.table.notes);
  say_each(context.comm, "warning", warnings);
  auto results = cluster_points(task);
  ClusteringRecord record{.header = task.model.header,
                          .data_file = utf8_of(request.data.string()),
                          .table = std::move(task.table),
                          .components = request.components.high,
                          .results = std::move(results)};
  record.header.created_utc = now_utc();
  record.header.provenance.push_back(
      this_start(context.comm.size(), utf8_of(context.command_line)));
  write_clustering_file(request.out, record);
  bool const is_table_shown = !is_standard_output(request.csv);
  if (is_table_shown && !request.csv.empty()) write_text(request.csv, csv_text(record));
  say(context.comm, is_table_shown ? table_text(record) : csv_text(record));
}

ExitCode run(CommandContext const& context) {
  Request const request = parse_request(context.arguments);
  on_root(context.comm, [&] { cluster(context, request); });
  return ExitCode::finished;
}

constexpr auto explanation =
    "Clusters your own points with a trained model and with EM. A model that was trained "
    "with\ninput.standardize standardises them; a warning says where they lie outside of "
    "what the model\nwas trained for.\n";

std::vector<CommandOption> const options{
    {"model", "DIR",
     "folder of a trained model, as tvem run wrote it; only the Transformer needs it"},
    {"data", "FILE", "the points: CSV, with or without a header, or HDF5"},
    {"components", "K",
     "number of components; of a range such as 1..6 each is tried, and BIC and ICL compare them"},
    {"out", "FILE", "the HDF5 file to write"},
    {"columns", "LIST",
     "columns of the points, by name or number from 1 [all but --labels and what names or\n"
     "numbers the rows]; a name with a comma stands in double quotes"},
    {"header", "yes|no", "CSV: whether the first line has the names of the columns [by its cells]"},
    {"missing", "refuse|drop",
     "rows with missing values: refuse the file, or leave them out [refuse]"},
    {"labels", "COLUMN", "true labels, to compare with: a column, or a dataset of HDF5"},
    {"dataset", "PATH", "HDF5: the points, a matrix of points x coordinates"},
    {"rescale", "", "the Transformer sees coordinates with the spread that training tasks have"},
    {"estimators", "LIST",
     fmt::format("[{},\nwith --model before them {}]", default_baselines, default_with_model)},
    {"seed", "S", "of random starts [1]"},
    {"csv", "FILE",
     "write the labels there too, a line a point; - for standard output, in place of the\n"
     "table"}};

}  // namespace

Command cluster_command() {
  return {.name = "cluster",
          .summary = "cluster your own points with a trained Transformer and with EM",
          .usage = "tvem cluster [--model DIR] --data FILE --components K --out FILE [options]",
          .explanation = explanation,
          .options = options,
          .takes = Takes::nothing,
          .run = &run};
}

}  // namespace tvem
