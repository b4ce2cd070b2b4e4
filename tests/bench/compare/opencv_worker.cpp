// OpenCV's side of compare_opencv.py: the same commands as tvem_worker.cpp's. k-means alone, in
// float.
#include <opencv2/core.hpp>

#include "tests/bench/compare/peer_worker.hpp"

namespace {

Work lloyd_fit(Problem const& problem) {
  cv::Mat points(problem.n, problem.d, CV_32F);
  cv::Mat labels(problem.n, 1, CV_32S);
  for (int i = 0; i < problem.n; ++i) {
    // It starts from labels: those of the nearest starting means.
    int nearest = 0;
    double best = 1e300;
    for (int j = 0; j < problem.k; ++j) {
      double distance = 0;
      for (int c = 0; c < problem.d; ++c) {
        double const difference = problem.points[static_cast<std::size_t>(i * problem.d + c)] -
                                  problem.start[static_cast<std::size_t>(j * problem.d + c)];
        distance += difference * difference;
      }
      if (distance < best) {
        best = distance;
        nearest = j;
      }
    }
    labels.at<int>(i) = nearest;
    for (int c = 0; c < problem.d; ++c)
      points.at<float>(i, c) =
          static_cast<float>(problem.points[static_cast<std::size_t>(i * problem.d + c)]);
  }
  auto const square_sum = std::make_shared<double>(0);
  int const k = problem.k, iterations = problem.iterations;
  return {[=] {
            cv::Mat own = labels.clone(), centres;
            *square_sum =
                cv::kmeans(points, k, own, cv::TermCriteria(cv::TermCriteria::COUNT, iterations, 0),
                           1, cv::KMEANS_USE_INITIAL_LABELS, centres);
          },
          [=] { return *square_sum; }};
}

}  // namespace

int main() {
  cv::setNumThreads(1);
  return answer_commands(
      [](std::string const&, Problem const& problem) { return lloyd_fit(problem); });
}
