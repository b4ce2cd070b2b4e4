#include "framework/train/probe/probe.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "framework/core/index.hpp"
#include "framework/core/text.hpp"
#include "framework/estimators/estimator.hpp"
#include "framework/metrics/clustering.hpp"
#include "framework/metrics/statistics.hpp"
#include "framework/train/model_fit.hpp"
#include "framework/train/model_input.hpp"
#include "framework/train/probe/ridge_regression.hpp"
#include "framework/train/trainer.hpp"

namespace tvem {
namespace {

/// Small: features of many tasks say enough. In units of the features' mean square.
constexpr double penalty = 1e-6;

/// A labelling of a task's points that layers are compared with.
struct Labelling {
  std::vector<int> labels;
  RowMatrix responsibilities;  // n x k
};

RowMatrix indicators(std::vector<int> const& labels, int k) {
  RowMatrix result = RowMatrix::Zero(count_of(labels), k);
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != outlier_label) result(i, labels[i]) = 1;
  return result;
}

/// Names the components as `names` does: by the alignment that makes the fewest differences.
Labelling renamed(Labelling const& labelling, std::vector<int> const& names, int k) {
  auto const own_of = align_labels(labelling.labels, names, k);  // the name of each component
  Labelling result{labelling.labels, RowMatrix(labelling.responsibilities.rows(), k)};
  for (int& label : result.labels)
    if (label != outlier_label) label = own_of[label];
  for (int j = 0; j < k; ++j)
    result.responsibilities.col(own_of[j]) = labelling.responsibilities.col(j);
  return result;
}

/// What an algorithm has after t iterations.
Labelling labelling_of(Fit const& fit, Task const& task, bool is_soft) {
  return {fit.labels, is_soft ? component_probabilities(fit.mixture, task.points)
                              : indicators(fit.labels, task.components())};
}

Estimates estimates_of(std::vector<Moments> const& moments) {
  Estimates result;
  for (Moments const& m : moments) {
    result.mean.push_back(m.mean());
    result.standard_error.push_back(m.standard_error());
  }
  return result;
}

/// The features of a layer, as a matrix, and the labels that the read-out gives them.
struct LayerView {
  RowMatrix features;
  std::vector<int> labels;
};

/// A task as the probe sees it.
struct ProbedTask {
  Task task;
  std::vector<LayerView> layers;      // those of this rank have features
  std::vector<Labelling> labellings;  // of algorithm a after t iterations: [a * n_iterations + t]
  Labelling truth;
};

class Prober {
 public:
  Prober(Settings const& settings, Communicator const& comm, EvaluatedModel const& model,
         ProbeRequest const& request)
      : settings_(settings),
        comm_(comm),
        model_(model),
        request_(request),
        prior_(settings.task),
        n_layers_(model.transformer.n_layers() + 1),
        n_labellings_(count_of(request.algorithms) * (request.iterations + 1)),
        n_labels_(model.transformer.n_labels()) {
    for (int layer = 0; layer < n_layers_; ++layer)
      probes_.emplace_back(is_own(layer) ? settings.model.width : 0,
                           is_own(layer) ? (n_labellings_ + 1) * n_labels_ : 0);
    error_.resize(n_layers_ * n_readings);
    disagreement_.resize(n_layers_ * n_readings * n_labellings_);
    algorithm_error_.resize(n_labellings_);
  }

  void fit() {
    for (std::int64_t id = 0; id < request_.fit_tasks; ++id) {
      ProbedTask const seen = see(Purpose::probe_tasks, id);
      RowMatrix const targets = targets_of(seen);
      for (int layer = 0; layer < n_layers_; ++layer)
        if (is_own(layer)) probes_[layer].add(seen.layers[layer].features, targets);
    }
    for (int layer = 0; layer < n_layers_; ++layer)
      if (is_own(layer)) probes_[layer].solve(penalty);
  }

