// SPDX-License-Identifier: Apache-2.0
/* For programs that make futex calls. */
#ifndef FUTEXES_H
#define FUTEXES_H

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FUTEX(...) syscall(422, __VA_ARGS__) /* futex_time64 */

/* The time in `ms` milliseconds. */
static struct timespec in(clockid_t clock, long ms) {
  struct timespec t;
  clock_gettime(clock, &t);
  t.tv_nsec += ms * 1000000;
  if (t.tv_nsec >= 1000000000) t.tv_sec++, t.tv_nsec -= 1000000000;
  return t;
}

#endif
