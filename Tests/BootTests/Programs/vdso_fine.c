// SPDX-License-Identifier: Apache-2.0
/* Fine time from the vDSO: never backwards over a million reads, never out of line with the system
 * call while the clock is set, and without a system call; the same result and the same words as the
 * call for every function and id, bad ones and NULL included.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../image/bench/vdso_symbol.h"
#include "check.h"

struct time32 { int32_t seconds, nanoseconds; };
struct time64 { int64_t seconds, nanoseconds; };
enum { GETTIMEOFDAY = 78, GETTIME = 263, GETRES = 264, GETTIME64 = 403, SETTIME64 = 404, GETRES64 = 406 };
typedef int clock_call(int id, void *time);
typedef int day_call(void *time, void *zone);
typedef int32_t time_call(void *time);

static const int fine[] = {0, 1, 4, 7, 11};
enum { FINE = sizeof fine / sizeof *fine, READS = 200000 };
static clock_call *wide, *narrow, *wide_res, *narrow_res;
static day_call *day;
static time_call *seconds;

static int64_t flat(struct time64 t) { return t.seconds * 1000000000 + t.nanoseconds; }
static int answer(long result) { return result < 0 ? -errno : (int)result; }

static unsigned system_calls(void) {
  static char text[4096];
  int file = open("/proc/self/counters", O_RDONLY);
  int count = read(file, text, sizeof text - 1);
  close(file);
  text[count > 0 ? count : 0] = 0;
  char *line = strstr(text, "system_calls ");
  if (!line) line = strstr(text, "system");
  CHECK(line, "no count of system calls in\n%s", text);
  while (line && *line && *line != '\n' && (*line < '0' || *line > '9')) line++;
  return line ? (unsigned)strtoul(line, 0, 10) : 0;
}

static void never_backwards(void) {
  for (int i = 0; i < FINE; i++) {
    struct time64 last, now;
    wide(fine[i], &last);
    for (int j = 0; j < READS; j++) {
      wide(fine[i], &now);
      CHECK(flat(now) >= flat(last), "clock %d: back from %lld to %lld", fine[i],
            (long long)flat(last), (long long)flat(now));
      CHECK((uint64_t)now.nanoseconds < 1000000000, "clock %d: not below a second", fine[i]);
      last = now;
    }
  }
}

static void without_a_call(void) {
  struct time64 time;
  struct time32 small;
  unsigned none = system_calls();
  unsigned own = system_calls() - none;  /* The cost of a call. */
  unsigned before = system_calls();
  for (int j = 0; j < 1000; j++) {
    for (int i = 0; i < FINE; i++) wide(fine[i], &time), narrow(fine[i], &small), wide_res(fine[i], &time);
    day(&small, 0);
    seconds(0);
  }
  unsigned after = system_calls();
  CHECK(after - before == own, "%u system calls", after - before - own);
}

/* REALTIME is stepped; time since boot continues, and each read is between two calls. */
static void while_it_is_set(void) {
  struct time64 realtime, boot, last, before, after;
  syscall(GETTIME64, 0, &realtime);
  if (realtime.seconds < 1000000) realtime.seconds += 1000000; /* a board without a calendar */
  wide(1, &last);
  for (int i = 0; i < 2000; i++) {
    struct time64 to = {realtime.seconds + 1000 * (i % 7), (int64_t)i * 400000};
    if (answer(syscall(SETTIME64, 0, &to)) != 0) {
      CHECK(0, "clock_settime: %d", errno);
      return;
    }
    wide(0, &before);
    CHECK(flat(before) >= flat(to) && flat(before) < flat(to) + 1000000000, "set %d: %lld, not %lld",
          i, (long long)flat(before), (long long)flat(to));
    for (int c = 0; c < FINE; c++) {
      syscall(GETTIME64, fine[c], &before);
      wide(fine[c], &boot);
      syscall(GETTIME64, fine[c], &after);
      CHECK(flat(before) <= flat(boot) && flat(boot) <= flat(after), "set %d, clock %d", i, fine[c]);
    }
    wide(1, &boot);
    CHECK(flat(boot) >= flat(last), "set %d: MONOTONIC went back", i);
    last = boot;
  }
  /* After 2038 the 32-bit functions return EOVERFLOW and the others work. */
  struct time64 late = {(int64_t)INT32_MAX + 10, 5}, now = {0, 0};
  struct time32 small = {-7, -7};
  CHECK(answer(syscall(SETTIME64, 0, &late)) == 0, "set after 2038");
  CHECK(wide(0, &now) == 0 && now.seconds >= late.seconds, "64 bits after 2038");
  CHECK(narrow(0, &small) == -EOVERFLOW && narrow(5, &small) == -EOVERFLOW, "32 bits after 2038");
  CHECK(day(&small, 0) == -EOVERFLOW && seconds(0) == -EOVERFLOW, "32 bits after 2038");
  CHECK(small.seconds == -7 && small.nanoseconds == -7, "written after 2038");
  CHECK(narrow(1, &small) == 0, "MONOTONIC with 32 bits");
  syscall(SETTIME64, 0, &realtime);
}

