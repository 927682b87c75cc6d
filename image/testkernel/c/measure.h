// SPDX-License-Identifier: Apache-2.0
/* Instructions that something takes: the least of several times, because a tick may fall into one.
 * The kernel counts them, and reading the counter takes some: what two readings in a row see is taken
 * off. */
#ifndef MEASURE_H
#define MEASURE_H

#include "checks.h"

enum { TIMES = 12 };

extern volatile uint32_t begun, ended;

/* Set when the other task of a measurement has done its part. */
extern volatile bool is_over;

/* The other of two tasks of one priority that take turns, and the turn that is measured (switches.c). */
void *yields(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d);
void yield(void);

static inline uint32_t reading(void) {
  uint32_t least = 0xffffffff;
  for (int i = 0; i < TIMES; i++) {
    uint32_t first = test_instructions(), second = test_instructions();
    if (second - first < least) least = second - first;
  }
  return least;
}

/* `begun` and `ended` are set by whatever `step` does. The watch on masked interrupts is off meanwhile, and
 * sees one more step. */
static inline uint32_t least_of(void (*step)(void)) {
  uint32_t least = 0xffffffff, own = reading();
  test_watch(false);
  for (int i = 0; i < TIMES; i++) {
    step();
    if (ended - begun < least) least = ended - begun;
  }
  test_watch(true);
  step();
  return least > own ? least - own : 0;
}

#endif
