// SPDX-License-Identifier: Apache-2.0
/* Measures how many instructions something takes: the minimum of several runs, because a tick may
 * fall into one. The kernel counts the instructions. Reading the counter takes some itself; the
 * difference of two consecutive readings is subtracted. */
#ifndef MEASURE_H
#define MEASURE_H

#include "checks.h"

enum { TIMES = 12 };

extern volatile uint32_t begun, ended;

/* Set when the other task of a measurement is to end. */
extern volatile bool is_over;

/* The other of two tasks of one priority that yield to each other, and the measured yield
 * (switches.c). */
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

/* Returns the minimum of `ended` - `begun`, which `step` sets. The watch on masked interrupts is
 * off during these runs, and on during one more. */
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
