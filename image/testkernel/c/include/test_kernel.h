/* The C code of the test kernel, and what it has of the kernel besides liteos.h. */
#ifndef TEST_KERNEL_H
#define TEST_KERNEL_H

#include "liteos.h"

/* All tests, then the measurements; 0 if every check held. */
uint32_t test_main(void);

/* The kernel's. */
void test_write(const uint8_t *text, size_t count);
uint32_t test_instructions(void);
uint32_t test_longest_masked(void);

#endif
