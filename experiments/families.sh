#!/usr/bin/env bash
# Trains a Transformer on each of five families of tasks, runs every method on the same 4096 tasks of the family, and
# prints the table of docs/science.md. About half an hour on two cores.
#   bash experiments/families.sh [OUTPUT_FOLDER]      (default: results/families; run again, it goes on)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=${1:-$root/results/families}
tvem=${TVEM:-$root/build/bin/tvem}
cores=$(nproc)  # before environment.sh: nproc heeds OMP_NUM_THREADS
# shellcheck source=../jobs/environment.sh
source "$root/jobs/environment.sh"

# run FAMILY EM_COVARIANCE GRADIENT FURTHER KEYS...: gradient ascent has no covariances of matrices, and the variance can be
# known where it is one. FURTHER: further estimators, each with a comma behind.
run() {
  local family=$1 covariance=$2 gradient=$3 further=$4
  shift 4
  mpirun -n "$cores" "$tvem" run --config "$root/experiments/configs/families.ini" --out "$out/$family" \
    --run.name "$family" --em.covariance "$covariance" --eval.estimators \
    "bayes,transformer,transformer+em,em,em:restarts=10,em:restarts=100,${further}two_round,two_round:restarts=10,\
$gradient,$gradient:restarts=10,lloyd,lloyd:restarts=10,hartigan:restarts=10,spectral:restarts=10,chance" "$@" >&2
}
variance="em:known=variance,em:restarts=10:known=variance,em:restarts=100:known=variance,\
em:restarts=100:known=variance+weights+means_prior,"
prior="em:restarts=100:known=means_prior,em:restarts=100:ratio_limit=0,em:restarts=100:covariance=shared,"

mkdir -p "$out"
run shared shared gradient "$variance"
run student shared gradient "$variance" --task.noise student --task.degrees 3
run outliers shared gradient "$variance" --task.outliers 0.1
run unequal spherical gradient "$prior" --task.covariance spherical --task.sigma 0.5..1.5 \
  --task.weights dirichlet --task.concentration 3
run full full gradient:covariance=shared "$prior" --task.covariance full

python=/usr/bin/python3
[ -x "$python" ] || python=python3
for family in shared student outliers unequal full; do "$tvem" report "$out/$family" --csv >"$out/$family.csv"; done
"$python" "$root/experiments/plots/families_table.py" "$out"
