// SPDX-License-Identifier: Apache-2.0
/* The figures of the kit vsched and of coroutines, as figures.c prints its own. A program of its own,
 * because the size of a program is a part of what fork and exec cost.
 */
#include <stdio.h>

#include "coroutines.h"
#include "measure.h"
#include "vsched_kit.h"

enum { CALLS = 512 };

static void figure(const char *name, clock_call *call, int calls) {
  printf("%s %.1f\n", name, (double)cost_of_calls(call, 0, CALLS) * INSTRUCTIONS_PER_COUNT / CALLS / calls);
}

/* Two coroutines (image/coroutines/switch.S), of which each continues the other. */
static void *contexts[2];
static struct coroutine_worker worker;

static void other_coroutine(void) {
  for (;;) coroutine_switch(&contexts[1], contexts[0], &worker);
}

static int two_switches(int id, void *time) {
  coroutine_switch(&contexts[0], contexts[1], &worker);
  return 0;
}

int main(void) {
  static uint64_t stack[512];
  contexts[1] = coroutine_prepare(stack + 512, other_coroutine);
  figure("coroutine_switch", two_switches, 2);
  if (vsched_kit_bind() != KIT_NO_ERROR) return 1;
  /* No other task waits. */
  figure("vsched_slice", (clock_call *)(void *)vsched_kit.vsched_slice, 1);
  figure("vsched_yield", (clock_call *)(void *)vsched_kit.vsched_yield_if_needed, 1);
  return 0;
}
