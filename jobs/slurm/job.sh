# shellcheck shell=bash
# What run.sbatch and sweep.sbatch share; sourced by them, in a job.
#   TVEM_ROOT           clone of the repository (set by submit.sh; else the folder that sbatch was called in)
#   TVEM_SITE           jobs/sites/NAME.env: modules, launcher, environment of the ranks (default: default)
#   TVEM_MAX_REQUEUES   how often a job may go back into the queue (default: 100)
TVEM_ROOT=${TVEM_ROOT:-$SLURM_SUBMIT_DIR}
site=$TVEM_ROOT/jobs/sites/${TVEM_SITE:-default}.env
if [ ! -f "$site" ]; then
  echo "job.sh: there is no $site; call sbatch in the clone, or set TVEM_ROOT and TVEM_SITE" >&2
  exit 2
fi
# mpirun answers TERM by killing the ranks soon after; they need time for a checkpoint. Slurm itself gives them half a minute. (A site's file may
# set it otherwise.)
export OMPI_MCA_odls_base_sigkill_timeout=25
# shellcheck source=../environment.sh
source "$TVEM_ROOT/jobs/environment.sh"
# shellcheck source=../sites/default.env
source "$site"
tvem=${TVEM:-$TVEM_ROOT/build/bin/tvem}
# Of an array task: the plain id of one of them stands for the whole array.
job=$SLURM_JOB_ID
[ -z "${SLURM_ARRAY_JOB_ID:-}" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
is_asked_to_stop=0
launcher_code=0
was_others_turn=0
trap 'is_asked_to_stop=1' USR2 # from here on, for launch to look at

# work run|sweep ARGUMENTS: a round of `tvem run` or `tvem sweep`, and another one while something is left to do.
work() {
  local code=0
  ask=("$tvem" "$1" --status --tsv "${@:2}")
  before=$(status) || code=$?
  if [ $code = 2 ]; then exit 2; fi
  out=$(folder_in "$@")
  if is_others_turn "$before"; then was_others_turn=1; fi
  launch "$tvem" "$@"
  finish
}

# How far what was asked for is, a line for each run (run, state, steps and evaluations): code 0 when all is finished, 75 when something is left,
# 2 when the input is wrong. Anything else is a trouble of this node or the file system, that may pass.
status() {
  local tries code
  for tries in 1 2 3; do
    code=0
    "${ask[@]}" || code=$?
    case $code in 0 | 2 | 75) return $code ;; esac
    if [ "$tries" != 3 ]; then sleep 10; fi
  done
  echo "job.sh: ${ask[*]} ended with $code" >&2
  return 75
}

# The folder that --out names among the arguments.
folder_in() {
  while [ $# -gt 0 ]; do
    case $1 in
      --out) echo "${2:-}" ;;
      --out=*) echo "${1#--out=}" ;;
    esac
    shift
  done
}

# Starts the ranks and waits for them. The batch shell gets USR2 before the time limit (--signal=B:USR2) and hands it on; the
# ranks then keep their state and end.
launch() {
  local pid
  trap cut_off TERM
  if [ $is_asked_to_stop = 1 ]; then return 0; fi
  if [ "$TVEM_LAUNCHER" = mpirun ]; then
    # shellcheck disable=SC2086
    mpirun $TVEM_LAUNCHER_OPTIONS -n "${SLURM_NTASKS:-1}" "$@" &
    pid=$!
    trap 'hand_on kill -USR2 '"$pid" USR2
  else
    # Without --kill-on-bad-exit, srun would wait for ever when a rank dies.
    # shellcheck disable=SC2086
    srun --kill-on-bad-exit=1 $TVEM_LAUNCHER_OPTIONS "$@" &
    pid=$!
    trap 'hand_on signal_step '"$pid" USR2
  fi
  # A trap ends `wait`, not the ranks.
  while kill -0 "$pid" 2>/dev/null; do
    if [ "$TVEM_LAUNCHER" = mpirun ] && [ $is_asked_to_stop = 1 ]; then
      end_mpirun "$pid"
    else
      launcher_code=0
      wait "$pid" || launcher_code=$?
    fi
  done
  trap '' USR2
}

# Once: the ranks end at once at a second signal.
hand_on() {
  if [ $is_asked_to_stop = 1 ]; then return 0; fi
  is_asked_to_stop=1
  "$@" || true
}

