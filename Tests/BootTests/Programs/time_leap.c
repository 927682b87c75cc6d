// SPDX-License-Identifier: Apache-2.0
/* Leap seconds: the clock is set to just before the end of a day, and an inserted or a deleted second is
 * announced. Meanwhile the vDSO and the system call are read in turn: neither may return a time before the
 * other's last one, monotonic and atomic time advance evenly, and only the wall clock is stepped, once. A sleeper
 * until midnight wakes at the midnight after the leap.
 *
 * With the argument "late" only sleepers are tested, under -icount: those on the wall clock wake at a deleted
 * second, not a second later, and those on monotonic time are not affected.
 */
#define _GNU_SOURCE
#include "check.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef long long ns;
enum { DAY = 86400, SECOND = 1000000000 };

static ns by_vdso(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static ns by_call(clockid_t clock) {
  struct { long long seconds, nanoseconds; } t;
  syscall(403, clock, &t);
  return t.seconds * 1000000000LL + t.nanoseconds;
}

static int state(int modes, int status, int *tai) {
  struct timex t;
  memset(&t, 0, sizeof t);
  t.modes = modes | ADJ_MAXERROR | ADJ_ESTERROR;
  t.status = status;
  int result = adjtimex(&t);
  if (tai) *tai = t.tai;
  return result;
}

static void day(const char *name, int bit, ns leap) {
  ns midnight = 1800000000LL / DAY * DAY * SECOND;
  ns before = midnight - (leap < 0 ? 1500000000 : 2500000000); /* 1.5 s before the leap */
  struct timespec start = {before / SECOND, before % SECOND};
  int tai, later;
  CHECK(!clock_settime(CLOCK_REALTIME, &start), "%s: set: %d", name, errno);
  CHECK(state(ADJ_STATUS, 0, &tai) == TIME_OK, "%s: nothing yet", name);
  int first = state(ADJ_STATUS, bit, 0);
  CHECK(first == TIME_OK || first == (leap < 0 ? TIME_INS : TIME_DEL), "%s: announced: %d", name, first);

  pid_t child = fork();
  if (!child) { /* sleeps until the midnight after the leap, however late it is then */
    struct timespec end = {midnight / SECOND, 0};
    int result = clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &end, 0);
    int early = by_call(CLOCK_REALTIME) < midnight;
    int leaps = state(0, 0, 0);
    _exit(result ? 100 : early ? 101 : leaps == TIME_INS || leaps == TIME_DEL ? 102 : 0);
  }
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_NONE};
  struct itimerspec due = {{0, 0}, {midnight / SECOND + 1, 0}}, left;
  timer_create(CLOCK_REALTIME, &event, &timer);
  timer_settime(timer, TIMER_ABSTIME, &due, 0);

  ns wall = 0, steady = 0, atomic = 0, begun, last, steps = 0, offset, atomic_offset, closest = SECOND;
  for (int i = 0; i < 1000; i++) { /* the offset, from the reads that lie closest together */
    ns first = by_vdso(CLOCK_MONOTONIC), now = by_vdso(CLOCK_REALTIME), second = by_vdso(CLOCK_MONOTONIC);
    if (second - first < closest) closest = second - first, offset = now - first;
    wall = now, steady = second;
  }
  begun = steady, last = steady - closest, atomic = by_vdso(CLOCK_TAI), atomic_offset = offset + tai * 1000000000LL;
  int seen = 0;
  while (steady - begun < 3500000000LL) {
    for (int way = 0; way < 2; way++) {
      ns now = way ? by_call(CLOCK_MONOTONIC) : by_vdso(CLOCK_MONOTONIC);
      ns wall_now = way ? by_call(CLOCK_REALTIME) : by_vdso(CLOCK_REALTIME);
      ns atomic_now = way ? by_call(CLOCK_TAI) : by_vdso(CLOCK_TAI);
      ns behind = way ? by_call(CLOCK_MONOTONIC) : by_vdso(CLOCK_MONOTONIC);
      CHECK(now >= steady && behind >= now, "%s: monotonic time goes back", name);
      CHECK(atomic_now >= atomic && atomic_now - behind <= atomic_offset + closest,
            "%s: atomic time jumps by %lld", name, atomic_now - atomic);
      if (wall_now < wall || wall_now - wall > 900000000) {
        steps++;
        offset += leap;
        ns passed = behind - last, until = leap < 0 ? wall : wall_now;
        CHECK(wall_now - wall >= leap && wall_now - wall <= leap + passed, "%s: a step of %lld", name, wall_now - wall);
        CHECK(until + passed >= midnight && until < midnight + SECOND / 2 + passed, "%s: stepped at %lld", name,
              until - midnight);
      }
      CHECK(wall_now - now >= offset - closest && wall_now - behind <= offset + closest, "%s: the wall clock", name);
      wall = wall_now, last = now, steady = behind, atomic = atomic_now;
    }
    int now = state(0, 0, &later);
    seen |= 1 << now;
  }
  CHECK(steps == 1, "%s: %lld steps", name, steps);
  CHECK(seen == (leap < 0 ? 1 << TIME_INS | 1 << TIME_OOP | 1 << TIME_WAIT : 1 << TIME_DEL | 1 << TIME_WAIT) ||
          seen == (leap < 0 ? 1 | 1 << TIME_INS | 1 << TIME_OOP | 1 << TIME_WAIT : 1 | 1 << TIME_DEL | 1 << TIME_WAIT),
        "%s: states %x", name, seen);
  CHECK(later == tai - (leap < 0 ? -1 : 1), "%s: TAI from %d to %d", name, tai, later);
  CHECK(state(0, 0, 0) == TIME_WAIT, "%s: waits", name);
  CHECK(state(ADJ_STATUS, 0, 0) != TIME_ERROR && state(0, 0, 0) != TIME_INS, "%s: cancelled", name);
  timer_gettime(timer, &left);
  CHECK(!left.it_value.tv_sec && !left.it_value.tv_nsec, "%s: the timer", name);
  timer_delete(timer);
  int status;
  waitpid(child, &status, 0);
  CHECK(!status, "%s: the sleeper: %d", name, WEXITSTATUS(status));
  sleep(2);
  CHECK(state(0, 0, 0) == TIME_OK, "%s: over", name);
}

