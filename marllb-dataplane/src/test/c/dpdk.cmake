# SPDX-License-Identifier: Apache-2.0
# The DPDK program as its users start it, where it is built.
if(TARGET marllb-dpdk AND CMOCKA_FOUND)
  add_executable(test_program ${MARLLB_TEST_DIR}/dpdk/test_program.c)
  target_link_libraries(test_program PRIVATE marllb_support PkgConfig::CMOCKA)
  add_test(NAME test_program COMMAND test_program $<TARGET_FILE:marllb-dpdk> WORKING_DIRECTORY ${MARLLB_TEST_DIR})
  set_tests_properties(test_program PROPERTIES LABELS dpdk)
endif()
