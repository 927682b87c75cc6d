// SPDX-License-Identifier: Apache-2.0
/* The vDSO and the system call give the same answers: for every clock id from -1 to 16 the same
 * result and errno, and a time that lies between two system calls made before and after it.
 *
 * Runs with and without a vDSO; without one only the system calls are checked. NULL buffers answer
 * as in Linux.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../../image/bench/vdso_symbol.h"
#include "check.h"

struct time32 { int32_t seconds, nanoseconds; };
struct time64 { int64_t seconds, nanoseconds; };
enum {
  GETTIMEOFDAY = 78, GETTIME = 263, GETRES = 264, GETTIME64 = 403, GETRES64 = 406, ROUNDS = 2000
};
typedef int clock_call(int id, void *time);
typedef int day_call(void *time, void *zone);

static int64_t flat32(struct time32 t) { return (int64_t)t.seconds * 1000000000 + t.nanoseconds; }
static int64_t flat64(struct time64 t) { return t.seconds * 1000000000 + t.nanoseconds; }
static int answer(long result) { return result < 0 ? -errno : (int)result; }

/* The ids that Linux has for certain, and those it has not; the others depend on the machine. */
static int is_known(int id) { return id == 0 || id == 1 || (id >= 4 && id <= 7) || id == 11; }
static int is_unknown(int id) { return id == -1 || id == 10 || id >= 12; }

static void gettime(int id, clock_call *wide, clock_call *narrow) {
  struct time64 before = {0}, read = {0}, after = {0};
  struct time32 read32 = {0};
  int expected = answer(syscall(GETTIME64, id, &before));
  if (is_known(id)) CHECK(expected == 0, "clock %d: %d", id, expected);
  if (is_unknown(id)) CHECK(expected == -EINVAL, "clock %d: %d", id, expected);
  int result = answer(syscall(GETTIME, id, &read32));
  CHECK(result == expected, "clock %d, call 263: %d, not %d", id, result, expected);

  for (int i = 0; i < ROUNDS && !expected; i++) {
    syscall(GETTIME64, id, &before);
    if (wide) result = wide(id, &read);
    if (narrow) result |= narrow(id, &read32);
    syscall(GETTIME64, id, &after);
    if (!wide) read = before;
    if (!narrow) read32 = (struct time32){(int32_t)read.seconds, (int32_t)read.nanoseconds};
    CHECK(result == 0 && flat64(before) <= flat64(read) && flat64(read) <= flat32(read32) &&
              flat32(read32) <= flat64(after),
          "clock %d: %d; %lld, %lld, %lld, %lld", id, result, (long long)flat64(before),
          (long long)flat64(read), (long long)flat32(read32), (long long)flat64(after));
    CHECK((uint64_t)read.nanoseconds < 1000000000, "clock %d: not below a second", id);
  }
  if (expected && wide) CHECK(wide(id, &read) == expected, "clock %d: not %d", id, expected);
  if (expected && narrow) CHECK(narrow(id, &read32) == expected, "clock %d: not %d", id, expected);
  CHECK(clock_gettime(id, &(struct timespec){0}) == (expected ? -1 : 0), "clock %d in libc", id);
  if (expected) CHECK(errno == -expected, "clock %d in libc: errno %d", id, errno);

  result = answer(syscall(GETTIME64, id, 0));
  CHECK(result == (expected ? expected : -EFAULT), "clock %d into NULL: %d", id, result);
}

static void getres(int id, clock_call *wide, clock_call *narrow) {
  struct time64 by_call = {-1, -1}, read = {-1, -1};
  struct time32 by_call32 = {-1, -1}, read32 = {-1, -1};
  int expected = answer(syscall(GETRES64, id, &by_call));
  int result = answer(syscall(GETRES, id, &by_call32));
  CHECK(result == expected, "getres %d: %d and %d", id, result, expected);
  CHECK(flat32(by_call32) == flat64(by_call), "getres %d: 32 and 64 bits differ", id);
  if (is_known(id)) CHECK(expected == 0 && flat64(by_call) > 0, "getres %d: %d", id, expected);
  if (wide) CHECK(wide(id, &read) == expected && flat64(read) == flat64(by_call), "getres %d", id);
  if (narrow) CHECK(narrow(id, &read32) == expected && flat32(read32) == flat32(by_call32),
                    "getres %d, 32 bits: %lld", id, (long long)flat32(read32));
  CHECK(answer(syscall(GETRES64, id, 0)) == expected, "getres %d into NULL", id);
  if (wide) CHECK(wide(id, 0) == expected, "getres %d into NULL, vDSO", id);
  if (narrow) CHECK(narrow(id, 0) == expected, "getres %d into NULL, vDSO, 32 bits", id);
}

static void time_of_day(day_call *fast) {
  struct { int32_t seconds, microseconds; } before, read = {0}, after;
  struct { int32_t west, dst; } zone = {9, 9}, zone_by_call = {7, 7};
  CHECK(answer(syscall(GETTIMEOFDAY, &before, &zone_by_call)) == 0, "gettimeofday");
  CHECK(answer(syscall(GETTIMEOFDAY, 0, 0)) == 0, "gettimeofday into NULL");
  if (!fast) return;
  CHECK(fast(&read, &zone) == 0, "gettimeofday, vDSO");
  syscall(GETTIMEOFDAY, &after, 0);
  int64_t a = before.seconds * 1000000ll + before.microseconds;
  int64_t b = read.seconds * 1000000ll + read.microseconds;
  int64_t c = after.seconds * 1000000ll + after.microseconds;
  CHECK(a <= b && b <= c, "gettimeofday: %lld is not in between", (long long)b);
  CHECK(zone.west == zone_by_call.west && zone.dst == zone_by_call.dst, "the time zones differ");
  CHECK(fast(0, 0) == 0 && fast(0, &zone) == 0 && fast(&read, 0) == 0, "gettimeofday, NULL");
}

int main(void) {
  clock_call *wide = (clock_call *)vdso_symbol("__vdso_clock_gettime64");
  clock_call *narrow = (clock_call *)vdso_symbol("__vdso_clock_gettime");
  printf("vdso: %s\n", wide && narrow ? "present" : "absent");
  for (int id = -1; id <= 16; id++) gettime(id, wide, narrow);
  wide = (clock_call *)vdso_symbol("__vdso_clock_getres_time64");
  narrow = (clock_call *)vdso_symbol("__vdso_clock_getres");
  for (int id = -1; id <= 16; id++) getres(id, wide, narrow);
  time_of_day((day_call *)vdso_symbol("__vdso_gettimeofday"));

  struct time64 resolution;
  syscall(GETRES64, CLOCK_MONOTONIC_COARSE, &resolution);
  printf("coarse resolution: %lld ns\n", (long long)flat64(resolution));
  return verdict("clocks_agree");
}
