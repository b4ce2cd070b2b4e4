#include "framework/estimators/posterior/rotation.hpp"

#include <algorithm>
#include <cmath>

#include "framework/core/math.hpp"

namespace tvem {
namespace {

struct Angle {
  double cosine, sine;
};

/// Of density proportional to exp(concentration cos(angle)). The proposal is a wrapped Cauchy
/// distribution.
Angle draw_von_mises(RandomStream& random, double concentration) {
  double const half = 0.5 / std::max(concentration, 1e-12);
  double const r = half + std::sqrt(1 + half * half);
  while (true) {
    double const z = portable_cos_pi(random.uniform());
    double const d = z / (r + z), level = random.uniform();
    if (level > 1 - d * d && level > (1 - d) * portable_exp(d)) continue;
    double const cosine = std::clamp((1 + r * z) / (r + z), -1.0, 1.0);
    double const sine = std::sqrt(1 - cosine * cosine);
    return {cosine, random.uniform() < 0.5 ? -sine : sine};
  }
}

/// Turns columns a and b so that <pulls, vertices> grows with the cosine of the angle drawn.
void draw_angle(RandomStream& random, RowMatrix const& pulls, Eigen::Index a, Eigen::Index b,
                RowMatrix& vertices) {
  double along = 0, across = 0;
  for (Eigen::Index j = 0; j < vertices.rows(); ++j) {
    along += pulls(j, a) * vertices(j, a) + pulls(j, b) * vertices(j, b);
    across += pulls(j, b) * vertices(j, a) - pulls(j, a) * vertices(j, b);
  }
  double const concentration = std::sqrt(along * along + across * across);
  Angle const from_mode = draw_von_mises(random, concentration);
  Angle const mode =
      concentration > 0 ? Angle{along / concentration, across / concentration} : Angle{1, 0};
  double const cosine = from_mode.cosine * mode.cosine - from_mode.sine * mode.sine;
  double const sine = from_mode.sine * mode.cosine + from_mode.cosine * mode.sine;
  for (Eigen::Index j = 0; j < vertices.rows(); ++j) {
    double const x = vertices(j, a), y = vertices(j, b);
    vertices(j, a) = cosine * x - sine * y;
    vertices(j, b) = sine * x + cosine * y;
  }
}

}  // namespace

void draw_rotation(RandomStream& random, RowMatrix const& pulls, RowMatrix& vertices) {
  for (Eigen::Index a = 0; a < vertices.cols(); ++a)
    for (Eigen::Index b = a + 1; b < vertices.cols(); ++b)
      draw_angle(random, pulls, a, b, vertices);
}

}  // namespace tvem
