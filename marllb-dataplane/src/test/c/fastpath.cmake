# SPDX-License-Identifier: Apache-2.0
# Programs that Java tests run over their logs (ChoicesEqualTest, ReservoirsEqualTest), and the benchmark.
foreach(program replay_choices replay_reservoirs bench_core)
  if(EXISTS ${MARLLB_TEST_DIR}/${program}.c)
    add_executable(${program} ${MARLLB_TEST_DIR}/${program}.c)
    target_link_libraries(${program} PRIVATE marllb_core)
  endif()
endforeach()
