#!/usr/bin/env bash
# The tests on Slurm: starts one for them, two virtual nodes on this host, and ends it.
#   run.sh PYTHON TVEM SOURCE_FOLDER
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d /tmp/tvem-mini-XXXXXX) # short: sockets have short names
trap 'rm -rf "$folder"' EXIT
# Where the host's name has no address, in a network namespace of its own.
getent ahostsv4 "$(hostname -s)" >/dev/null || export MINISLURM_ISOLATE=1
timeout -k 20 1750 bash "$here/minislurm.sh" run "$folder" 2 2 -- "$1" "$here/slurm_test.py" "$2" "$3"
