# Flags for every target of ours.
#  -ffp-contract=off: the compiler may not fuse multiply and add on its own, since it would do so
#  differently in the body and the tail of a loop; kernels fuse explicitly (docs/architecture.md). There is no -ffast-math here, and there must never be.
add_library(tvem_flags INTERFACE)
target_compile_options(tvem_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -ffp-contract=off
  -Wno-missing-field-initializers  # designated initialisers name what they set
  $<$<BOOL:${TVEM_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(tvem_flags INTERFACE -Wno-sign-conversion)  # GCC's -Wconversion leaves it out, too
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 warns falsely inside std::string's operator+ (GCC bug 105651).
  target_compile_options(tvem_flags INTERFACE -Wno-restrict)
endif()
if(TVEM_SANITIZE)
  target_compile_options(tvem_flags INTERFACE -fsanitize=${TVEM_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(tvem_flags INTERFACE -fsanitize=${TVEM_SANITIZE})
endif()

# tvem_include_folder(TARGET VISIBILITY): TARGET sees this folder's headers by their path in the tree, as in
# "framework/core/error.hpp", and through an include folder of its own no others.
function(tvem_include_folder target visibility)
  file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(include_dir ${CMAKE_BINARY_DIR}/include/${target})
  get_filename_component(parent ${include_dir}/${path} DIRECTORY)
  file(REMOVE_RECURSE ${include_dir})  # links that an earlier tree has left
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${include_dir}/${path} SYMBOLIC)
  target_include_directories(${target} ${visibility} ${include_dir})
endfunction()

# tvem_module(NAME [SOURCES a.cpp ...] [PUBLIC libs] [PRIVATE libs]): the library tvem_NAME of this folder.
# Only linking it makes its headers visible.
function(tvem_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  if(ARG_SOURCES)
    add_library(tvem_${name} STATIC ${ARG_SOURCES})
    tvem_include_folder(tvem_${name} PUBLIC)
    target_link_libraries(tvem_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} tvem_flags)
  else()
    add_library(tvem_${name} INTERFACE)
    tvem_include_folder(tvem_${name} INTERFACE)
    target_link_libraries(tvem_${name} INTERFACE ${ARG_PUBLIC})
  endif()
  tvem_check_headers(${name})
endfunction()

# Every public header must compile on its own, with nothing but what its module links. One with a source of
# its name is the first that this source includes, and so is compiled on its own there.
function(tvem_check_headers name)
  if(NOT TVEM_TESTS)
    return()
  endif()
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(units "")
  foreach(header ${headers})
    string(REGEX REPLACE "hpp$" "cpp" source ${header})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${source})
      continue()
    endif()
    set(unit ${CMAKE_BINARY_DIR}/header_check/${name}/${header}.cpp)
    file(GENERATE OUTPUT ${unit} CONTENT "#include \"${path}/${header}\"\n")
    list(APPEND units ${unit})
  endforeach()
  if(units)
    add_library(tvem_${name}_headers OBJECT ${units})
    target_link_libraries(tvem_${name}_headers PRIVATE tvem_${name} tvem_flags)
  endif()
endfunction()

# tvem_variants(NAME SOURCE): compiles SOURCE once per instruction set into module NAME, with TVEM_VARIANT
# its name and TVEM_VECTOR_BYTES the size of a vector. Which one runs is decided at start
# (framework/core/processor/variants.hpp). Nothing else of ours is compiled for more than the baseline, and these sources
# include neither Eigen nor use any inline code that the linker could merge with other objects' (one
# definition rule): otherwise a binary would die on an older processor.
function(tvem_variants name source)
  set(instruction_sets portable:16)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    list(APPEND instruction_sets avx2:32 avx512:64)
  endif()
  get_filename_component(stem ${source} NAME_WE)
  foreach(pair ${instruction_sets})
    string(REPLACE ":" ";" pair ${pair})
    list(GET pair 0 set)
    list(GET pair 1 bytes)
    set(target tvem_${name}_${stem}_${set})
    add_library(${target} OBJECT ${source})
    target_compile_definitions(${target} PRIVATE TVEM_VARIANT=${set} TVEM_VECTOR_BYTES=${bytes})
    # -Wno-psabi: vectors are passed only between inlined functions of one file. GCC 12 warns falsely
    # inside its own AVX-512 header (GCC bug 105593).
    target_compile_options(${target} PRIVATE -Wno-psabi
      $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized -Wno-maybe-uninitialized>
      $<$<STREQUAL:${set},avx2>:-mavx2 -mfma>
      $<$<STREQUAL:${set},avx512>:-mavx512f -mavx512dq -mavx512vl -mavx2 -mfma>)
    target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/include/tvem_core
      ${CMAKE_BINARY_DIR}/include/tvem_${name})
    target_link_libraries(${target} PRIVATE tvem_flags)
    target_sources(tvem_${name} PRIVATE $<TARGET_OBJECTS:${target}>)
  endforeach()
endfunction()
