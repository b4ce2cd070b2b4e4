#pragma once

#include "framework/estimators/settings.hpp"
#include "framework/tasks/mixture.hpp"

namespace tvem {

/// What a fit by likelihood costs for its number of components: the less, the better.
struct Criteria {
  double bic;  // -2 log L + p log n, with p free parameters (Schwarz 1978)
  double icl;  // bic + 2 times the entropy of the responsibilities (Biernacki et al. 2000)
};

/// Free parameters of k components in d dimensions with the settings' kind of covariance: weights,
/// means, covariances, and degrees of freedom where they are estimated. A background is not
/// provided for.
int n_free_parameters(EmSettings const& settings, int k, int d);

/// Of a mixture that EM has fitted to n points by likelihood. log_likelihood: mean per point;
/// responsibilities: n x k.
Criteria criteria_of(EmSettings const& settings, double log_likelihood, int d,
                     RowMatrix const& responsibilities);

}  // namespace tvem
