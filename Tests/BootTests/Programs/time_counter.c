// SPDX-License-Identifier: Apache-2.0
/* Whether fine time comes from the counter: the text of /proc/vdso, the resolutions, and that all clocks
 * advance, never back, for a tenth of a second. If the counter is not trusted, the fine clocks equal the
 * coarse ones.
 */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

struct time64 { int64_t seconds, nanoseconds; };
enum { GETTIME64 = 403, GETRES64 = 406 };
static const int fine[] = {0, 1, 4, 7, 11};

static int64_t in_libc(int id) {
  struct timespec t;
  CHECK(clock_gettime(id, &t) == 0, "clock %d", id);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int64_t by_call(int number, int id) {
  struct time64 t = {-1, -1};
  CHECK(syscall(number, id, &t) == 0, "call %d, clock %d", number, id);
  return t.seconds * 1000000000 + t.nanoseconds;
}

int main(void) {
  char text[1024];
  int file = open("/proc/vdso", O_RDONLY);
  long count = read(file, text, sizeof text - 1);
  text[count > 0 ? count : 0] = 0;
  char *line = strstr(text, "counter: ");
  int is_used = line && !strncmp(line, "counter: used", 13);
  printf("%.*s\n", line ? (int)strcspn(line, "\n") : 0, line ? line : "");

  int64_t tick = by_call(GETRES64, CLOCK_MONOTONIC_COARSE);
  for (unsigned i = 0; i < sizeof fine / sizeof *fine; i++) {
    struct timespec resolution;
    CHECK(by_call(GETRES64, fine[i]) == (is_used ? 1 : tick), "getres %d by call", fine[i]);
    CHECK(clock_getres(fine[i], &resolution) == 0 && resolution.tv_nsec == by_call(GETRES64, fine[i]),
          "getres %d", fine[i]);
    int64_t begun = in_libc(fine[i]), last = begun, steps = 0;
    /* A busy host may stop the machine for all of the 20 ms, so the steps of a fine clock may take longer. */
    while (last < begun + 20000000 || (is_used && steps <= 100 && last < begun + 20000000000)) {
      int64_t now = i & 1 ? in_libc(fine[i]) : by_call(GETTIME64, fine[i]);
      CHECK(now >= last, "clock %d went back from %lld to %lld", fine[i], (long long)last,
            (long long)now);
      steps += now != last;
      last = now;
    }
    if (is_used) CHECK(steps > 100, "clock %d: %lld steps", fine[i], (long long)steps);
    if (!is_used) CHECK(steps <= 21, "clock %d: %lld steps of a tick", fine[i], (long long)steps);
  }
  struct timespec span = {0, 3000000};
  int64_t begun = in_libc(CLOCK_MONOTONIC);
  CHECK(nanosleep(&span, 0) == 0, "nanosleep");
  CHECK(in_libc(CLOCK_MONOTONIC) - begun >= 3000000, "woken early");
  return verdict("time_counter");
}