  void judge() {
    for (std::int64_t id = 0; id < settings_.eval.tasks; ++id) {
      ProbedTask const seen = see(Purpose::evaluation_tasks, id);
      for (int l = 0; l < n_labellings_; ++l)
        algorithm_error_[l].add(
            clustering_error(seen.task.labels, seen.labellings[l].labels, seen.task.components()));
      for (int layer = 0; layer < n_layers_; ++layer)
        if (is_own(layer)) judge_layer(seen, layer);
    }
  }

  /// Collective.
  Probe result() const {
    Probe result{.n_layers = n_layers_,
                 .n_iterations = request_.iterations + 1,
                 .error = of_all_ranks(error_),
                 .disagreement = of_all_ranks(disagreement_),
                 .algorithm_error = estimates_of(algorithm_error_)};
    for (EstimatorSpec const& algorithm : request_.algorithms)
      result.algorithms.push_back(algorithm.text);
    return result;
  }

 private:
  bool is_own(int layer) const { return layer % comm_.size() == comm_.rank(); }

  ProbedTask see(Purpose purpose, std::int64_t id) {
    ProbedTask seen{.task = prior_.sample(settings_.eval.seed, purpose, id)};
    Task const& task = seen.task;
    see_layers(purpose, seen);
    auto const& names = seen.layers.back().labels;
    seen.truth = renamed({task.labels, indicators(task.labels, task.components())}, names,
                         task.components());
    for (EstimatorSpec algorithm : request_.algorithms)
      for (int t = 0; t <= request_.iterations; ++t) {
        algorithm.em.max_iterations = t;
        Restarts const one{.seed = settings_.eval.seed, .task_id = task.id};
        Fit const fit =
            run_baseline(algorithm, settings_.task, settings_.input, task, one, purpose);
        bool const is_soft = algorithm.method != Method::lloyd;
        seen.labellings.push_back(
            renamed(labelling_of(fit, task, is_soft), names, task.components()));
      }
    return seen;
  }

  void see_layers(Purpose purpose, ProbedTask& seen) {
    Settings const& trained = model_.settings;
    fill_model_input(trained, settings_.eval.seed, purpose, std::span(&seen.task, 1), input_);
    auto const visit = [&](int layer, std::span<float const> features,
                           std::span<float const> outputs) {
      LayerView view{.features = {},
                     .labels = fit_of_outputs(outputs, model_.transformer.n_outputs(),
                                              trained.model.readout, input_.frames[0], seen.task)
                                   .labels};
      if (is_own(layer))
        view.features = Eigen::Map<Eigen::MatrixXf const>(features.data(), trained.model.width,
                                                          seen.task.n_points())
                            .transpose()
                            .cast<double>();
      seen.layers.push_back(std::move(view));
    };
    model_.transformer.infer_layers(input_.batch, visit);
  }

  /// n x (labellings and truth) * n_labels.
  RowMatrix targets_of(ProbedTask const& seen) const {
    RowMatrix targets = RowMatrix::Zero(seen.task.n_points(), (n_labellings_ + 1) * n_labels_);
    int const k = seen.task.components();
    for (int l = 0; l < n_labellings_; ++l)
      targets.middleCols(l * n_labels_, k) = seen.labellings[l].responsibilities;
    targets.middleCols(n_labellings_ * n_labels_, k) = seen.truth.responsibilities;
    return targets;
  }

  /// Labels by the probe of a labelling, n_labellings_ being the truth.
  std::vector<int> predicted(RowMatrix const& predictions, int labelling, int k) const {
    std::vector<int> labels;
    for (Eigen::Index i = 0; i < predictions.rows(); ++i) {
      Eigen::Index best = 0;
      predictions.row(i).segment(labelling * n_labels_, k).maxCoeff(&best);
      labels.push_back(as_count(best));
    }
    return labels;
  }

