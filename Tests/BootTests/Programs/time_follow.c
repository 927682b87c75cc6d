// SPDX-License-Identifier: Apache-2.0
/* Timers of CPU clocks, and sleeps and timers until a time of day while another process sets the clock. The
 * expectations are Linux's. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

typedef long long ns;
enum { MS = 1000000, LATE = 20 * MS }; /* Linux looks at CPU clocks every 4 ms, and its host may be busy. */

static ns read_clock(clockid_t clock) {
  struct timespec t;
  return clock_gettime(clock, &t) ? -errno : t.tv_sec * 1000000000LL + t.tv_nsec;
}

static struct timespec span(ns time) {
  return (struct timespec){time / 1000000000, time % 1000000000};
}

static volatile int count, code, number, overruns, receiver;
static void *volatile value;
static volatile ns first;

static clockid_t watched;
static void handle(int signal, siginfo_t *info, void *context) {
  if (!count) first = read_clock(watched);
  count++;
  number = signal;
  code = info->si_code;
  value = info->si_value.sival_ptr;
  overruns += info->si_overrun;
  receiver = syscall(SYS_gettid);
}

static void handle_all(void) {
  struct sigaction action = {0};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO;
  static const int signals[] = {SIGALRM, SIGVTALRM, SIGPROF, SIGUSR1, 40};
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, 0);
}

/* Mostly in user mode; the kernel is entered to read the clock. */
static void spin(ns time) {
  ns begun = read_clock(CLOCK_THREAD_CPUTIME_ID);
  while (read_clock(CLOCK_THREAD_CPUTIME_ID) - begun < time)
    for (volatile int i = 0; i < 10000; i++);
}

/* Never before the clock reaches it, and not long after; a sleep does not count. */
static void processor_timer(clockid_t clock, int periodic) {
  struct sigevent event = {0};
  timer_t timer;
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = 40;
  event.sigev_value.sival_ptr = &timer;
  count = overruns = 0;
  watched = clock;
  int result = timer_create(clock, &event, &timer);
  CHECK(result == 0, "clock %d: timer_create: %d", clock, errno);
  if (result) return;
  ns begun = read_clock(clock);
  struct itimerspec when = {span(periodic ? 10 * MS : 0), span(15 * MS)}, left;
  CHECK(timer_settime(timer, 0, &when, 0) == 0, "timer_settime: %d", errno);
  struct timespec nap = span(30 * MS);
  nanosleep(&nap, 0);
  CHECK(count == 0, "clock %d: %d signals while it stood", clock, count);
  CHECK(timer_gettime(timer, &left) == 0 && left.it_value.tv_sec == 0 &&
            left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 15 * MS,
        "clock %d: %ld left", clock, (long)left.it_value.tv_nsec);
  spin(60 * MS);
  CHECK(count >= 1, "clock %d: no signal", clock);
  if (count) {
    CHECK(first - begun >= 15 * MS && first - begun <= 15 * MS + LATE, "clock %d: after %lld", clock,
          first - begun);
    CHECK(number == 40 && code == SI_TIMER && value == &timer, "signal %d, code %d", number, code);
  }
  if (periodic) {
    int due = (read_clock(clock) - begun - 15 * MS) / (10 * MS) + 1;
    CHECK(count + overruns >= due - 3 && count + overruns <= due, "clock %d: %d of %d", clock,
          count + overruns, due);
  } else {
    CHECK(count == 1, "clock %d: %d signals", clock, count);
    CHECK(timer_gettime(timer, &left) == 0 && left.it_value.tv_nsec == 0, "it is over");
  }
  /* Until a time of that clock. */
  if (!periodic) {
    count = 0;
    begun = read_clock(clock);
    when.it_value = span(begun + 10 * MS);
    CHECK(timer_settime(timer, TIMER_ABSTIME, &when, 0) == 0, "absolute: %d", errno);
    spin(40 * MS);
    CHECK(count == 1 && first - begun >= 10 * MS && first - begun <= 10 * MS + LATE,
          "absolute: %d after %lld", count, first - begun);
  }
  CHECK(timer_delete(timer) == 0, "timer_delete: %d", errno);
  count = 0;
  spin(15 * MS);
  CHECK(count == 0, "clock %d: %d signals afterwards", clock, count);
}

