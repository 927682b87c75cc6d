// SPDX-License-Identifier: Apache-2.0
/* A shared library for dynamic.c: a function, data that needs a relocation, and a variable of each thread. */
#include <time.h>

static int value = 7;
static int *const pointer = &value;
__thread int plug_own = 5;

int plug_add(int number) { return *pointer + number; }

/* The address of the calling thread's variable, which begins with 5. */
int *plug_variable(void) { return &plug_own; }

/* Seconds of monotonic time, by a function of another library. */
long long plug_seconds(void) {
  struct timespec now;
  return clock_gettime(CLOCK_MONOTONIC, &now) ? -1 : now.tv_sec;
}