  void judge_layer(ProbedTask const& seen, int layer) {
    LayerView const& view = seen.layers[layer];
    int const k = seen.task.components();
    RowMatrix const predictions = probes_[layer].predict(view.features);
    auto const compare = [&](int reading, auto const& labels_for) {
      int const row = layer * n_readings + reading;
      error_[row].add(clustering_error(seen.task.labels, labels_for(n_labellings_), k));
      for (int l = 0; l < n_labellings_; ++l)
        disagreement_[row * n_labellings_ + l].add(
            disagreement(seen.labellings[l].labels, labels_for(l)));
    };
    compare(0, [&](int) { return view.labels; });
    compare(1, [&](int labelling) { return predicted(predictions, labelling, k); });
  }

  /// Collective. A layer is of one rank, and 0 on the others: sums are exact.
  Estimates of_all_ranks(std::vector<Moments> const& moments) const {
    Estimates result = estimates_of(moments);
    std::size_t const of_layer = moments.size() / n_layers_;
    for (std::size_t i = 0; i < moments.size(); ++i)
      if (!is_own(as_count(i / of_layer))) result.mean[i] = result.standard_error[i] = 0;
    comm_.sum(result.mean);
    comm_.sum(result.standard_error);
    return result;
  }

  Settings const& settings_;
  Communicator const& comm_;
  EvaluatedModel const& model_;
  ProbeRequest const& request_;
  TaskPrior prior_;
  int n_layers_;      // with the embedding
  int n_labellings_;  // of algorithms and iterations
  int n_labels_;
  std::vector<RidgeRegression> probes_;  // of each layer; empty for other ranks' layers
  std::vector<Moments> error_, disagreement_, algorithm_error_;
  ModelInput input_;
};

/// "layers.0.up". Of the queries, keys and values that are side by side in "layers.0.qkv.weight",
/// "layers.0.query"; "pooling.kv.weight" has no queries.
std::string name_of_matrix(ParameterLayout const& layout, HiddenMatrix const& matrix) {
  auto const& views = layout.views();
  auto const view = std::find_if(views.begin(), views.end(), [&](ParameterView const& v) {
    return matrix.offset >= v.offset && matrix.offset < v.offset + v.size();
  });
  std::string const name = view->name.substr(0, view->name.rfind('.'));
  if (view->cols == matrix.cols) return name;
  static constexpr char const* parts[] = {"query", "key", "value"};
  std::size_t const n_absent = 3 - view->cols / matrix.cols;
  std::size_t const place = n_absent + (matrix.offset - view->offset) / matrix.cols;
  return name.substr(0, name.rfind('.') + 1) + parts[place];
}

std::vector<MatrixRank> matrix_ranks(EvaluatedModel const& model) {
  auto const& layout = model.transformer.layout();
  auto const parameters = model.transformer.parameters();
  auto const initial = initial_state(model.settings).parameters;
  AlignedVector<float> change(parameters.begin(), parameters.end());
  for (std::size_t i = 0; i < change.size(); ++i) change[i] -= initial[i];
  std::vector<MatrixRank> ranks;
  for (HiddenMatrix const& matrix : layout.hidden())
    ranks.push_back({.name = name_of_matrix(layout, matrix),
                     .stable_rank = stable_rank(parameters, matrix),
                     .of_change = stable_rank(change, matrix)});
  return ranks;
}

}  // namespace

std::string probe_problem(EstimatorSpec const& algorithm) {
  bool const is_iterative = algorithm.method == Method::em || algorithm.method == Method::lloyd ||
                            algorithm.method == Method::gradient;
  if (!is_iterative)
    return algorithm.text + " has no iterations to compare with layers; em, lloyd and gradient do";
  if (algorithm.restarts() > 1)
    return algorithm.text + " has several starts; layers are compared with the iterations of one";
  if (algorithm.em.components > 0)
    return algorithm.text + " assumes a number of components of its own; leave it out";
  return "";
}

Probe probe(Settings const& settings, Communicator const& comm, EvaluatedModel const& trained,
            ProbeRequest const& request) {
  AdaptedModel const adapted(trained, settings);
  Prober prober(settings, comm, *adapted.model(), request);
  prober.fit();
  prober.judge();
  Probe result = prober.result();
  result.matrices = matrix_ranks(trained);
  return result;
}

}  // namespace tvem
