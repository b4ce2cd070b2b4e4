#!/usr/bin/env bash
# Installs what tvem needs from Debian's or Ubuntu's packages, and nothing that is there already.
#   bash jobs/install-dependencies.sh            to build and run, and to draw figures
#   bash jobs/install-dependencies.sh --tests    to run the tests too
#   behind it, --slurm for those on Slurm, and --aarch64 for those of a cross build for ARM
# On another system it names what is needed and stops.
set -euo pipefail

packages=(g++ make cmake git libopenmpi-dev openmpi-bin libhdf5-dev libeigen3-dev
  libboost-program-options-dev libfmt-dev libssl-dev librandom123-dev python3-numpy python3-h5py python3-xarray
  python3-h5netcdf python3-matplotlib)
test_packages=(libgtest-dev libbenchmark-dev hdf5-tools python3-pytest ccache)

slurm_packages=(slurmctld slurmd slurm-client munge)
aarch64_packages=(g++-aarch64-linux-gnu qemu-user)
for argument in "$@"; do
  case $argument in
    --tests) packages+=("${test_packages[@]}") ;;
    --slurm) packages+=("${slurm_packages[@]}") ;;
    --aarch64) packages+=("${aarch64_packages[@]}") ;;
    *)
      echo "install-dependencies.sh: unknown argument \"$argument\"; it takes --tests, --slurm, --aarch64 or nothing" >&2
      exit 2
      ;;
  esac
done

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "This system has no apt-get. Please provide these packages, by their Debian names:" >&2
  printf '  %s\n' "${packages[@]}" >&2
  echo "The README says how to do it without root (modules, Spack)." >&2
  exit 2
fi

is_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${packages[@]}"; do
  case $package in
    libhdf5-dev)  # any flavour of HDF5 serves
      is_installed libhdf5-dev || is_installed libhdf5-openmpi-dev || is_installed libhdf5-mpich-dev ||
        missing+=("$package") ;;
    *) is_installed "$package" || missing+=("$package") ;;
  esac
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "All packages are installed."
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing, and neither root nor sudo is at hand: ${missing[*]}" >&2
    exit 2
  fi
  as_root=(sudo)
fi
echo "Installing: ${missing[*]}"
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600)
"${apt[@]}" update
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null
