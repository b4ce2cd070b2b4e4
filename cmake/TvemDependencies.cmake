# Every library tvem is built with, in one place. On a cluster without root, load the site's modules or
# point CMAKE_PREFIX_PATH at a Spack view.
set(MPI_CXX_SKIP_MPICXX TRUE)
if(TVEM_MPI)
  find_package(MPI REQUIRED COMPONENTS CXX)
else()
  set(MPI_CXX_VERSION none)
endif()
find_package(Threads REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C HL)  # serial or parallel: tvem writes from one process
find_package(Eigen3 3.3 REQUIRED NO_MODULE)
find_package(Boost 1.70 REQUIRED COMPONENTS program_options)
find_package(fmt 8 REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)

find_path(RANDOM123_INCLUDE_DIR Random123/philox.h)
if(NOT RANDOM123_INCLUDE_DIR)
  message(FATAL_ERROR "Random123 was not found. Debian and Ubuntu: apt install librandom123-dev; "
                      "elsewhere it is header-only: set RANDOM123_INCLUDE_DIR to its include folder.")
endif()
add_library(Random123 INTERFACE)
target_include_directories(Random123 SYSTEM INTERFACE ${RANDOM123_INCLUDE_DIR})

if(HDF5_IS_PARALLEL AND NOT TVEM_MPI)
  message(FATAL_ERROR "This HDF5 was built with MPI, which TVEM_MPI=OFF leaves out. Debian and Ubuntu: apt install "
                      "libhdf5-dev, and set HDF5_PREFER_PARALLEL=OFF or HDF5_ROOT to the serial one.")
endif()

# FindHDF5 defines these targets itself from CMake 3.20 on.
if(NOT TARGET hdf5::hdf5_hl)
  message(FATAL_ERROR "HDF5's high-level library (hdf5_hl) was not found; it is part of HDF5's own build.")
endif()
