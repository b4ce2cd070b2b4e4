#!/usr/bin/env bash
# By hand, since it takes about six minutes: a job with a real time limit of a minute goes on over as many rounds as it needs, and
# ends in the bits of a run without a limit.
#   bash tests/slurm/time_limit.sh TVEM
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ "${1:-}" != --inside ]; then
  folder=$(mktemp -d /tmp/tvem-limit-XXXXXX)
  trap 'rm -rf "$folder"' EXIT
  bash "$root/tests/slurm/minislurm.sh" run "$folder" 2 2 -- bash "${BASH_SOURCE[0]}" --inside "$(realpath "$1")" "$folder"
  exit
fi
export TVEM=$2
out=$3/out
keys=(--task.points 20 --model.layers 1 --model.width 16 --model.heads 2 --train.tasks_per_step 64 --train.checkpoint_every 0
  --train.checkpoint_minutes 0 --eval.tasks 16 --eval.estimators transformer --train.steps 100000)
# The warning may come a minute early or late: half a minute before the limit is enough for a model of this size.
job=$(bash "$root/jobs/submit.sh" --ntasks 2 --time 1 --sbatch --signal=B:USR2@30 --sbatch "--chdir=$3" run --out "$out" "${keys[@]}" |
  grep -o '[0-9]*$')
while squeue -h -j "$job" 2>/dev/null | grep -q .; do
  sleep 5
  # Without the two minutes between rounds; not before the last one is cleared away.
  if scontrol show job "$job" | grep -q 'Reason=BeginTime'; then
    sleep 8
    scontrol update jobid="$job" starttime=now || true
  fi
done
cat "$3/tvem-$job.log"
scontrol show job "$job" | grep -E 'JobState|Restarts'
"$TVEM" status "$out"
"$TVEM" run --out "$3/whole" "${keys[@]}" >/dev/null
/usr/bin/python3 - "$out" "$3/whole" <<'P'
import sys
import h5py
parameters = []
for folder in sys.argv[1:]:
    with h5py.File(folder + "/checkpoint.h5") as file:
        parameters.append({name: item[()].tobytes() for name, item in file["parameters"].items()})
print("the same bits" if parameters[0] == parameters[1] else "OTHER BITS")
sys.exit(parameters[0] != parameters[1])
P
