#!/usr/bin/env bash
# Runs the sweeps of experiments/configs on all cores and draws their figures; experiments/README.md shows them.
#   bash experiments/figures.sh [--preset full] [--out FOLDER] [NAME ...] [-- --SECTION.KEY VALUE ...]
# NAME: layers heads width separation dimension components points pool guess restarts iterations constructed shift time (default: all).
# FOLDER: default results/figures. Keys behind -- change every sweep. Run again, it goes on; what is finished is only drawn anew. Each figure is NAME.png and
# NAME.pdf in the folder, its data NAME/sweep.h5, its table NAME/table.txt and table.csv. With separation comes slope.png.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$root/results/figures
tvem=${TVEM:-$root/build/bin/tvem}
cores=$(nproc)  # before environment.sh: nproc heeds OMP_NUM_THREADS
python=/usr/bin/python3  # Debian's modules belong to it; another python3 may come first on PATH
[ -x "$python" ] || python=python3
all=(layers heads width separation dimension components points pool guess restarts iterations constructed shift time)
preset=()
keys=()
names=()
while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=(--preset "${2:?--preset needs a name}"); shift 2 ;;
    --out) out=${2:?--out needs a folder}; shift 2 ;;
    --) shift; keys=("$@"); break ;;
    -*) echo "figures.sh: unknown option $1; it takes --preset, --out and names of figures" >&2; exit 2 ;;
    *) names+=("$1"); shift ;;
  esac
done
[ ${#names[@]} -gt 0 ] || names=("${all[@]}")
for name in "${names[@]}"; do
  if [ ! -f "$root/experiments/configs/$name.ini" ]; then
    echo "figures.sh: there is no figure $name; the figures are ${all[*]}" >&2
    exit 2
  fi
done
# shellcheck source=../jobs/environment.sh
source "$root/jobs/environment.sh"

# What a figure shows beyond errors over the first axis.
plot_options() {
  case $1 in
    layers | heads | width | dimension | components | points | restarts) echo --difference ;;
    guess) echo --initial --difference ;;
    separation) echo --exact --difference ;;
    pool) echo --gap --difference ;;
    iterations) echo --trace ;;
    constructed) echo --trace --layers-a-step 2 ;;
    time) echo --time ;;
  esac
}

mkdir -p "$out"
for name in "${names[@]}"; do
  start=$(date +%s)
  mpirun -n "$cores" "$tvem" sweep --config "$root/experiments/configs/$name.ini" "${preset[@]}" "${keys[@]}" \
    --out "$out/$name" --groups "$cores"
  "$tvem" collect "$out/$name"
  "$tvem" report "$out/$name" >"$out/$name/table.txt"
  "$tvem" report "$out/$name" --csv >"$out/$name/table.csv"
  # shellcheck disable=SC2046
  "$python" "$root/experiments/plots/plot_sweep.py" "$out/$name" --out "$out/$name.png" $(plot_options "$name")
  # With fewer than two separations of small error there is no line; it says so.
  [ "$name" != separation ] || "$python" "$root/experiments/plots/slope.py" "$out/$name" --out "$out/slope.png" || [ $? -eq 3 ]
  echo "$name: $(($(date +%s) - start)) s"
done
