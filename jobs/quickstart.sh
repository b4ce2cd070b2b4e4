#!/usr/bin/env bash
# From a fresh clone to a comparison of a Transformer with EM: installs what is missing, builds, trains on
# all cores, prints the table and draws the figure.
#   bash jobs/quickstart.sh [OUTPUT_FOLDER]        (default: results/quickstart)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=${1:-$root/results/quickstart}
cores=$(nproc)  # before environment.sh: nproc heeds OMP_NUM_THREADS

bash "$root/jobs/install-dependencies.sh"
cmake -S "$root" -B "$root/build" -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$root/build" --parallel "$cores" --target tvem

# shellcheck source=jobs/environment.sh
source "$root/jobs/environment.sh"
mpirun -n "$cores" "$root/build/bin/tvem" run --config "$root/experiments/configs/quickstart.ini" \
  --out "$out"
python=/usr/bin/python3  # Debian's modules belong to it; another python3 may come first on PATH
[ -x "$python" ] || python=python3
"$python" "$root/experiments/plots/plot_run.py" "$out" --out "$out/quickstart.png"
echo "table: build/bin/tvem report $out"
echo "data:  $out/run.h5"
