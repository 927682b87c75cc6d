// SPDX-License-Identifier: Apache-2.0
/* Millions of reads while the tick rewrites the page in between, at any instruction: no clock goes
 * back, and none jumps. A torn read is a value of two updates: seconds of one and nanoseconds of
 * another, or a counter's distance to the wrong sample; then it is off by up to a second.
 */
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../image/bench/vdso_symbol.h"
#include "check.h"

enum { ROUNDS = 300000, SECOND = 1000000000 };
/* The machine may be stopped by its host: then a jump is as long as the pause. */
enum { JUMP = SECOND / 4 };
struct time64 { int64_t seconds, nanoseconds; };
struct time32 { int32_t seconds, nanoseconds; };
typedef int two(uintptr_t first, void *second);

static long reads, torn, backwards;
/* The last value of each clock, of both widths together. */
static int64_t last[12];

static int64_t now(void) {
  struct time64 time;
  syscall(403, 1, &time);
  return time.seconds * SECOND + time.nanoseconds;
}

static void see(int id, int64_t value, int64_t nanoseconds) {
  reads++;
  if (nanoseconds < 0 || nanoseconds >= SECOND) torn++;
  if (last[id] && value < last[id]) backwards++;
  if (last[id] && value > last[id] + JUMP) torn++;
  last[id] = value;
}

int main(void) {
  two *wide = (two *)vdso_symbol("__vdso_clock_gettime64");
  two *narrow = (two *)vdso_symbol("__vdso_clock_gettime");
  two *day = (two *)vdso_symbol("__vdso_gettimeofday");
  static const int clocks[] = {0, 1, 4, 5, 6, 7, 11};
  enum { CLOCKS = sizeof clocks / sizeof *clocks };
  int64_t begun = now();
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < CLOCKS; i++) {
      struct time64 time = {-1, -1};
      struct time32 small = {-1, -1};
      if (wide(clocks[i], &time) || narrow(clocks[i], &small)) torn++;
      see(clocks[i], time.seconds * SECOND + time.nanoseconds, time.nanoseconds);
      see(clocks[i], (int64_t)small.seconds * SECOND + small.nanoseconds, small.nanoseconds);
    }
    struct time32 micro;
    static int64_t last_day;
    day((uintptr_t)&micro, 0);
    int64_t value = (int64_t)micro.seconds * SECOND + micro.nanoseconds * 1000ll;
    if (last_day && value < last_day) backwards++;
    last_day = value;
    reads++;
  }
  int64_t ticks = (now() - begun) / 100000;
  CHECK(ticks > 1000, "only %lld ticks of 0.1 ms", (long long)ticks);
  CHECK(!torn && !backwards, "see below");
  printf("torn: %ld of %ld reads\nbackwards: %ld of %ld reads\n", torn, reads, backwards, reads);
  return verdict("vdso_torn");
}
