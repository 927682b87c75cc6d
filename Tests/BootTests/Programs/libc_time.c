// SPDX-License-Identifier: Apache-2.0
/* Time by a libc's own functions, glibc or musl: a thousand rounds of each make no system call with a vDSO,
 * and one call each without. The argument says which. Neither libc looks up clock_getres in the image.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { ROUNDS = 1000 };
static const int clocks[] = {
    CLOCK_REALTIME,        CLOCK_MONOTONIC,        CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_TAI,
    CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE,
};

static unsigned counter(const char *name) {
  static char text[4096];
  int file = open("/proc/self/counters", O_RDONLY);
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  text[count > 0 ? count : 0] = 0;
  char *line = strstr(text, name);
  return line ? (unsigned)strtoul(line + strlen(name), 0, 10) : 0;
}

/* The system calls that `ROUNDS` rounds of `what` make, without those that count them. */
#define CALLS(what)                                              \
  ({                                                             \
    unsigned first = counter("system_calls ");                   \
    unsigned before = counter("system_calls ");                  \
    for (int round = 0; round < ROUNDS; round++) (void)(what);   \
    counter("system_calls ") - before - (before - first);        \
  })

int main(int argc, char **argv) {
  unsigned expected = argc > 1 && !strcmp(argv[1], "calls") ? ROUNDS : 0;
  struct timespec now, later;
  struct timeval day;
  for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; i++) {
    unsigned calls = CALLS(clock_gettime(clocks[i], &now));
    CHECK(calls == expected, "clock %d: %u calls", clocks[i], calls);
    CHECK(!clock_gettime(clocks[i], &later) && later.tv_nsec < 1000000000, "clock %d", clocks[i]);
    CHECK(later.tv_sec - now.tv_sec < 10, "clock %d: %lld", clocks[i], (long long)later.tv_sec);
  }
  unsigned calls = CALLS(gettimeofday(&day, 0));
  CHECK(calls == expected, "gettimeofday: %u calls", calls);
  calls = CALLS(day.tv_sec = time(0));
  CHECK(calls == expected, "time: %u calls", calls);
  CHECK(clock_gettime(31, &now) == -1 && errno == EINVAL, "clock 31: errno %d", errno);
  if (!expected) CHECK(counter("vdso_fallbacks ") == 1, "%u fallbacks", counter("vdso_fallbacks "));
  printf("%s, %u calls each\n",
#ifdef __GLIBC__
         "glibc",
#else
         "musl",
#endif
         expected);
  return verdict("libc_time");
}
