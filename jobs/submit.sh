#!/usr/bin/env bash
# Submits a run or a sweep to Slurm, after tvem itself has found nothing wrong with it.
#   bash jobs/submit.sh [OPTIONS] run   --config C.ini --out DIR [--SECTION.KEY VALUE ...]
#   bash jobs/submit.sh [OPTIONS] sweep --config C.ini --out DIR [--sweep.KEY LIST ...]     an array, a task for each run
#   -n, --ntasks N     MPI ranks, of each array task (default 4)
#   -t, --time T       time limit of a round, as sbatch takes it (default 1:00:00); the job goes on in the next one
#   --parallel K       array tasks at once (default: as many as there is room for)
#   --site NAME        jobs/sites/NAME.env (default: default)
#   --logs DIR         folder of the jobs' logs, which is made (default: logs)
#   --sbatch OPTION    any option of sbatch, such as --sbatch --partition=long; may be given again
#   --dry-run          print what would be submitted
#   -h, --help         this text
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ntasks=4 limit=1:00:00 parallel='' logs=logs is_dry_run='' options=()
export TVEM_SITE=${TVEM_SITE:-default} TVEM_ROOT=$root
tvem=${TVEM:-$root/build/bin/tvem}

usage() { sed -n '2,13p' "${BASH_SOURCE[0]}"; }
refuse() {
  echo "submit.sh: $*" >&2
  exit 2
}
is_count() { [[ $1 =~ ^[1-9][0-9]*$ ]]; }

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage; exit 0 ;;
      --dry-run) is_dry_run=1; shift; continue ;;
      run | sweep) break ;;
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;; # --ntasks=2 is --ntasks 2
    esac
    case $1 in
      -n | --ntasks | -t | --time | --parallel | --site | --logs | --sbatch) [ -n "${2:-}" ] || refuse "$1 needs a value; see --help" ;;
      *) refuse "unknown option \"$1\"; bash jobs/submit.sh --help lists them" ;;
    esac
    case $1 in
      -n | --ntasks) is_count "$2" || refuse "$1 $2: the number of ranks is an integer of at least 1"; ntasks=$2 ;;
      -t | --time) limit=$2 ;;
      --parallel) is_count "$2" || refuse "--parallel $2: the number of array tasks at once is an integer of at least 1"; parallel=$2 ;;
      --site) TVEM_SITE=$2 ;;
      --logs) logs=$2 ;;
      --sbatch) options+=("$2") ;;
    esac
    shift 2
  done
  arguments=("$@")
  [ ${#arguments[@]} -gt 0 ] || { usage >&2; exit 2; }
}

# The site's file must be there, and ask srun for what this Slurm has.
check_site() {
  local file=$root/jobs/sites/$TVEM_SITE.env mpi known
  [ -f "$file" ] || refuse "there is no jobs/sites/$TVEM_SITE.env; there are $(cd "$root/jobs/sites" && echo *.env)"
  mpi=$(sed -n 's/^TVEM_LAUNCHER_OPTIONS=.*--mpi=\([A-Za-z0-9_]*\).*/\1/p' "$file")
  [ -n "$mpi" ] || return 0
  known=$(srun --mpi=list 2>&1) || return 0 # without srun here, the job itself will see
  grep -qw "$mpi" <<<"$known" || refuse "jobs/sites/$TVEM_SITE.env asks for srun --mpi=$mpi, which this Slurm has not; it has:" $known
}

# tvem's sentences on wrong input appear here, before anything waits in a queue.
check_work() {
  local code=0 argument
  [ -x "$tvem" ] || refuse "there is no program $tvem; build it (README.md), or say in TVEM where it is"
  for argument in "${arguments[@]}"; do
    if [ "$argument" = --help ]; then exec "$tvem" "${arguments[@]}"; fi
  done
  "$tvem" "${arguments[0]}" --status "${arguments[@]:1}" || code=$?
  case $code in
    75) ;;
    0) echo "submit.sh: all of this is finished: nothing to submit"; exit 0 ;;
    *) exit "$code" ;;
  esac
}

