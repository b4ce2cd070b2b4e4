#!/usr/bin/env bash
# A throw-away Slurm on this one host: munged, slurmctld and N slurmd ("virtual nodes" n1..nN).
#   minislurm.sh start  DIR [NODES [CPUS_PER_NODE]]     prints the line to source: export SLURM_CONF=...
#   minislurm.sh run    DIR [NODES [CPUS_PER_NODE]] -- COMMAND...   start, run, stop (what CI uses)
#   minislurm.sh status DIR
#   minislurm.sh stop   DIR
# MINISLURM_ISOLATE=1 (run only): in own network, pid and host-name namespaces (util-linux, iproute2):
# nothing but loopback exists there, and whatever is left over dies with the command.
# Needs: slurmctld slurmd slurm-client munge (Debian 12).
# No root, systemd or cgroups needed; listens on loopback only (where the host name resolves to it); everything it writes is under DIR;
# ends only processes it started (recorded pid, and that process's environment names DIR).
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
usage() { sed -n '2,6p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
verb=$1; D=$(realpath -m "$2"); shift 2
nodes=2; cpus=2
if [[ ${1:-} =~ ^[0-9]+$ ]]; then nodes=$1; shift; fi
if [[ ${1:-} =~ ^[0-9]+$ ]]; then cpus=$1; shift; fi
if [ "${1:-}" = -- ]; then shift; fi
if [ "$verb" = run ] && [ "${MINISLURM_ISOLATE:-0}" != 0 ]; then
  user=(); if [ "$(id -u)" != 0 ]; then user=(--map-current-user --keep-caps); fi
  # the extra address: without one that is not 127.*, glibc (AI_ADDRCONFIG) resolves nothing
  MINISLURM_ISOLATE=0 exec unshare "${user[@]}" --net --uts --pid --fork --kill-child --mount-proc bash -c \
    'ip addr add 10.255.255.1/32 dev lo && ip link set lo up && hostname localhost && exec "$@"' \
    _ "$0" run "$D" "$nodes" "$cpus" -- "$@"
fi
me=$(id -un); host=$(hostname -s)
# Slurm's tools listen on the address of this host's name: 127.0.0.1 where /etc/hosts says so
addr=$(getent ahostsv4 "$host" | awk '$1 ~ /^127/ {print "127.0.0.1"; exit} {a = $1} END {print a}' | head -n 1) || true
[ -n "$addr" ] || { echo "minislurm: the host name $host does not resolve; use MINISLURM_ISOLATE=1" >&2; exit 1; }

mine() { { tr '\0' '\n' <"/proc/$1/environ" | grep -qxF "MINISLURM_DIR=$D"; } 2>/dev/null; }
alive() { local p; for p in $(cat "$D/pids" 2>/dev/null); do if mine "$p"; then echo "$p"; fi; done; }

stop() {
  [ -d "$D" ] || return 0
  export SLURM_CONF=$D/slurm.conf
  if [ -e "$SLURM_CONF" ] && timeout 3 scontrol ping 2>/dev/null | grep -q 'is UP'; then
    timeout 3 scancel -u "$me" 2>/dev/null || true             # let the jobs end first
    for _ in $(seq 50); do [ -z "$(timeout 3 squeue -h 2>/dev/null)" ] && break; sleep 0.1; done
  fi
  local sig p
  for sig in TERM KILL; do
    for p in $(alive | tac); do kill -$sig "$p" 2>/dev/null || true; done
    for _ in $(seq 30); do [ -z "$(alive)" ] && break 2; sleep 0.1; done
  done
  rm -f "$D/pids"
}

spawn() {  # spawn NAME COMMAND...: a daemon in the foreground of its own session, its pid recorded
  local name=$1; shift
  MINISLURM_DIR=$D SLURM_CONF=$D/slurm.conf setsid "$@" </dev/null >>"$D/log/$name.out" 2>&1 9>&- &
  echo $! >>"$D/pids"
}
await() {  # await SECONDS COMMAND...: until it succeeds
  local until=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $until ] || return 1; sleep 0.1; done
}
nodes_idle() { [ "$(timeout 3 sinfo -h -t idle -o %D)" = "$nodes" ]; }

