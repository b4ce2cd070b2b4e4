#!/usr/bin/env bash
# The whole test suite: installs what is missing, builds with warnings as errors, runs every test.
#   bash tests/run.sh [--with-slurm] [--with-aarch64] [ctest arguments, e.g. -R mpi]
# --with-slurm installs Slurm's packages, which its tests start daemons of; --with-aarch64 a cross compiler and an emulator.
# Without them these tests run only where the packages are there already.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${TVEM_TEST_BUILD:-$root/build-tests}
cores=$(nproc)  # before environment.sh: nproc heeds OMP_NUM_THREADS

packages=(--tests)
while [[ "${1:-}" == --with-* ]]; do
  packages+=("--${1#--with-}")
  shift
done
bash "$root/jobs/install-dependencies.sh" "${packages[@]}"
cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DTVEM_TESTS=ON -DTVEM_WERROR=ON >/dev/null
cmake --build "$build" --parallel "$cores"
# shellcheck source=jobs/environment.sh
source "$root/jobs/environment.sh"
# More tests than cores: some wait most of the time.
ctest --test-dir "$build" --output-on-failure --parallel $((cores + 2)) "$@"
