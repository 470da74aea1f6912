# SPDX-License-Identifier: Apache-2.0
# Not a test: writes the golden captures, golden/README.md.
add_executable(make_golden EXCLUDE_FROM_ALL ${MARLLB_TEST_DIR}/make_golden.c)
target_link_libraries(make_golden PRIVATE marllb_support)
