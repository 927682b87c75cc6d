// SPDX-License-Identifier: Apache-2.0
/* Sleeps of all lengths, by the relative and the absolute call. None ends early; the latest, by the clock of
 * the sleep, is printed. After a sleep the coarse time is fresh: at most a tick before the fine clock; it may
 * be from before the requested time, as on Linux, because a sleep does not wait for a tick. Then the ticks in /proc/self/counters during a sleep of two seconds.
 *
 * usage: time_idle [LATEST]: LATEST nanoseconds is the most that a sleep may be late (1 s).
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

struct time64 { int64_t seconds, nanoseconds; };
enum { GETTIME64 = 403, ABSOLUTE = 1 };
static int64_t tick, latest = 1000000000, worst, worst_coarse;

static int64_t in_libc(int id) {
  struct timespec t;
  clock_gettime(id, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int64_t by_call(int id) {
  struct time64 t = {-1, -1};
  syscall(GETTIME64, id, &t);
  return t.seconds * 1000000000 + t.nanoseconds;
}

static void slept(int id, int64_t deadline, int round) {
  int64_t coarse_page = in_libc(CLOCK_MONOTONIC_COARSE), coarse = by_call(CLOCK_MONOTONIC_COARSE);
  int64_t fine = in_libc(CLOCK_MONOTONIC), now = in_libc(id);
  CHECK(now >= deadline, "clock %d, round %d: %lld ns early", id, round, (long long)(deadline - now));
  CHECK(coarse >= coarse_page, "the page is ahead of the call");
  CHECK(fine - coarse_page <= tick + latest, "round %d: coarse time is %lld ns old", round,
        (long long)(fine - coarse_page));
  if (fine - coarse_page > worst_coarse) worst_coarse = fine - coarse_page;
  if (now - deadline > worst) worst = now - deadline;
}

static void sleep_for(int id, int64_t length, int round) {
  struct timespec span = {length / 1000000000, length % 1000000000};
  int64_t begun = in_libc(id);
  CHECK(clock_nanosleep(id, 0, &span, 0) == 0, "clock %d, round %d", id, round);
  slept(id, begun + length, round);
  int64_t deadline = in_libc(id) + length;
  struct timespec until = {deadline / 1000000000, deadline % 1000000000};
  CHECK(clock_nanosleep(id, ABSOLUTE, &until, 0) == 0, "clock %d until, round %d", id, round);
  slept(id, deadline, round);
}

static uint64_t counter(const char *name) {
  static char text[1024];
  int file = open("/proc/self/counters", O_RDONLY);
  long count = read(file, text, sizeof text - 1);
  close(file);
  text[count > 0 ? count : 0] = 0;
  char key[40];
  snprintf(key, sizeof key, "\n%s ", name);
  char *line = strstr(text, key);
  CHECK(line, "no %s in\n%s", name, text);
  return line ? strtoull(line + strlen(key), 0, 10) : 0;
}

int main(int argc, char **argv) {
  struct timespec resolution;
  clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
  tick = resolution.tv_nsec;
  if (argc > 1) latest = atoll(argv[1]);
  static const int clocks[] = {CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_TAI};
  static const int64_t lengths[] = {0, 1, 1000, 250000, 999999, 1000000, 1000001, 3700000, 50000000};
  uint32_t dice = 12345;
  for (int c = 0; c < 4; c++)
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) sleep_for(clocks[c], lengths[i], i);
  for (int i = 0; i < 100; i++) {
    dice = dice * 1103515245 + 12345;
    sleep_for(clocks[i & 3], dice >> 8 & 0x3fffff, i);
  }
  printf("latest: %lld ns\n", (long long)worst);
  printf("oldest: %lld ns\n", (long long)worst_coarse);
  CHECK(worst <= latest, "%lld ns late", (long long)worst);

  uint64_t ticks = counter("ticks"), taken = counter("tick_interrupts");
  sleep_for(CLOCK_MONOTONIC, 1000000000, 0);
  ticks = counter("ticks") - ticks;
  taken = counter("tick_interrupts") - taken;
  printf("ticks: %llu\ninterrupts: %llu\n", (unsigned long long)ticks, (unsigned long long)taken);
  return verdict("time_idle");
}
