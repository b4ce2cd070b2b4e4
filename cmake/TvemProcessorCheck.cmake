# tvem_check_processor(TARGET): TARGET begins with framework/core/processor/processor_check.cpp, which knows the
# extensions that the compiler was allowed to use (CMAKE_CXX_FLAGS with -march=native, say).
# Nothing to check elsewhere than on x86-64.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}}")
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} ${flags} -dM -E -x c++ /dev/null
    OUTPUT_VARIABLE macros COMMAND_ERROR_IS_FATAL ANY)
  set(required "")
  foreach(extension SSE3 SSSE3 SSE4_1 SSE4_2 POPCNT AVX AVX2 FMA BMI BMI2 F16C AVX512F AVX512DQ AVX512BW
      AVX512CD AVX512VL AVX512VNNI AVX512BF16 AVXVNNI)
    if(macros MATCHES "#define __${extension}__ 1")
      string(TOLOWER ${extension} name)
      string(REGEX REPLACE "^sse4_" "sse4." name ${name})
      string(APPEND required "TVEM_REQUIRES(\"${name}\")\n")
    endif()
  endforeach()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/processor_check/tvem_required_extensions.inc
    CONTENT "${required}")
endif()

function(tvem_check_processor target)
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    return()
  endif()
  if(NOT TARGET tvem_processor_check)
    add_library(tvem_processor_check OBJECT ${CMAKE_SOURCE_DIR}/framework/core/processor/processor_check.cpp)
    target_compile_options(tvem_processor_check PRIVATE -march=x86-64 -mtune=generic)
    target_include_directories(tvem_processor_check PRIVATE ${CMAKE_BINARY_DIR}/processor_check)
    target_link_libraries(tvem_processor_check PRIVATE tvem_flags)
  endif()
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:tvem_processor_check>)
endfunction()
