#include "framework/estimators/starts/knowledge.hpp"

namespace tvem {

Knowledge knowledge_of(Task const& task, TaskSettings const& prior, EmSettings const& settings,
                       std::vector<int> guess) {
  Knowledge knowledge;
  int const k = settings.components > 0 ? settings.components : task.components();
  if (settings.known.variance && task.mixture.is_isotropic())
    knowledge.variances = Eigen::VectorXd::Constant(k, task.mixture.variances[0]);
  else if (settings.known.variance)
    knowledge.factors = task.mixture.factor(0).replicate(k, 1);
  knowledge.has_equal_weights = settings.known.weights;
  if (settings.known.means_prior)
    knowledge.means_prior_variance = prior.scale.low * prior.scale.low;
  if (settings.start == StartKind::guess) knowledge.guess = std::move(guess);
  if (settings.start == StartKind::oracle) knowledge.oracle = task.mixture;
  return knowledge;
}

void apply_known(Knowledge const& known, Mixture& mixture) {
  if (known.has_equal_weights) mixture.weights.setConstant(1.0 / mixture.components());
  if (!known.has_covariances()) return;
  mixture.variances = known.variances;
  mixture.factors = known.factors;
}

}  // namespace tvem