static void interval(int which, int signal) {
  struct itimerval when = {{0, 10000}, {0, 20000}}, old;
  count = 0;
  watched = CLOCK_PROCESS_CPUTIME_ID;
  ns begun = read_clock(watched);
  CHECK(setitimer(which, &when, 0) == 0, "setitimer %d: %d", which, errno);
  CHECK(getitimer(which, &old) == 0 && old.it_interval.tv_usec == 10000 && old.it_value.tv_usec > 0 &&
            old.it_value.tv_usec <= 24000, "getitimer %d: %ld", which, (long)old.it_value.tv_usec);
  pid_t child = fork();
  if (child == 0) {
    getitimer(which, &old);
    _exit(old.it_value.tv_usec != 0);
  }
  int status = -1;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR);
  CHECK(status == 0, "a child has its parent's timer: %x", status);
  spin(70 * MS);
  memset(&when, 0, sizeof when);
  CHECK(setitimer(which, &when, &old) == 0 && old.it_interval.tv_usec == 10000, "off %d", which);
  CHECK(count >= 2 && count <= 7 && number == signal && code == SI_KERNEL,
        "setitimer %d: %d signals, %d, code %d", which, count, number, code);
  CHECK(first - begun >= 16 * MS, "setitimer %d: after %lld", which, first - begun);
}

static void other_kinds(void) {
  struct sigevent event = {0};
  timer_t timer;
  struct itimerspec when = {span(0), span(10 * MS)}, left;
  /* One that is only looked at. */
  event.sigev_notify = SIGEV_NONE;
  CHECK(timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) == 0, "SIGEV_NONE: %d", errno);
  count = 0;
  timer_settime(timer, 0, &when, 0);
  spin(20 * MS);
  CHECK(timer_gettime(timer, &left) == 0 && left.it_value.tv_sec == 0 &&
            left.it_value.tv_nsec <= 1, "%ld left", (long)left.it_value.tv_nsec);
  CHECK(count == 0, "it raised a signal");
  timer_delete(timer);
  /* To this thread, by its own clock. */
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGUSR1;
  ((int *)&event)[3] = syscall(SYS_gettid);
  CHECK(timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) == 0, "SIGEV_THREAD_ID: %d", errno);
  timer_settime(timer, 0, &when, 0);
  spin(30 * MS);
  CHECK(count == 1 && receiver == syscall(SYS_gettid), "%d at %d", count, receiver);
  timer_delete(timer);
  clockid_t gone = -8 * (12345 + 1) + 2;
  CHECK(timer_create(gone, &event, &timer) == -1 && errno == EINVAL, "a process that is none: %d", errno);
}

/* Sets the clock `change` further once the main thread sleeps. */
static volatile ns change;
static void *set_clock(void *unused) {
  struct timespec nap = span(30 * MS);
  nanosleep(&nap, 0);
  nap = span(read_clock(CLOCK_REALTIME) + change);
  CHECK(clock_settime(CLOCK_REALTIME, &nap) == 0, "clock_settime: %d", errno);
  return unused;
}

