// SPDX-License-Identifier: Apache-2.0
/* Shared by the test programs: a check that reports a failure and continues, and the verdict.
 *
 * A program prints one line per failure and ends with status 0 if there was none, else 1. Every
 * expectation is Linux's: each program passes unmodified on Linux 6.1 for ARM.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int checks, failures;

/* Counts a check; where it failed, prints the message, which has printf's form. */
#define CHECK(condition, ...)                    \
  do {                                           \
    checks++;                                    \
    if (!(condition)) {                          \
      failures++;                                \
      printf("FAILED line %d: ", __LINE__);      \
      printf(__VA_ARGS__);                       \
      putchar('\n');                             \
    }                                            \
  } while (0)

/* Prints the last line, and returns the exit status of main. */
static int verdict(const char *name) {
  printf("%s: %d checks, %d failed\n", name, checks, failures);
  return failures ? 1 : 0;
}

#endif
