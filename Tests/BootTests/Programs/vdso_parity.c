// SPDX-License-Identifier: Apache-2.0
/* Every function of the vDSO for every clock id from -1 to 31, INT_MIN and INT_MAX, with buffers, without, and
 * with a bad one where nothing is stored: the result and the stored values are those of the system call. The
 * output is the same with and without a vDSO, so that a test can compare boots; without one, the system call
 * answers both times. vdso_pointers.c tests other pointers.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../../image/bench/vdso_symbol.h"
#include "check.h"

enum { GETTIMEOFDAY = 78, GETTIME = 263, GETRES = 264, GETCPU = 345, GETTIME64 = 403, GETRES64 = 406 };
enum { SECOND = 1000000000 };
struct time32 { int32_t seconds, nanoseconds; };
struct time64 { int64_t seconds, nanoseconds; };
typedef int two(uintptr_t first, void *second);

static int by_call(int number, uintptr_t first, void *second) {
  long result = syscall(number, first, second, 0);
  return result < 0 ? -errno : (int)result;
}

/* The function, or the system call where the vDSO has none. */
static int ask(two *function, int number, uintptr_t first, void *second) {
  return function ? function(first, second) : by_call(number, first, second);
}

static int64_t flat32(struct time32 t) { return (int64_t)t.seconds * SECOND + t.nanoseconds; }
static int64_t flat64(struct time64 t) { return t.seconds * SECOND + t.nanoseconds; }

static void gettime(int id, two *wide, two *narrow) {
  void *bad = (void *)0xdeadb000;
  struct time64 before = {-1, -1}, read = {-1, -1}, after = {-1, -1};
  struct time32 read32 = {-1, -1};
  int expected = by_call(GETTIME64, id, &before);
  int result = ask(wide, GETTIME64, id, &read), result32 = ask(narrow, GETTIME, id, &read32);
  by_call(GETTIME64, id, &after);
  CHECK(result == expected && result32 == expected, "%d: %d, %d, not %d", id, result, result32, expected);
  if (expected) {
    CHECK(read.seconds == -1 && read.nanoseconds == -1, "%d: written", id);
    CHECK(read32.seconds == -1 && read32.nanoseconds == -1, "%d: written, 32 bits", id);
    CHECK(ask(wide, GETTIME64, id, bad) == expected && ask(narrow, GETTIME, id, bad) == expected,
          "%d: with a bad buffer not %d", id, expected);
    CHECK(ask(wide, GETTIME64, id, 0) == expected && ask(narrow, GETTIME, id, 0) == expected,
          "%d: without a buffer not %d", id, expected);
  } else {
    CHECK(flat64(before) <= flat64(read) && flat64(read) <= flat32(read32) &&
              flat32(read32) <= flat64(after),
          "%d: %lld, %lld, %lld, %lld", id, (long long)flat64(before), (long long)flat64(read),
          (long long)flat32(read32), (long long)flat64(after));
    CHECK((uint64_t)read.nanoseconds < SECOND && (uint32_t)read32.nanoseconds < SECOND, "%d", id);
  }
  printf("gettime %d: %d\n", id, result);
}

static void getres(int id, two *wide, two *narrow) {
  struct time64 called = {-1, -1}, read = {-1, -1};
  struct time32 called32 = {-1, -1}, read32 = {-1, -1};
  int expected = by_call(GETRES64, id, &called), expected32 = by_call(GETRES, id, &called32);
  int result = ask(wide, GETRES64, id, &read), result32 = ask(narrow, GETRES, id, &read32);
  CHECK(result == expected && result32 == expected32, "getres %d: %d, %d", id, result, result32);
  CHECK(!memcmp(&read, &called, sizeof read), "getres %d: other words", id);
  CHECK(!memcmp(&read32, &called32, sizeof read32), "getres %d, 32 bits: other words", id);
  CHECK(ask(wide, GETRES64, id, 0) == by_call(GETRES64, id, 0), "getres %d into NULL", id);
  CHECK(ask(narrow, GETRES, id, 0) == by_call(GETRES, id, 0), "getres %d into NULL, 32 bits", id);
  printf("getres %d: %d, %lld\n", id, result, (long long)flat64(read));
}

