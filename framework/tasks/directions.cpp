#include "framework/tasks/directions.hpp"

#include <cmath>

namespace tvem {
namespace {

/// Takes the directions of the rows first..i-1 out of row i.
void remove_directions(Eigen::Index first, Eigen::Index i, RowMatrix& rows) {
  for (Eigen::Index j = first; j < i; ++j) {
    double dot = 0;
    for (Eigen::Index c = 0; c < rows.cols(); ++c) dot += rows(i, c) * rows(j, c);
    for (Eigen::Index c = 0; c < rows.cols(); ++c) rows(i, c) -= dot * rows(j, c);
  }
}

}  // namespace

void draw_on_sphere(RandomStream& random, double radius, Eigen::Ref<Eigen::RowVectorXd> row) {
  double norm = 0;
  while (norm < 1e-150) {  // a Gaussian of length 0 has no direction
    norm = 0;
    for (double& value : row) {
      value = random.normal();
      norm += value * value;
    }
    norm = std::sqrt(norm);
  }
  for (double& value : row) value *= radius / norm;
}

void draw_frame(RandomStream& random, Eigen::Index first, Eigen::Index last, RowMatrix& rows) {
  Eigen::Index const d = rows.cols();
  for (Eigen::Index i = first; i <= last; ++i) {
    double norm = 0;
    while (norm < 1e-6) {
      for (Eigen::Index c = 0; c < d; ++c) rows(i, c) = random.normal();
      for (int pass = 0; pass < 2; ++pass) remove_directions(first, i, rows);
      norm = 0;
      for (Eigen::Index c = 0; c < d; ++c) norm += rows(i, c) * rows(i, c);
      norm = std::sqrt(norm);
    }
    for (Eigen::Index c = 0; c < d; ++c) rows(i, c) /= norm;
  }
}

}  // namespace tvem
