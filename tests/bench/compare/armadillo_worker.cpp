// Armadillo's side of compare_armadillo.py: the same commands as tvem_worker.cpp's. Its gmm_diag
// has a variance for each coordinate; it has no spherical model.
#include <armadillo>

#include "tests/bench/compare/peer_worker.hpp"

namespace {

template <class Model, class T>
Work em_fit(Problem const& problem) {
  arma::Mat<T> const points =
      arma::conv_to<arma::Mat<T>>::from(arma::mat(problem.points.data(), problem.d, problem.n));
  arma::Mat<T> const means =
      arma::conv_to<arma::Mat<T>>::from(arma::mat(problem.start.data(), problem.d, problem.k));
  auto const model = std::make_shared<Model>();
  arma::Mat<T> const variances(means.n_rows, means.n_cols, arma::fill::ones);
  arma::Row<T> weights(means.n_cols);
  weights.fill(T(1) / static_cast<T>(problem.k));
  int const iterations = problem.iterations;
  return {[=] {
            model->set_params(means, variances, weights);
            model->learn(points, means.n_cols, arma::eucl_dist, arma::keep_existing, 0, iterations,
                         T(1e-6), false);
          },
          [=] { return static_cast<double>(model->avg_log_p(points)); }};
}

template <class T>
Work lloyd_fit(Problem const& problem) {
  arma::Mat<T> const points =
      arma::conv_to<arma::Mat<T>>::from(arma::mat(problem.points.data(), problem.d, problem.n));
  arma::Mat<T> const start =
      arma::conv_to<arma::Mat<T>>::from(arma::mat(problem.start.data(), problem.d, problem.k));
  auto const means = std::make_shared<arma::Mat<T>>();
  int const iterations = problem.iterations;
  return {[=] {
            *means = start;
            arma::kmeans(*means, points, start.n_cols, arma::keep_existing, iterations, false);
          },
          [=] {
            double sum = 0;
            for (arma::uword i = 0; i < points.n_cols; ++i) {
              double best = 1e300;
              for (arma::uword j = 0; j < means->n_cols; ++j)
                best = std::min(best, static_cast<double>(
                                          arma::accu(arma::square(points.col(i) - means->col(j)))));
              sum += best;
            }
            return sum;
          }};
}

}  // namespace

int main() {
  return answer_commands([](std::string const& method, Problem const& problem) {
    bool const is_double = problem.precision == "double";
    if (method == "em")
      return is_double ? em_fit<arma::gmm_diag, double>(problem)
                       : em_fit<arma::fgmm_diag, float>(problem);
    return is_double ? lloyd_fit<double>(problem) : lloyd_fit<float>(problem);
  });
}
