#!/usr/bin/env bash
# The whole test suite: installs what is missing, builds with warnings as errors, runs every test.
#   bash tests/run.sh [--with-slurm] [ctest arguments, e.g. -R mpi]
# --with-slurm installs Slurm's packages, which its tests start daemons of; without it they run only where Slurm is there already.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${TVEM_TEST_BUILD:-$root/build-tests}
cores=$(nproc)  # before environment.sh: nproc heeds OMP_NUM_THREADS

with_slurm=
if [ "${1:-}" = --with-slurm ]; then
  with_slurm=--slurm
  shift
fi
bash "$root/jobs/install-dependencies.sh" --tests $with_slurm
cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DTVEM_TESTS=ON -DTVEM_WERROR=ON >/dev/null
cmake --build "$build" --parallel "$cores"
# shellcheck source=jobs/environment.sh
source "$root/jobs/environment.sh"
ctest --test-dir "$build" --output-on-failure --parallel "$cores" "$@"
