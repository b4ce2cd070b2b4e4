#pragma once

// What the workers of C++ libraries share: problems and commands, as tvem_worker.cpp lists them.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

struct Work {
  std::function<void()> run;
  std::function<double()> value;
};

struct Problem {
  std::vector<double> points, start;  // n x d, k x d
  int n = 0, d = 0, k = 0, iterations = 0;
  std::string precision;
};

inline Problem read_problem(std::istream& in) {
  Problem problem;
  std::string path;
  in >> path >> problem.n >> problem.d >> problem.k >> problem.iterations >> problem.precision;
  std::ifstream file(path, std::ios::binary);
  for (auto [values, rows] :
       {std::pair{&problem.points, problem.n}, std::pair{&problem.start, problem.k}}) {
    values->resize(static_cast<std::size_t>(rows * problem.d));
    file.read(reinterpret_cast<char*>(values->data()),
              static_cast<std::streamsize>(values->size() * sizeof(double)));
  }
  return problem;
}

template <class MakeWork>
int answer_commands(MakeWork const& make_work) {
  Work work;
  std::cout.precision(17);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream in(line);
    std::string command;
    in >> command;
    if (command == "time") {
      int repetitions = 0;
      in >> repetitions;
      auto const start = std::chrono::steady_clock::now();
      for (int i = 0; i < repetitions; ++i) work.run();
      std::cout << std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    } else if (command == "value") {
      std::cout << work.value();
    } else {
      work = make_work(command, read_problem(in));
    }
    std::cout << std::endl;
  }
  return 0;
}