# Seconds of a time limit as sbatch takes it: minutes, M:S, H:M:S, D-H, D-H:M, D-H:M:S; nothing for another text.
seconds_of() {
  local days=0 text=$1 parts
  if [[ $text == *-* ]]; then
    days=${text%%-*} text=${text#*-}
    IFS=: read -ra parts <<<"$text"
    set -- "${parts[0]}" "${parts[1]:-0}" "${parts[2]:-0}"
  else
    IFS=: read -ra parts <<<"$text"
    case ${#parts[@]} in
      1) set -- 0 "${parts[0]}" 0 ;;
      2) set -- 0 "${parts[@]}" ;;
      *) set -- "${parts[@]}" ;;
    esac
  fi
  if [[ $days$1$2$3 =~ ^[0-9]+$ ]]; then echo $((86400 * 10#$days + 3600 * 10#$1 + 60 * 10#$2 + 10#$3)); fi
}

# A job whose whole round lies within the notice is asked to stop as it begins.
check_limit() {
  local notice option seconds
  notice=$(sed -n 's/^#SBATCH --signal=.*@//p' "$root/jobs/slurm/${arguments[0]}.sbatch")
  for option in ${options[@]+"${options[@]}"}; do
    if [[ $option =~ ^--signal=.*@([0-9]+)$ ]]; then notice=${BASH_REMATCH[1]}; fi
  done
  seconds=$(seconds_of "$limit")
  if [ -n "$seconds" ] && [ "$seconds" -le "$notice" ]; then
    echo "submit.sh: warning: --time $limit is not above the notice of $notice s before the limit: a round ends as it begins; give more time," \
      "or a shorter notice (--sbatch --signal=B:USR2@SECONDS)" >&2
  fi
}

# The number of a submitted job.
submit() {
  local command=(sbatch --parsable --ntasks="$ntasks" --time="$limit" --export=ALL "$@" ${options[@]+"${options[@]}"}
    "$root/jobs/slurm/${arguments[0]}.sbatch" "${arguments[@]:1}")
  if [ -n "$is_dry_run" ]; then
    printf '%q ' "TVEM_FIRST_INDEX=${TVEM_FIRST_INDEX:-0}" "${command[@]}" >&2
    echo >&2
    echo JOB
  else
    "${command[@]}"
  fi
}

has_own_array() { printf '%s\n' ${options[@]+"${options[@]}"} | grep -qE -e '^(--array|-a)'; }

# An array, cut into several where Slurm's MaxArraySize says so. Those follow one another where --parallel limits them.
submit_array() {
  local runs most first last job='' log=$1 after=()
  runs=$(("$("$tvem" sweep --list --tsv "${arguments[@]:1}" | wc -l)" - 1))
  most=$(scontrol show config 2>/dev/null | sed -n 's/^MaxArraySize *= *//p') || most=
  for ((first = 0; first < runs; first += ${most:-$runs})); do
    last=$((runs - first < ${most:-$runs} ? runs - first - 1 : ${most:-$runs} - 1))
    if [ -n "$parallel" ] && [ -n "$job" ]; then after=("--dependency=afterany:${job%%;*}"); fi
    job=$(TVEM_FIRST_INDEX=$first submit --output="$log" "--array=0-$last${parallel:+%$parallel}" ${after[@]+"${after[@]}"})
    echo "Submitted batch job ${job%%;*}: runs $first to $((first + last))"
  done
}

read_options "$@"
check_site
check_work
check_limit
if [ -z "$is_dry_run" ]; then mkdir -p "$logs"; fi
logs=$(realpath -m "$logs")
if [ "${arguments[0]}" = run ]; then
  job=$(submit --output="$logs/tvem-%j.log")
  echo "Submitted batch job ${job%%;*}"
elif has_own_array; then
  job=$(submit --output="$logs/tvem-%A_%a.log")
  echo "Submitted batch job ${job%%;*}"
else
  submit_array "$logs/tvem-%A_%a.log"
fi