static void parity(int id) {
  struct time64 time = {-1, -1}, called = {-1, -1};
  struct time32 small = {-1, -1}, small_called = {-1, -1};
  int expected = answer(syscall(GETTIME64, id, &called));
  CHECK(wide(id, &time) == expected, "clock %d: not %d", id, expected);
  CHECK(narrow(id, &small) == answer(syscall(GETTIME, id, &small_called)), "clock %d, 32 bits", id);
  if (expected) CHECK(time.seconds == -1 && small.seconds == -1, "clock %d: written", id);
  time = called = (struct time64){-1, -1};
  small = small_called = (struct time32){-1, -1};
  CHECK(wide_res(id, &time) == answer(syscall(GETRES64, id, &called)), "getres %d", id);
  CHECK(!memcmp(&time, &called, sizeof time), "getres %d: other words", id);
  CHECK(narrow_res(id, &small) == answer(syscall(GETRES, id, &small_called)), "getres %d, 32", id);
  CHECK(!memcmp(&small, &small_called, sizeof small), "getres %d, 32 bits: other words", id);
  CHECK(wide_res(id, 0) == answer(syscall(GETRES64, id, 0)), "getres %d into NULL", id);
  CHECK(narrow_res(id, 0) == answer(syscall(GETRES, id, 0)), "getres %d into NULL, 32 bits", id);
}

int main(void) {
  wide = (clock_call *)vdso_symbol("__vdso_clock_gettime64");
  narrow = (clock_call *)vdso_symbol("__vdso_clock_gettime");
  wide_res = (clock_call *)vdso_symbol("__vdso_clock_getres_time64");
  narrow_res = (clock_call *)vdso_symbol("__vdso_clock_getres");
  day = (day_call *)vdso_symbol("__vdso_gettimeofday");
  seconds = (time_call *)vdso_symbol("__vdso_time");
  CHECK(wide && narrow && wide_res && narrow_res && day && seconds, "an export is missing");
  if (failures) return verdict("vdso_fine");

  never_backwards();
  without_a_call();
  while_it_is_set();
  parity(INT_MIN);
  parity(INT_MAX);
  for (int id = -1; id <= 31; id++) parity(id);
  struct time32 zone = {9, 9}, called = {8, 8}, now, then;
  CHECK(day(0, 0) == 0 && day(&now, 0) == 0 && day(0, &zone) == 0, "gettimeofday with NULL");
  CHECK(syscall(GETTIMEOFDAY, &then, &called) == 0, "gettimeofday");
  CHECK(!memcmp(&zone, &called, sizeof zone), "the time zones differ");
  int32_t stored = 0, given = seconds(&stored);
  CHECK(stored == given && given >= now.seconds - 1 && given <= then.seconds, "time: %d", given);

  char text[1024];
  int file = open("/proc/vdso", O_RDONLY);
  int count = read(file, text, sizeof text - 1);
  text[count > 0 ? count : 0] = 0;
  fputs(text, stdout);
  return verdict("vdso_fine");
}
