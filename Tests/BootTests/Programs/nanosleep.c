// SPDX-License-Identifier: Apache-2.0
/* A sleep is never shorter than requested, by the monotonic clock, and does end.
 *
 * All four calls are made: nanosleep, clock_nanosleep with 32-bit and with 64-bit times, and an
 * absolute one, which returns at once if its time has passed.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

struct time32 { int32_t seconds, nanoseconds; };
struct time64 { int64_t seconds, nanoseconds; };
enum { NANOSLEEP = 162, CLOCK_NANOSLEEP = 265, CLOCK_NANOSLEEP_TIME64 = 407, ABSOLUTE = 1 };

/* By system call, so that the page's own correctness is not assumed. */
static int64_t now(void) {
  struct time64 t = {0};
  syscall(403, CLOCK_MONOTONIC, &t);
  return t.seconds * 1000000000 + t.nanoseconds;
}

static void sleep_for(const char *call, int number, int32_t nanoseconds) {
  struct time32 narrow = {0, nanoseconds};
  struct time64 wide = {0, nanoseconds};
  int64_t begun = now();
  long result = number == NANOSLEEP         ? syscall(number, &narrow, 0)
                : number == CLOCK_NANOSLEEP ? syscall(number, CLOCK_MONOTONIC, 0, &narrow, 0)
                                            : syscall(number, CLOCK_MONOTONIC, 0, &wide, 0);
  int64_t slept = now() - begun;
  CHECK(result == 0, "%s: %ld, errno %d", call, result, errno);
  CHECK(slept >= nanoseconds, "%s: %lld ns instead of %d", call, (long long)slept, nanoseconds);
  CHECK(slept < nanoseconds + 500000000, "%s: %lld ns for %d", call, (long long)slept, nanoseconds);
}

int main(void) {
  static const int32_t lengths[] = {0, 1, 999, 100000, 999999, 1000000, 1000001, 7654321, 50000000};
  for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    sleep_for("nanosleep", NANOSLEEP, lengths[i]);
    sleep_for("clock_nanosleep", CLOCK_NANOSLEEP, lengths[i]);
    sleep_for("clock_nanosleep_time64", CLOCK_NANOSLEEP_TIME64, lengths[i]);
  }

  int64_t until = now() + 20000000;
  struct time64 deadline = {until / 1000000000, until % 1000000000};
  long result = syscall(CLOCK_NANOSLEEP_TIME64, CLOCK_MONOTONIC, ABSOLUTE, &deadline, 0);
  CHECK(result == 0 && now() >= until, "absolute: %ld, or early", result);
  int64_t begun = now();
  result = syscall(CLOCK_NANOSLEEP_TIME64, CLOCK_MONOTONIC, ABSOLUTE, &deadline, 0);
  CHECK(result == 0 && now() - begun < 500000000, "a deadline that has passed: %ld", result);

  static const struct time32 bad[] = {{-1, 0}, {0, -1}, {0, 1000000000}};
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct time64 wide = {bad[i].seconds, bad[i].nanoseconds};
    CHECK(syscall(NANOSLEEP, &bad[i], 0) == -1 && errno == EINVAL, "nanosleep, bad time %u", i);
    CHECK(syscall(CLOCK_NANOSLEEP_TIME64, CLOCK_MONOTONIC, 0, &wide, 0) == -1 && errno == EINVAL,
          "clock_nanosleep, bad time %u", i);
  }
  return verdict("nanosleep");
}
