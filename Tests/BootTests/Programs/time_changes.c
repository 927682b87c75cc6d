// SPDX-License-Identifier: Apache-2.0
/* Time while it is changed: steps, rates, offsets, TAI and sleeps between millions of reads, by libc and by
 * system call in turn. Time since boot never goes back, RAW is not affected, wall-clock time goes back only
 * when it is set; and each change shows at once, in the page and in the call.
 *
 * usage: time_changes READS (per clock and phase)
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

struct time32 { int32_t seconds, nanoseconds; };
struct time64 { int64_t seconds, nanoseconds; };
enum { SETTIMEOFDAY = 79, GETTIME64 = 403, SETTIME64 = 404 };
enum { PLAIN, STEPS, RATES, OFFSETS, ATOMIC, SLEEPS, PHASES };
static const int clocks[] = {0, 1, 4, 5, 6, 7, 11};
enum { CLOCKS = sizeof clocks / sizeof *clocks };
static long long reads, backwards;

static int64_t in_libc(int id) {
  struct timespec t;
  clock_gettime(id, &t);
  if ((unsigned long)t.tv_nsec >= 1000000000) CHECK(0, "clock %d: not below a second", id);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int64_t by_call(int id) {
  struct time64 t = {-1, -1};
  syscall(GETTIME64, id, &t);
  return t.seconds * 1000000000 + t.nanoseconds;
}

static int64_t read_clock(int id, long i) {
  reads++;
  return i % 8 ? in_libc(id) : by_call(id);
}

/* Sets the wall clock and reads it at once: page and call show it. */
static void step(int64_t seconds, long i) {
  struct time64 to = {seconds, i * 7919 % 1000000000};
  struct time32 day = {(int32_t)seconds, i % 1000000};
  int64_t wanted = i & 1 ? to.seconds * 1000000000 + to.nanoseconds
                         : day.seconds * 1000000000ll + day.nanoseconds * 1000ll;
  int64_t boot = in_libc(CLOCK_MONOTONIC);
  CHECK((i & 1 ? syscall(SETTIME64, 0, &to) : syscall(SETTIMEOFDAY, &day, 0)) == 0, "set: %d", errno);
  int64_t page = in_libc(CLOCK_REALTIME_COARSE), fine = in_libc(CLOCK_REALTIME);
  int64_t call = by_call(CLOCK_REALTIME_COARSE);
  int64_t span = in_libc(CLOCK_MONOTONIC) - boot;
  CHECK(page >= wanted && page <= call && call <= wanted + span, "set %ld: %lld, %lld, not %lld", i,
        (long long)page, (long long)call, (long long)wanted);
  CHECK(fine >= page && fine <= wanted + span, "set %ld: fine time is off", i);
}

static void change(int phase, long i) {
  struct timex request;
  memset(&request, 0, sizeof request);
  switch (phase) {
  case STEPS: step(1000000000 + (i * 37 % 100) * 1000000, i); break;
  case RATES:
    request.modes = ADJ_FREQUENCY | ADJ_TICK;
    request.freq = (i * 7919 % 1001 - 500) * 65536;
    request.tick = 9000 + i * 31 % 2001;
    CHECK(adjtimex(&request) >= 0, "rate: %d", errno);
    CHECK(request.freq == (i * 7919 % 1001 - 500) * 65536, "rate %ld", (long)request.freq);
    break;
  case OFFSETS:
    request.modes = ADJ_OFFSET_SINGLESHOT;
    request.offset = i & 1 ? 100000 : -100000;
    CHECK(adjtimex(&request) >= 0, "offset: %d", errno);
    break;
  case ATOMIC:
    request.modes = ADJ_TAI;
    request.constant = i % 100;
    CHECK(adjtimex(&request) >= 0, "TAI: %d", errno);
    int64_t wall = in_libc(CLOCK_REALTIME), tai = in_libc(CLOCK_TAI), after = in_libc(CLOCK_REALTIME);
    CHECK(tai - i % 100 * 1000000000ll >= wall && tai - i % 100 * 1000000000ll <= after, "TAI is off");
    break;
  case SLEEPS:
    nanosleep(&(struct timespec){0, i * 7919 % 3000000}, 0);
  }
}

static void phase(int number, long count) {
  int64_t last[CLOCKS];
  for (int c = 0; c < CLOCKS; c++) last[c] = in_libc(clocks[c]);
  for (long i = 0; i < count; i++) {
    int c = i % CLOCKS;
    if (number != PLAIN && i % 2048 == 0) {
      change(number, i / 2048);
      /* Wall-clock time was set, and TAI's offset. */
      if (number == STEPS || number == ATOMIC)
        for (int w = 0; w < CLOCKS; w++) {
          int id = clocks[w];
          if (id == 11 || (number == STEPS && (id == 0 || id == 5))) last[w] = in_libc(id);
        }
    }
    int64_t now = read_clock(clocks[c], i / CLOCKS);
    if (now < last[c]) {
      backwards++;
      CHECK(0, "phase %d: clock %d went back from %lld to %lld", number, clocks[c],
            (long long)last[c], (long long)now);
    }
    last[c] = now;
  }
  struct timex none = {.modes = ADJ_FREQUENCY | ADJ_TICK | ADJ_TAI, .tick = 10000};
  adjtimex(&none);
  none = (struct timex){.modes = ADJ_OFFSET_SINGLESHOT};
  adjtimex(&none);
}

/* Two clocks at the same moment, within 50 microseconds; repeated if the host was too slow in between. */
static int64_t monotonic_with(int64_t *raw) {
  int64_t time = 0;
  for (int i = 0; i < 100000; i++) {
    *raw = in_libc(CLOCK_MONOTONIC_RAW);
    time = in_libc(CLOCK_MONOTONIC);
    if (in_libc(CLOCK_MONOTONIC_RAW) - *raw < 50000) break;
  }
  return time;
}

/* The rate is the new one from the moment on that the call returns. */
static void rate(int tick) {
  struct timex request = {.modes = ADJ_TICK, .tick = tick};
  CHECK(adjtimex(&request) >= 0, "tick %d", tick);
  int64_t begun, ended, first = monotonic_with(&begun);
  while (in_libc(CLOCK_MONOTONIC_RAW) - begun < 20000000) {}
  int64_t ran = monotonic_with(&ended) - first, raw = ended - begun;
  /* 100 microseconds, of 2 milliseconds that are meant. */
  int64_t off = ran - raw - raw * (tick - 10000) / 10000;
  CHECK(off > -200000 && off < 200000, "tick %d: %lld in %lld", tick, (long long)ran, (long long)raw);
}

int main(int argc, char **argv) {
  long count = argc > 1 ? atol(argv[1]) * CLOCKS : 20000;
  for (int i = 0; i < PHASES; i++) phase(i, count);
  rate(9000);
  rate(11000);
  rate(10000);
  printf("reads: %lld\nbackwards: %lld\n", reads, backwards);
  return verdict("time_changes");
}