start() {
  [ -z "$(alive)" ] || { echo "minislurm: already running in $D" >&2; return 1; }
  umask 022
  mkdir -p "$D"/{run,state,log}; for i in $(seq "$nodes"); do mkdir -p "$D/tmp/n$i" "$D/spool/n$i"; done
  : >"$D/pids"
  rm -f "$D/munge.key"; (umask 077; head -c 1024 /dev/urandom >"$D/munge.key")
  # Every virtual node gets its own scratch and shared-memory folder: otherwise the shared-memory
  # files of two "nodes" of one host collide and Open MPI segfaults in btl vader. Not in the batch
  # step: mpirun forwards that step's OMPI_MCA_* to every node.
  cat >"$D/task_prolog" <<C
#!/bin/sh
echo "export TMPDIR=$D/tmp/\$SLURMD_NODENAME"
[ -z "\$SLURM_STEP_ID" ] || echo "export OMPI_MCA_btl_vader_backing_directory=$D/tmp/\$SLURMD_NODENAME"
echo "export OMPI_MCA_btl_tcp_if_include=lo"
echo "export OMPI_MCA_oob_tcp_if_include=lo"
echo "export OMPI_MCA_mpi_yield_when_idle=1"   # the virtual nodes share the real cores
C
  chmod 755 "$D/task_prolog"
  local port range
  while :; do   # a run of loopback ports that nothing listens on
    port=$((20000 + RANDOM % 10000)); local p busy=0
    for p in $(seq $port $((port + nodes + 2))); do if (: <"/dev/tcp/$addr/$p") 2>/dev/null; then busy=1; fi; done
    if [ $busy = 0 ]; then break; fi
  done
  range=$((port + 1)); if [ "$nodes" -gt 1 ]; then range="[$range-$((port + nodes))]"; fi
  cat >"$D/slurm.conf" <<C
ClusterName=mini
SlurmctldHost=$host($addr)
SlurmctldPort=$port
SlurmUser=$me
SlurmdUser=$me
AuthType=auth/munge
AuthInfo=socket=$D/run/munge.socket
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$D/state
SlurmdSpoolDir=$D/spool/%n
TmpFS=$D/tmp/%n
SlurmctldPidFile=$D/run/slurmctld.pid
SlurmdPidFile=$D/run/slurmd-%n.pid
SlurmctldLogFile=$D/log/slurmctld.log
SlurmdLogFile=$D/log/slurmd-%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TaskProlog=$D/task_prolog
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0,bf_interval=1
ReturnToService=2
KillWait=5
MinJobAge=86400
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=5
JobCompType=jobcomp/filetxt
JobCompLoc=$D/jobcomp.txt
AccountingStorageType=accounting_storage/none
NodeName=n[1-$nodes] NodeHostname=$host NodeAddr=$addr Port=$range CPUs=$cpus RealMemory=1024 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP DefMemPerCPU=256
C
  # slurmd loads a cgroup plugin even if nothing uses it; v2 wants systemd, v1 wants nothing
  echo "CgroupPlugin=cgroup/v1" >"$D/cgroup.conf"
  export SLURM_CONF=$D/slurm.conf
  spawn munged munged --foreground --force --socket="$D/run/munge.socket" --key-file="$D/munge.key" \
    --pid-file="$D/run/munged.pid" --log-file="$D/log/munged.log" --seed-file="$D/run/munged.seed" --num-threads=4
  await 5 munge -n -S "$D/run/munge.socket"
  spawn slurmctld slurmctld -D -c
  await 10 timeout 3 scontrol ping
  for i in $(seq "$nodes"); do spawn slurmd-n$i slurmd -D -N "n$i"; done
  await 15 nodes_idle
}

launch() {
  # errexit is off inside "if"/"||": run start as a plain subshell command and look at its status
  set +e; (set -e; start); local rc=$?; set -e
  if [ $rc != 0 ]; then echo "minislurm: did not come up; see $D/log" >&2; for l in "$D"/log/*.log; do echo "== $l"; tail -n 5 "$l"; done >&2 || true; stop; return 1; fi
}

case $verb in
  start) launch && echo "export SLURM_CONF=$D/slurm.conf" ;;
  run) [ $# -gt 0 ] || usage; trap stop EXIT; launch; SLURM_CONF=$D/slurm.conf "$@" ;;
  status) export SLURM_CONF=$D/slurm.conf; scontrol ping; sinfo -N; squeue ;;
  stop) stop ;;
  *) usage ;;
esac
