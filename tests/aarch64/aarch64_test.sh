#!/usr/bin/env bash
# tvem for ARM has the bits of bits.txt: a cross build without MPI, run in an emulator.
#   aarch64_test.sh BUILD_FOLDER PYTHON
# Ends with 77 (skipped) without the cross compiler and the emulator, or without packages for ARM.
# BUILD_FOLDER gets the libraries as Debian's packages, unpacked, and the build. Nothing is installed.
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(mkdir -p "$1" && realpath "$1") python=$2
root=$build/root

for program in aarch64-linux-gnu-g++ qemu-aarch64 apt-get; do
  command -v $program >/dev/null && continue
  echo "skipped: there is no $program (jobs/install-dependencies.sh --aarch64)"
  exit 77
done

fetch_libraries() {
  local apt=$build/apt
  mkdir -p "$apt"/{lists/partial,cache/archives/partial} "$root"
  : >"$apt/status"
  local options=(-qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$apt" -o Dir::State::lists="$apt/lists"
    -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache" -o Debug::NoLocking=true -o APT::Sandbox::User=)
  apt-get "${options[@]}" update &&
    apt-get "${options[@]}" -y --no-install-recommends --download-only install libhdf5-dev libeigen3-dev libboost-program-options-dev \
      libfmt-dev libssl-dev librandom123-dev || return 1
  for package in "$apt"/cache/archives/*.deb; do
    dpkg-deb -x "$package" "$root"
  done
  rm -r "$apt"
  touch "$build/libraries_are_here"
}

if [ ! -e "$build/libraries_are_here" ] && ! fetch_libraries; then
  echo "skipped: no packages for arm64"
  exit 77
fi
# Little optimisation, and many sources in one: the compilation takes longer than the emulator.
cmake -S "$source" -B "$build/tvem" -DCMAKE_TOOLCHAIN_FILE="$source/cmake/aarch64-linux-gnu.cmake" -DCMAKE_SYSROOT="$root" \
  -DTVEM_MPI=OFF -DTVEM_WERROR=ON -DCMAKE_UNITY_BUILD=ON -DCMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG" >/dev/null
cmake --build "$build/tvem" --target tvem
"$python" "$source/tests/golden/bits_test.py" "$build/tvem/bin/tvem" "qemu-aarch64 -L $root" --emulator
