#!/usr/bin/env bash
# Submits a run or a sweep to Slurm.
#   bash jobs/submit.sh run   --config C.ini --out DIR [--SECTION.KEY VALUE ...]
#   bash jobs/submit.sh sweep --config C.ini --out DIR [--sweep.KEY LIST ...]      an array, a task for each run
# Options of this script, before `run` or `sweep`:
#   --ntasks N         MPI ranks, of each array task (default 4)
#   --time T           time limit of a round, as sbatch takes it (default 1:00:00); the job goes on in the next one
#   --parallel K       array tasks at once (default: as many as there is room for)
#   --site NAME        jobs/sites/NAME.env (default: default)
#   --sbatch OPTION    any option of sbatch, such as --sbatch --partition=long; may be given again
#   --dry-run          print what would be submitted
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ntasks=4
limit=1:00:00
parallel=
export TVEM_SITE=${TVEM_SITE:-default} TVEM_ROOT=$root
options=()
submit=sbatch
usage() { sed -n '2,13p' "${BASH_SOURCE[0]}" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case $1 in
    --ntasks) ntasks=${2:?--ntasks needs a number}; shift 2 ;;
    --time) limit=${2:?--time needs a limit}; shift 2 ;;
    --parallel) parallel=${2:?--parallel needs a number}; shift 2 ;;
    --site) TVEM_SITE=${2:?--site needs a name}; shift 2 ;;
    --sbatch) options+=("${2:?--sbatch needs an option}"); shift 2 ;;
    --dry-run) submit="echo sbatch"; shift ;;
    run | sweep) break ;;
    *) echo "submit.sh: unknown option \"$1\"" >&2; usage ;;
  esac
done
[ $# -gt 0 ] || usage
kind=$1
shift
tvem=${TVEM:-$root/build/bin/tvem}
if [ ! -f "$root/jobs/sites/$TVEM_SITE.env" ]; then
  echo "submit.sh: there is no jobs/sites/$TVEM_SITE.env; there are $(cd "$root/jobs/sites" && echo *.env)" >&2
  exit 2
fi
if [ "$kind" = sweep ]; then
  # Of a wrong configuration the sentences appear here, before anything waits in a queue.
  runs=$("$tvem" sweep --list "$@" | wc -l)
  options+=("--array=0-$((runs - 1))${parallel:+%$parallel}")
fi
$submit --ntasks="$ntasks" --time="$limit" --export=ALL ${options[@]+"${options[@]}"} "$root/jobs/slurm/$kind.sbatch" "$@"
