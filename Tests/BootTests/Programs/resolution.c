// SPDX-License-Identifier: Apache-2.0
/* Prints the resolution of the coarse clocks in nanoseconds, by libc and by system call, and whether
 * there is a vDSO. The coarse clock must be at most about a tick before the fine one, and must advance.
 */
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

struct time64 { int64_t seconds, nanoseconds; };

static long long by_call(int number, int id) {
  struct time64 t = {-1, -1};
  CHECK(syscall(number, id, &t) == 0, "call %d, clock %d", number, id);
  return t.seconds * 1000000000 + t.nanoseconds;
}

static long long in_libc(int id) {
  struct timespec t;
  CHECK(clock_gettime(id, &t) == 0, "clock_gettime %d", id);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int main(void) {
  struct timespec resolution;
  CHECK(clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) == 0, "clock_getres");
  printf("resolution: %lld ns\n", resolution.tv_sec * 1000000000ll + resolution.tv_nsec);
  CHECK(by_call(406, CLOCK_REALTIME_COARSE) == resolution.tv_nsec, "clock_getres differs by call");
  printf("vdso: %s\n", getauxval(AT_SYSINFO_EHDR) ? "present" : "absent");

  long long coarse = in_libc(CLOCK_MONOTONIC_COARSE), begun = by_call(403, CLOCK_MONOTONIC);
  CHECK(coarse <= begun && begun - coarse < resolution.tv_nsec + 100000000, "coarse is off");
  while (in_libc(CLOCK_MONOTONIC_COARSE) == coarse)
    if (by_call(403, CLOCK_MONOTONIC) - begun > 2000000000) break;
  CHECK(in_libc(CLOCK_MONOTONIC_COARSE) > coarse, "no tick in two seconds");
  CHECK(in_libc(CLOCK_MONOTONIC_COARSE) <= by_call(403, CLOCK_MONOTONIC), "coarse is ahead");
  long long day = in_libc(CLOCK_REALTIME_COARSE) / 1000000000;
  CHECK(day == by_call(403, CLOCK_REALTIME_COARSE) / 1000000000 ||
            day + 1 == by_call(403, CLOCK_REALTIME_COARSE) / 1000000000,
        "the dates differ");
  printf("year: %lld\n", 1970 + day / 31556952);
  return verdict("resolution");
}
