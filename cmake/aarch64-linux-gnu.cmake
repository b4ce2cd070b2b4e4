# Builds for ARM with Debian's cross compiler; CMAKE_SYSROOT has the libraries (tests/aarch64/aarch64_test.sh).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# Debian's names; the wrapper h5cc would name those of the host.
set(HDF5_C_LIBRARY_hdf5 ${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/libhdf5_serial.so CACHE FILEPATH "")
set(HDF5_C_LIBRARY_hdf5_hl ${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu/libhdf5_serial_hl.so CACHE FILEPATH "")
