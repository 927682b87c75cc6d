// SPDX-License-Identifier: Apache-2.0
/* The limits of time: the wall clock passes 2038 in a sleep, after which 32-bit calls return EOVERFLOW and
 * store nothing, and 64-bit ones work; then a sleep of an hour and one of days, for a machine that skips
 * idle time (tools/run --icount).
 *
 * usage: time_ends [DAYS]
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

struct time32 { int32_t seconds, nanoseconds; };
struct time64 { int64_t seconds, nanoseconds; };
struct timex32 { uint32_t modes; int32_t fields[31]; };
struct timex64 { uint32_t modes, pad; int64_t fields[25]; };
enum {
  GETTIMEOFDAY = 78, ADJTIMEX = 124, GETTIME = 263, SLEEP = 265, GETTIME64 = 403, SETTIME64 = 404,
  ADJTIMEX64 = 405, SLEEP64 = 407
};
static int answer(long result) { return result < 0 ? -errno : (int)result; }
static int64_t flat(struct time64 t) { return t.seconds * 1000000000 + t.nanoseconds; }

static struct time64 by_call(int id) {
  struct time64 t = {-1, -1};
  CHECK(answer(syscall(GETTIME64, id, &t)) == 0, "clock %d", id);
  return t;
}

static struct time64 in_libc(int id) {
  struct timespec t;
  CHECK(clock_gettime(id, &t) == 0, "clock %d", id);
  return (struct time64){t.tv_sec, t.tv_nsec};
}

static void behind_2038(void) {
  static const int wall[] = {0, 5, 8, 11}, boot[] = {1, 4, 6, 7, 9};
  struct time32 small = {-7, -7};
  for (int i = 0; i < 4; i++) {
    CHECK(answer(syscall(GETTIME, wall[i], &small)) == -EOVERFLOW, "clock %d, 32 bits", wall[i]);
    CHECK(by_call(wall[i]).seconds > INT32_MAX, "clock %d, 64 bits", wall[i]);
    if (wall[i] != 8) CHECK(in_libc(wall[i]).seconds > INT32_MAX, "clock %d in libc", wall[i]);
  }
  CHECK(answer(syscall(GETTIMEOFDAY, &small, 0)) == -EOVERFLOW, "gettimeofday");
  CHECK(small.seconds == -7 && small.nanoseconds == -7, "written: %d", small.seconds);
  static struct timex32 narrow;
  static struct timex64 wide;
  CHECK(answer(syscall(ADJTIMEX, &narrow)) == -EOVERFLOW, "adjtimex, 32 bits");
  CHECK(answer(syscall(ADJTIMEX64, 0, &wide)) >= 0, "clock_adjtime64");
  CHECK(wide.fields[8] > INT32_MAX, "timex: %lld", (long long)wide.fields[8]);
  for (int i = 0; i < 5; i++) CHECK(answer(syscall(GETTIME, boot[i], &small)) == 0, "clock %d", boot[i]);
  /* Until a moment that is over, and for one of 32 bits. */
  struct time32 past = {INT32_MAX, 0}, soon = {0, 2000000};
  CHECK(answer(syscall(SLEEP, 0, 1, &past, 0)) == 0, "until 2038");
  CHECK(answer(syscall(SLEEP, 0, 0, &soon, 0)) == 0, "for 2 ms");
  struct time64 until = by_call(0);
  until.nanoseconds = until.nanoseconds / 100000000 * 100000000 + 100000000;
  if (until.nanoseconds >= 1000000000) until.nanoseconds -= 1000000000, until.seconds++;
  CHECK(answer(syscall(SLEEP64, 0, 1, &until, 0)) == 0, "until after 2038");
  CHECK(flat(by_call(0)) >= flat(until), "woken early");
}

/* All clocks that go on by themselves have moved by as much, and the sleep was as long. */
static void pass(int64_t seconds) {
  static const int ids[] = {0, 1, 4, 7, 11};
  struct time64 before[5], length = {seconds, 123456789};
  for (int i = 0; i < 5; i++) before[i] = by_call(ids[i]);
  CHECK(answer(syscall(SLEEP64, 1, 0, &length, 0)) == 0, "a sleep of %lld s", (long long)seconds);
  for (int i = 0; i < 5; i++) {
    int64_t passed = flat(in_libc(ids[i])) - flat(before[i]);
    CHECK(passed >= flat(length) && passed < flat(length) + 100000000, "clock %d: %lld ns of %lld",
          ids[i], (long long)passed, (long long)flat(length));
  }
  int64_t fine = flat(in_libc(1)), coarse = flat(in_libc(6));
  CHECK(fine - coarse < 2000000, "coarse time is %lld ns old", (long long)(fine - coarse));
}

int main(int argc, char **argv) {
  struct time64 edge = {INT32_MAX, 700000000};
  struct time32 small;
  CHECK(answer(syscall(SETTIME64, 0, &edge)) == 0, "clock_settime64");
  CHECK(answer(syscall(GETTIME, 0, &small)) == 0 && small.seconds == INT32_MAX, "before 2038");
  struct timespec span = {0, 400000000};
  CHECK(nanosleep(&span, 0) == 0, "across the end of 32 bits");
  behind_2038();
  if (argc > 1) {
    pass(3600);
    pass(atoi(argv[1]) * 86400);
  }
  printf("seconds since boot: %lld\n", (long long)by_call(1).seconds);
  return verdict("time_ends");
}