/* A process sleeps until midnight, and a timer ends there, when the second before midnight is left out.
 * Meanwhile this process is busy, or sleeps and wakes 50 ms after the step. */
static void late(const char *name, int is_busy) {
  ns midnight = 1800000000LL / DAY * DAY * SECOND, steady;
  struct timespec start = {midnight / SECOND - 2, 800000000}, end = {midnight / SECOND, 0};
  struct timespec pause = {0, 250000000}, wait = {3, 0};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  struct itimerspec due = {{0, 0}, end};
  sigset_t set;
  timer_t timer;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, 0);
  CHECK(!clock_settime(CLOCK_REALTIME, &start), "%s: set: %d", name, errno);
  steady = by_call(CLOCK_MONOTONIC);
  state(ADJ_STATUS, STA_DEL, 0);
  pid_t sleeper = fork();
  if (!sleeper) {
    int result = clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &end, 0);
    ns behind = by_call(CLOCK_REALTIME) - midnight;
    _exit(result ? 255 : behind < 0 ? 254 : behind > 250000000 ? 250 : behind / 1000000);
  }
  pid_t other = fork();
  if (!other) { /* on monotonic time, over the step */
    struct timespec later = {(steady + 400000000) / SECOND, (steady + 400000000) % SECOND};
    int result = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &later, 0);
    ns behind = by_call(CLOCK_MONOTONIC) - steady - 400000000;
    _exit(result ? 255 : behind < 0 ? 254 : behind > 250000000 ? 250 : behind / 1000000);
  }
  timer_create(CLOCK_REALTIME, &event, &timer);
  timer_settime(timer, TIMER_ABSTIME, &due, 0);
  if (is_busy) {
    while (by_call(CLOCK_MONOTONIC) - steady < 250000000) {}
  } else {
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, 0);
  }
  CHECK(sigtimedwait(&set, 0, &wait) == SIGUSR1, "%s: no timer: %d", name, errno);
  ns behind = by_call(CLOCK_REALTIME) - midnight;
  CHECK(behind >= 0 && behind < 150000000, "%s: the timer is late by %lld ns", name, behind);
  int status;
  waitpid(sleeper, &status, 0);
  CHECK(WEXITSTATUS(status) < 150, "%s: the sleeper is late: %d", name, WEXITSTATUS(status));
  waitpid(other, &status, 0);
  CHECK(WEXITSTATUS(status) < 50, "%s: the sleeper on monotonic time: %d", name, WEXITSTATUS(status));
  timer_delete(timer);
  state(ADJ_STATUS, 0, 0);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    late("idle", 0);
    late("busy", 1);
    return verdict("time_leap late");
  }
  day("inserted", STA_INS, -(ns)SECOND);
  day("deleted", STA_DEL, SECOND);
  if (failures > 20) failures = 20;
  return verdict("time_leap");
}