static void day(two *function) {
  struct time32 zone = {9, 9}, called = {7, 7}, before, read, after;
  CHECK(by_call(GETTIMEOFDAY, (uintptr_t)&before, &called) == 0, "gettimeofday");
  CHECK(ask(function, GETTIMEOFDAY, (uintptr_t)&read, &zone) == 0, "gettimeofday with a zone");
  CHECK(ask(function, GETTIMEOFDAY, (uintptr_t)&read, 0) == 0, "gettimeofday");
  by_call(GETTIMEOFDAY, (uintptr_t)&after, 0);
  CHECK(flat32(before) <= flat32(read) && flat32(read) <= flat32(after), "gettimeofday");
  CHECK(!memcmp(&zone, &called, sizeof zone), "the zones differ");
  memset(&zone, 9, sizeof zone);
  CHECK(ask(function, GETTIMEOFDAY, 0, &zone) == 0, "a zone alone");
  CHECK(!memcmp(&zone, &called, sizeof zone), "the zones differ");
  CHECK(ask(function, GETTIMEOFDAY, 0, 0) == 0, "neither");
  int zone_result = ask(function, GETTIMEOFDAY, 0, (void *)0xdeadb000);
  CHECK(zone_result == by_call(GETTIMEOFDAY, 0, (void *)0xdeadb000), "bad zone: %d", zone_result);
  printf("gettimeofday with a bad zone: %d\n", zone_result);
}

static void seconds(void) {
  int32_t (*function)(int32_t *) = (int32_t (*)(int32_t *))(uintptr_t)vdso_symbol("__vdso_time");
  struct time32 before, after;
  by_call(GETTIME, 5, &before);
  int32_t stored = -1, read = function ? function(&stored) : (stored = before.seconds);
  int32_t alone = function ? function(0) : read;
  by_call(GETTIME, 5, &after);
  CHECK(read == stored && read >= before.seconds && read <= after.seconds, "time: %d", read);
  CHECK(alone >= read && alone <= after.seconds, "time(NULL): %d", alone);
}

static void processor(two *function) {
  unsigned cpu = 77, node = 77, called = 78, called_node = 78;
  int result = ask(function, GETCPU, (uintptr_t)&cpu, &node);
  int expected = by_call(GETCPU, (uintptr_t)&called, &called_node);
  if (!expected) CHECK(result == 0 && cpu == called && node == called_node, "getcpu: %u, %u", cpu, node);
  if (expected) CHECK(result == expected, "getcpu: %d, not %d", result, expected);
  CHECK(ask(function, GETCPU, 0, 0) == by_call(GETCPU, 0, 0), "getcpu of nothing");
  printf("getcpu: %d\n", expected);
}

int main(void) {
  two *wide = (two *)vdso_symbol("__vdso_clock_gettime64");
  two *narrow = (two *)vdso_symbol("__vdso_clock_gettime");
  two *wide_res = (two *)vdso_symbol("__vdso_clock_getres_time64");
  two *narrow_res = (two *)vdso_symbol("__vdso_clock_getres");
  printf("vdso: %s\n", wide && narrow && wide_res && narrow_res ? "present" : "absent");
  int ends[] = {INT_MIN, INT_MAX};
  for (int i = 0; i < 2; i++) gettime(ends[i], wide, narrow), getres(ends[i], wide_res, narrow_res);
  for (int id = -1; id <= 31; id++) gettime(id, wide, narrow), getres(id, wide_res, narrow_res);
  day((two *)vdso_symbol("__vdso_gettimeofday"));
  seconds();
  processor((two *)vdso_symbol("__vdso_getcpu"));
  return verdict("vdso_parity");
}
