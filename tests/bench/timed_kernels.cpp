#include "tests/bench/timed_kernels.hpp"

#include <chrono>

#include "framework/loss/permutation_cross_entropy.hpp"
#include "framework/nn/transformer.hpp"
#include "framework/optim/optimizer.hpp"
#include "framework/tasks/batch.hpp"
#include "framework/tasks/partition.hpp"
#include "framework/tasks/prior.hpp"
#include "framework/train/gradient_sum.hpp"
#include "framework/train/trainer.hpp"

namespace tvem::bench {
namespace {

using Clock = std::chrono::steady_clock;

enum Part {
  products,
  attention_products,
  softmax,
  norm,
  packing,
  bias_gradients,
  sampling,
  loss,
  rounding_and_reduction,
  optimiser,
  n_parts
};
constexpr char const* part_names[n_parts] = {"products",
                                             "attention_products",
                                             "softmax",
                                             "norm",
                                             "packing",
                                             "bias_gradients",
                                             "sampling",
                                             "loss",
                                             "rounding_and_reduction",
                                             "optimiser"};

// The kernels are plain functions, so what they measure with is global; a program has one at a
// time.
Kernels<float> const* base = nullptr;
double seconds[n_parts];
int head_width = 0;

template <class F>
void timed(Part part, F const& f) {
  auto const start = Clock::now();
  f();
  seconds[part] += std::chrono::duration<double>(Clock::now() - start).count();
}

/// Attention's products are those over the width of a head, on one side or the other.
void multiply(Product<float> const& q) {
  bool const is_attention = q.k == head_width || q.n == head_width;
  timed(is_attention ? attention_products : products, [&] { base->multiply(q); });
}

Kernels<float> timed_table() {
  Kernels<float> table = *base;
  table.multiply = &multiply;
  table.pack = [](float const* b, std::ptrdiff_t rows, std::ptrdiff_t cols, int k, int n,
                  float* packed, float* sums) {
    timed(packing, [&] { base->pack(b, rows, cols, k, n, packed, sums); });
  };
  table.add_column_sums = [](int rows, int cols, float const* x, float* sums) {
    timed(bias_gradients, [&] { base->add_column_sums(rows, cols, x, sums); });
  };
  table.softmax_rows = [](int rows, int cols, float* x) {
    timed(softmax, [&] { base->softmax_rows(rows, cols, x); });
  };
  table.negative_row_products = [](int rows, int cols, std::ptrdiff_t stride, float const* x,
                                   float const* y, float* out) {
    timed(softmax, [&] { base->negative_row_products(rows, cols, stride, x, y, out); });
  };
  table.layer_norm = [](int rows, int cols, float const* x, float const* scale, float const* shift,
                        float* y, float* mean, float* inverse) {
    timed(norm, [&] { base->layer_norm(rows, cols, x, scale, shift, y, mean, inverse); });
  };
  table.layer_norm_backward = [](int rows, int cols, float const* x, float const* mean,
                                 float const* inverse, float const* scale, float const* dy,
                                 float const* add, float* dx, float* dscale, float* dshift) {
    timed(norm, [&] {
      base->layer_norm_backward(rows, cols, x, mean, inverse, scale, dy, add, dx, dscale, dshift);
    });
  };
  return table;
}

}  // namespace

struct StepParts::Impl {
  explicit Impl(Settings const& given)
      : settings(given),
        kernels((base = &tvem::kernels<float>(), timed_table())),
        model(settings.model, model_domain(settings), kernels),
        prior(settings.task),
        parameters(model.initial_parameters(1)),
        gradient(model.layout().size()),
        optimizer_state(initial_optimizer_state(settings.train.optimizer, parameters.size())),
        optimizer(settings.train, model.layout()),
        sums(settings.parallel.reduction, parameters.size()),
        chunk(resolved_chunk(settings)),
        n_chunks(chunks_of_step(settings.train.tasks_per_step, chunk)) {
    head_width = settings.model.width / settings.model.heads;
  }

  void process_chunk(std::int64_t c) {
    timed(sampling, [&] {
      IndexRange const ids = task_ids_of_chunk(0, c, settings.train.tasks_per_step, chunk);
      tasks.resize(static_cast<std::size_t>(ids.size()));
      for (std::size_t i = 0; i < tasks.size(); ++i)
        prior.sample(1, Purpose::training_tasks, static_cast<std::uint64_t>(ids.begin) + i,
                     tasks[i]);
      fill_batch(tasks, settings.task.dim.high, batch);
    });
    auto const logits = model.forward(batch);
    double loss_sum = 0;
    dlogits.resize(logits.size());
    timed(loss, [&] {
      auto const n_labels = static_cast<std::size_t>(model.n_labels());
      for (std::size_t t = 0; t < batch.n_tasks(); ++t) {
        std::size_t const begin = batch.offsets[t] * n_labels, size = batch.n_points(t) * n_labels;
        loss_sum += cross_entropy(logits.subspan(begin, size), model.n_labels(), batch.labels_of(t),
                                  batch.components[t], std::span(dlogits).subspan(begin, size));
      }
    });
    model.backward(batch, dlogits, gradient, [&](std::size_t offset, std::size_t size) {
      timed(rounding_and_reduction,
            [&] { sums.add_gradient(offset, std::span(gradient).subspan(offset, size)); });
    });
    sums.finish_chunk(loss_sum, 0);
  }

  void step() {
    auto const start = Clock::now();
    model.set_parameters(parameters);
    timed(rounding_and_reduction,
          [&] { sums.reset(Quantum::admitting(8.0 * chunk, n_chunks), n_chunks); });
    for (std::int64_t c = 0; c < n_chunks; ++c) process_chunk(c);
    timed(optimiser, [&] {
      double const norm = gradient_norm(sums.gradient_sum());
      optimizer.update(1e-4, sums.gradient_sum(),
                       clip_factor(norm, settings.train.clip) / settings.train.tasks_per_step,
                       parameters, optimizer_state);
    });
    total += std::chrono::duration<double>(Clock::now() - start).count();
  }

  Settings settings;
  Kernels<float> kernels;
  Transformer<float> model;
  TaskPrior prior;
  AlignedVector<float> parameters, gradient;
  OptimizerState optimizer_state;
  Optimizer optimizer;
  GradientSum sums;
  int chunk;
  std::int64_t n_chunks;
  std::vector<Task> tasks;
  RaggedBatch batch;
  std::vector<float> dlogits;
  PermutationCrossEntropy<float> cross_entropy;
  double total = 0;
};

StepParts::StepParts(Settings const& settings) : impl_(new Impl(settings)) {}
StepParts::~StepParts() { delete impl_; }
void StepParts::step() { impl_->step(); }

void StepParts::reset() {
  for (double& s : seconds) s = 0;
  impl_->total = 0;
}

std::map<std::string, double> StepParts::shares() const {
  std::map<std::string, double> shares;
  double rest = 1;
  for (int part = 0; part < n_parts; ++part) {
    double const share = seconds[part] / impl_->total;
    shares[part_names[part]] = share;
    rest -= share;
  }
  shares["rest"] = rest;
  return shares;
}

}  // namespace tvem::bench
