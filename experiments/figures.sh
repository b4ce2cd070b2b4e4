#!/usr/bin/env bash
# Runs the sweeps of experiments/configs on all cores and draws their figures; experiments/README.md shows them.
#   bash experiments/figures.sh [--preset full] [--out FOLDER] [NAME ...] [-- --SECTION.KEY VALUE ...]
# NAME: one of the list `all` below (default: all).
# FOLDER: default results/figures. Keys behind -- change every sweep. Run again, it goes on; what is finished is only drawn anew. Each figure is NAME.png and
# NAME.pdf in the folder, its data NAME/sweep.h5, its table NAME/table.txt and table.csv. With separation comes
# slope.png, with noise exponent.png.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$root/results/figures
tvem=${TVEM:-$root/build/bin/tvem}
cores=$(nproc)  # before environment.sh: nproc heeds OMP_NUM_THREADS
python=/usr/bin/python3  # Debian's modules belong to it; another python3 may come first on PATH
[ -x "$python" ] || python=python3
all=(layers heads width separation dimension components points pool guess restarts iterations constructed shift time
  probe agreement loops rank pruning noise rate recovery depth capacity)
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
    noise) echo --gap ;;
    guess) echo --initial --difference ;;
    separation) echo --exact --difference ;;
    pool) echo --gap --difference ;;
    iterations) echo --trace ;;
    constructed) echo --trace --layers-a-step 2 ;;
    time) echo --time ;;
  esac
}

# The layers of every training of a sweep beside the iterations of algorithms.
probe() {
  local folder file
  for folder in "$1"/*/run.h5; do
    folder=${folder%/run.h5}
    file=$folder/probe.h5
    [ "$file" -nt "$folder/run.h5" ] || mpirun -n "$cores" "$tvem" probe --model "$folder" --out "$file" --iterations 40 >"$folder/probe.txt"
  done
  "$python" "$plots/plot_probe.py" "$1"/*/probe.h5 --out "$2"
}

# shellcheck disable=SC2046
draw() {
  local sweep=$out/$1 figure=$out/$1.png
  case $1 in
    probe) probe "$sweep" "$figure" >"$sweep/nearest.txt" ;;
    agreement) "$python" "$plots/agreement.py" "$sweep" --out "$figure" >"$sweep/agreement.txt" ;;
    recovery) "$python" "$plots/recovery.py" "$sweep" --out "$figure" >"$sweep/recovery.txt" ;;
    depth | capacity) "$python" "$plots/excess.py" "$sweep" --out "$figure" >"$sweep/excess.txt" ;;
    rate) slope "$sweep" "$figure" ;;
    *) "$python" "$plots/plot_sweep.py" "$sweep" --out "$figure" $(plot_options "$1") ;;
  esac
  case $1 in
    separation) slope "$sweep" "$out/slope.png" ;;
    noise) "$python" "$plots/pool_exponent.py" "$sweep" --out "$out/exponent.png" >"$sweep/exponent.txt" ;;
  esac
}

# With fewer than two separations of small error there is no line; it says so.
slope() {
  "$python" "$plots/slope.py" "$1" --out "$2" >"$1/slope.txt" || [ $? -eq 3 ]
}

plots=$root/experiments/plots
mkdir -p "$out"
for name in "${names[@]}"; do
  start=$(date +%s)
  mpirun -n "$cores" "$tvem" sweep --config "$root/experiments/configs/$name.ini" "${preset[@]}" "${keys[@]}" \
    --out "$out/$name" --groups "$cores"
  "$tvem" collect "$out/$name"
  "$tvem" report "$out/$name" >"$out/$name/table.txt"
  "$tvem" report "$out/$name" --csv >"$out/$name/table.csv"
  draw "$name"
  echo "$name: $(($(date +%s) - start)) s"
done