static void times_of_day(void) {
  pthread_t thread;
  struct timespec when;
  /* The clock is set past it: it expires at once. */
  change = 3600000000000LL;
  ns target = read_clock(CLOCK_REALTIME) + 600000000000LL;
  when = span(target);
  ns begun = read_clock(CLOCK_MONOTONIC);
  pthread_create(&thread, 0, set_clock, 0);
  CHECK(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &when, 0) == 0, "a sleep until a time");
  ns slept = read_clock(CLOCK_MONOTONIC) - begun;
  CHECK(slept >= 30 * MS && slept < 5000LL * MS, "set past it: slept %lld", slept);
  CHECK(read_clock(CLOCK_REALTIME) >= target, "early");
  pthread_join(thread, 0);
  /* It is set back: not early. */
  change = -100 * MS;
  target = read_clock(CLOCK_REALTIME) + 60 * MS;
  when = span(target);
  begun = read_clock(CLOCK_MONOTONIC);
  pthread_create(&thread, 0, set_clock, 0);
  CHECK(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &when, 0) == 0, "a sleep until a time");
  slept = read_clock(CLOCK_MONOTONIC) - begun;
  CHECK(read_clock(CLOCK_REALTIME) >= target, "early by %lld", target - read_clock(CLOCK_REALTIME));
  CHECK(slept >= 155 * MS && slept < 160 * MS + LATE, "set back: slept %lld", slept);
  pthread_join(thread, 0);
  /* A relative one does not care. */
  change = 3600000000000LL;
  when = span(80 * MS);
  begun = read_clock(CLOCK_MONOTONIC);
  pthread_create(&thread, 0, set_clock, 0);
  CHECK(clock_nanosleep(CLOCK_REALTIME, 0, &when, 0) == 0, "a relative sleep");
  slept = read_clock(CLOCK_MONOTONIC) - begun;
  CHECK(slept >= 80 * MS && slept < 80 * MS + LATE, "relative: slept %lld", slept);
  pthread_join(thread, 0);
  /* A timer until a time of day, and one that is relative. */
  struct sigevent event = {0};
  timer_t timer, other;
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  timer_create(CLOCK_REALTIME, &event, &timer);
  event.sigev_signo = 40;
  timer_create(CLOCK_REALTIME, &event, &other);
  struct itimerspec far = {span(0), span(read_clock(CLOCK_REALTIME) + 600000000000LL)}, left;
  struct itimerspec relative = {span(0), span(600000000000LL)};
  count = 0;
  timer_settime(timer, TIMER_ABSTIME, &far, 0);
  timer_settime(other, 0, &relative, 0);
  set_clock(0);
  struct timespec nap = span(10 * MS);
  nanosleep(&nap, 0);
  CHECK(count == 1 && number == SIGUSR1, "%d signals, %d", count, number);
  CHECK(timer_gettime(timer, &left) == 0 && left.it_value.tv_sec == 0, "it is over");
  CHECK(timer_gettime(other, &left) == 0 && left.it_value.tv_sec >= 590, "%lld s left",
        (long long)left.it_value.tv_sec);
  timer_delete(timer);
  timer_delete(other);
}

/* A signal ends a sleep, which stores the remaining time. */
static void interrupted(void) {
  struct itimerval when = {{0, 0}, {0, 20000}};
  struct timespec nap = span(10000LL * MS), left = {0, 0};
  count = 0;
  setitimer(ITIMER_REAL, &when, 0);
  CHECK(nanosleep(&nap, &left) == -1 && errno == EINTR && count == 1, "nanosleep: %d", errno);
  ns rest = left.tv_sec * 1000000000LL + left.tv_nsec;
  CHECK(rest <= 9990LL * MS && rest > 9000LL * MS, "%lld remain", rest);
  count = 0;
  setitimer(ITIMER_REAL, &when, 0);
  nap = span(read_clock(CLOCK_REALTIME) + 10000LL * MS);
  CHECK(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &nap, 0) == EINTR && count == 1, "until a time");
}

int main(void) {
  handle_all();
  processor_timer(CLOCK_PROCESS_CPUTIME_ID, 0);
  processor_timer(CLOCK_THREAD_CPUTIME_ID, 0);
  processor_timer(CLOCK_PROCESS_CPUTIME_ID, 1);
  interval(ITIMER_VIRTUAL, SIGVTALRM);
  interval(ITIMER_PROF, SIGPROF);
  other_kinds();
  times_of_day();
  interrupted();
  return verdict("time_follow");
}