# Hands the signal on to the ranks of srun (its process id: $1); again while its step is not there yet.
signal_step() {
  local tries=0
  while kill -0 "$1" 2>/dev/null && [ $tries -lt 20 ] && ! scancel --signal=USR2 "$job"; do
    sleep 1
    tries=$((tries + 1))
  done
}

# Whether ranks of this job are at work on the folder.
are_ranks_at_work() { grep -qsx "job $SLURM_JOB_ID" "$out"/claim.txt "$out"/*/claim.txt; }

# After it has handed on a signal, mpirun within Slurm may wait for ever though its ranks have ended: so it is ended ten seconds after
# the last of this job's claims is gone.
end_mpirun() {
  local quiet=0
  while kill -0 "$1" 2>/dev/null && [ $quiet -lt 10 ]; do
    sleep 1
    if are_ranks_at_work; then quiet=0; else quiet=$((quiet + 1)); fi
  done
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# TERM after the warning: the time limit itself, which the ranks have not kept to. They go on from their last checkpoint in the next
# round. Without a warning somebody else ends the job.
cut_off() {
  if [ $is_asked_to_stop = 1 ]; then finish; fi
  exit 143
}

# The state without who is at work and who has failed.
progress_in() { cut -f1,3- <<<"$1"; }

# Whether all that is left is somebody else's, who is at work on it.
is_others_turn() {
  if are_ranks_at_work; then return 1; fi
  awk -F'\t' 'NR > 1 && $2 != "finished" { ++left } NR > 1 && $2 == "running" { ++running } END { exit !(left && left == running) }' <<<"$1"
}

# Puts the job back into the queue, unless somebody has cancelled it.
requeue() {
  local tries state
  for tries in 1 2; do
    state=$(scontrol show job "$job") || state=
    case $state in
      *JobState=CANCELLED*) return 1 ;;
      *JobState=*) if scontrol requeue "$job"; then return 0; fi ;;
    esac
    if [ $tries = 1 ]; then sleep 10; fi
  done
  return 1
}

# Decides by what the files say, never by the launcher's code: ends the job when all is finished, puts it back into the queue when something is
# left, and gives up when nothing has come of two rounds one after another, when nothing has come of one whose input was wrong, or when the
# limit is reached. Uses `before`, the status at the start, and `out`, the folder.
finish() {
  local after code=0
  trap '' TERM
  after=$(status) || code=$?
  echo "$after"
  local restarts=${SLURM_RESTART_COUNT:-0}
  local stalled=$out/stalled.$job # holds the number of the round that got nowhere
  if [ $code != 75 ]; then
    rm -f "$stalled"
    exit "$code"
  fi
  if [ -n "$after" ] && [ "$(progress_in "$after")" != "$(progress_in "$before")" ]; then
    rm -f "$stalled"
  elif [ $was_others_turn = 1 ] || is_others_turn "$after"; then
    echo "job.sh: what is left is another job's, which is at work on it"
  elif [ $launcher_code = 2 ]; then
    exit 2
  elif [ "$(cat "$stalled" 2>/dev/null)" = $((restarts - 1)) ] || ! { mkdir -p "$out" && echo "$restarts" >"$stalled"; }; then
    rm -f "$stalled"
    echo "job.sh: nothing has come of two rounds; see the messages above. Submit it again to go on, perhaps with more time" >&2
    if [ "$launcher_code" != 0 ] && [ "$launcher_code" != 75 ]; then
      echo "job.sh: the ranks are started as $site says ($TVEM_LAUNCHER $TVEM_LAUNCHER_OPTIONS), which ended with" \
        "$launcher_code; srun --mpi=list shows what this Slurm has" >&2
    fi
    exit 1
  fi
  if [ "$restarts" -ge "${TVEM_MAX_REQUEUES:-100}" ]; then
    echo "job.sh: after $restarts requeues there is still something to do (TVEM_MAX_REQUEUES); submit it again to go on" >&2
    exit 75
  fi
  echo "job.sh: not finished: back into the queue, for the $((restarts + 1)). time"
  requeue || echo "job.sh: the job was cancelled, or Slurm does not take it back; submit it again to go on" >&2
  exit 75
}
