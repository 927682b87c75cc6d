// SPDX-License-Identifier: Apache-2.0
/* The results of timer calls, valid and invalid: 0 or -errno, and the remaining time of a timer.
 * time_timers.txt is the output on Linux 6.1. Timers of CPU clocks are tested elsewhere. With an argument, a
 * timer of 5 ms whose signal has no handler, and then: 0 spin, 1 sleep, 2 make system calls, 3 sleep with the
 * signal ignored, 4 sleep with it blocked and unblock it, 5 sleep after the timer was cancelled, 6 as 0 with
 * timer_create, 7 wait without a timeout in a futex.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
struct time32 { int32_t s, n; };
struct time64 { int64_t s, n; };
struct spec32 { struct time32 interval, value; };
struct spec64 { struct time64 interval, value; };
struct event { uint32_t value; int32_t signo, notify, pad[13]; };
enum { SETITIMER = 104, GETITIMER = 105, CREATE = 257, SETTIME = 258, GETTIME = 259, OVERRUN = 260, DELETE = 261, GETTIME64 = 408, SETTIME64 = 409 };
#define BAD ((void *)0x10)
static int answer(long r) { return r < 0 ? -errno : (int)r; }
#define CALL(...) answer(syscall(__VA_ARGS__))

static int with_a_timer(int way) {
  struct spec32 in_5_ms = {{0, 0}, {0, 5000}}, off = {{0, 0}, {0, 0}};
  struct spec64 in_5 = {{0, 0}, {0, 5000000}};
  struct event usr1 = {0, SIGUSR1, 0};
  struct timespec long_time = {100, 0}, short_time = {0, 20000000};
  sigset_t alarm;
  int id, word = 0;
  if (way == 3) signal(SIGALRM, SIG_IGN);
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  if (way == 4) sigprocmask(SIG_BLOCK, &alarm, 0);
  if (way != 6) CALL(SETITIMER, 0, &in_5_ms, 0);
  switch (way) {
  case 0: for (;;) {}
  case 1: nanosleep(&long_time, 0); return 1;
  case 2: for (;;) syscall(SYS_getppid);
  case 3: return nanosleep(&short_time, 0) ? 1 : 7;
  case 4:
    if (nanosleep(&short_time, 0)) return 1;
    sigprocmask(SIG_UNBLOCK, &alarm, 0);
    return 2;
  case 5: CALL(SETITIMER, 0, &off, 0); return nanosleep(&short_time, 0) ? 1 : 7;
  case 6: /* In a child: the first process does not end of it. */
    if ((id = fork()) > 0) return waitpid(id, &word, 0) == id && WIFSIGNALED(word) ? 128 + WTERMSIG(word) : 1;
    if (CALL(CREATE, 1, &usr1, &id) || CALL(SETTIME64, id, 0, &in_5, 0)) return 1;
    for (;;) {}
  case 7: syscall(SYS_futex, &word, 0, 0, 0); return 1;
  }
  return 3;
}

/* Timers that expired 3 s before they are set: their overruns, and the remaining time. */
static void due_long_ago(void) {
  static const int clocks[] = {0, 1, 7, 11};
  static const int64_t intervals[] = {1, 1000000, 7000000, 2000000000, 5000000000};
  struct timespec boot = {3, 200000000};
  nanosleep(&boot, 0);
  for (unsigned c = 0; c < sizeof clocks / sizeof *clocks; c++)
    for (unsigned i = 0; i < sizeof intervals / sizeof *intervals; i++) {
      struct event e = {5, SIGRTMIN, 0};
      int id, overrun;
      int64_t interval = intervals[i];
      struct timespec now, zero = {0, 0};
      struct spec64 s = {{interval / 1000000000, interval % 1000000000}, {0, 0}}, o;
      sigset_t set;
      siginfo_t info;
      CALL(CREATE, clocks[c], &e, &id);
      clock_gettime(clocks[c], &now);
      s.value = (struct time64){now.tv_sec - 3, now.tv_nsec};
      int r = CALL(SETTIME64, id, 1, &s, 0);
      usleep(100);
      sigemptyset(&set);
      sigaddset(&set, SIGRTMIN);
      int taken = sigtimedwait(&set, &info, &zero);
      overrun = info.si_overrun;
      CALL(GETTIME64, id, &o);
      int64_t wanted = interval == 1 ? INT_MAX : 3000000000 / interval;
      int64_t left = o.value.s * 1000000000 + o.value.n, due = interval - 3000000000 % interval;
      printf("due 3 s ago on %d, each %lld: %d signal %d overrun as it should %d %d left %d delete %d\n", clocks[c],
             (long long)interval, r, taken == SIGRTMIN, overrun >= wanted && overrun - wanted < 20,
             CALL(OVERRUN, id) == overrun, interval < 100000000 || (left <= due && left > due - 20000000), CALL(DELETE, id));
      while (sigtimedwait(&set, 0, &zero) == SIGRTMIN) {} /* On Linux a signal that was sent already stays. */
    }
}

int main(int argc, char **argv) {
  if (argc > 1) return with_a_timer(atoi(argv[1]));
  sigset_t all; sigfillset(&all); sigprocmask(SIG_BLOCK, &all, 0);
  static const int ids[] = {-1, INT_MIN, INT_MAX, 0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
  for (unsigned i = 0; i < sizeof ids / sizeof *ids; i++) {
    int id = -7; struct event e = {42, SIGALRM, 0};
    int r = CALL(CREATE, ids[i], &e, &id);
    printf("create %d: %d", ids[i], r);
    if (!r) {
      struct spec64 s = {{0, 0}, {100, 0}}, o, g; struct spec32 g32;
      printf(" set %d get %d", CALL(SETTIME64, id, 0, &s, &o), CALL(GETTIME64, id, &g));
      printf(" %d %d", (int)g.value.s, g.value.n > 900000000);
      printf(" get32 %d %d delete %d", CALL(GETTIME, id, &g32), g32.value.s, CALL(DELETE, id));
    }
    printf("\n");
  }
  int id = -1;
  struct event e = {1, 0, 0};
  printf("signo 0: %d\n", CALL(CREATE, 1, &e, &id));
  e.signo = 65; printf("signo 65: %d\n", CALL(CREATE, 1, &e, &id));
  e.signo = 64; printf("signo 64: %d\n", CALL(CREATE, 1, &e, &id)); CALL(DELETE, id);
  e.signo = 14; e.notify = 1; printf("none: %d\n", CALL(CREATE, 1, &e, &id)); 
  { struct spec64 s = {{0, 0}, {0, 1000000}}, g; CALL(SETTIME64, id, 0, &s, 0); usleep(3000); printf("none over: %d", CALL(GETTIME64, id, &g)); printf(" %d %d over %d\n", (int)g.value.s, (int)g.value.n, CALL(OVERRUN, id));
    s.interval.n = 1000000; CALL(SETTIME64, id, 0, &s, 0); usleep(3000); printf("none periodic: %d", CALL(GETTIME64, id, &g)); printf(" %d %d %d over %d\n", (int)g.value.s, g.value.n > 0 && g.value.n <= 1000000, (int)g.interval.n, CALL(OVERRUN, id)); CALL(DELETE, id); }
  e.notify = 2; printf("thread: %d\n", CALL(CREATE, 1, &e, &id)); CALL(DELETE, id);
  e.notify = 3; printf("3: %d\n", CALL(CREATE, 1, &e, &id));
  e.notify = 5; printf("5: %d\n", CALL(CREATE, 1, &e, &id));
  e.notify = 4; e.pad[0] = getpid(); printf("tid: %d\n", CALL(CREATE, 1, &e, &id)); CALL(DELETE, id);
  e.notify = 4; e.pad[0] = 7777; printf("tid 7777: %d\n", CALL(CREATE, 1, &e, &id));
  e.notify = 6; e.pad[0] = getpid(); printf("6: %d\n", CALL(CREATE, 1, &e, &id)); 
  printf("bad event: %d bad id: %d\n", CALL(CREATE, 1, BAD, &id), CALL(CREATE, 1, 0, BAD));
  printf("null event: %d\n", CALL(CREATE, 1, 0, &id)); 
  struct spec64 s = {{0, 0}, {1, 0}}, o; struct spec32 s32 = {{0, 0}, {1, 0}};
  printf("null: %d %d bad: %d %d old bad: %d get bad %d\n", CALL(SETTIME64, id, 0, 0, 0), CALL(SETTIME, id, 0, 0, 0), CALL(SETTIME64, id, 0, BAD, 0), CALL(SETTIME, id, 0, BAD, 0), CALL(SETTIME64, id, 0, &s, BAD), CALL(GETTIME64, id, BAD));
  s.value.n = 1000000000; printf("odd: %d", CALL(SETTIME64, id, 0, &s, 0)); s.value.n = -1; printf(" %d", CALL(SETTIME64, id, 0, &s, 0));
  s.value.n = 0; s.value.s = -1; printf(" %d", CALL(SETTIME64, id, 0, &s, 0)); s.value.s = 1; s.interval.n = 1000000000; printf(" interval %d\n", CALL(SETTIME64, id, 0, &s, 0));
  s.interval.n = 0; printf("flags 2: %d flags 3: %d\n", CALL(SETTIME64, id, 2, &s, 0), CALL(SETTIME64, id, 3, &s, 0));
  printf("unknown: %d %d %d %d %d\n", CALL(SETTIME64, 12345, 0, &s, 0), CALL(GETTIME64, 12345, &o), CALL(OVERRUN, 12345), CALL(DELETE, 12345), CALL(GETTIME64, -1, &o));
  printf("unknown bad: %d %d %d\n", CALL(SETTIME64, 12345, 0, BAD, 0), CALL(GETTIME64, 12345, BAD), CALL(SETTIME64, 12345, 0, 0, 0));
  s = (struct spec64){{7, 8}, {100, 0}}; CALL(SETTIME64, id, 0, &s, 0);
  s = (struct spec64){{0, 0}, {0, 0}}; printf("disarm: %d", CALL(SETTIME64, id, 0, &s, &o)); printf(" %d %d %d\n", (int)o.interval.s, (int)o.interval.n, (int)o.value.s);
  printf("disarmed: %d", CALL(GETTIME64, id, &o)); printf(" %d %d %d %d\n", (int)o.interval.s, (int)o.interval.n, (int)o.value.s, (int)o.value.n);
  s = (struct spec64){{7, 8}, {0, 0}}; printf("disarm with interval: %d", CALL(SETTIME64, id, 0, &s, &o)); printf(" get %d", CALL(GETTIME64, id, &o)); printf(" %d %d %d %d\n", (int)o.interval.s, (int)o.interval.n, (int)o.value.s, (int)o.value.n);
  /* In the past, absolute: it expires at once. */
  s = (struct spec64){{0, 0}, {0, 1}}; printf("past: %d", CALL(SETTIME64, id, 1, &s, &o)); usleep(1000);
  printf(" get %d", CALL(GETTIME64, id, &o)); printf(" %d %d over %d delete %d\n", (int)o.value.s, (int)o.value.n, CALL(OVERRUN, id), CALL(DELETE, id));
  /* Interval timers. */
  struct spec32 iv = {{0, 0}, {100, 0}}, io;
  for (int which = -1; which < 4; which += which ? 1 : 3) {
    printf("itimer %d: set %d", which, CALL(SETITIMER, which, &iv, 0)); printf(" get %d", CALL(GETITIMER, which, &io));
    if (which >= 0 && which < 3) printf(" %d %d", io.value.s, io.value.n > 900000);
    printf(" bad %d %d null %d", CALL(SETITIMER, which, BAD, 0), CALL(GETITIMER, which, BAD), CALL(GETITIMER, which, 0));
    struct spec32 odd = {{0, 0}, {0, 1000000}}; printf(" odd %d", CALL(SETITIMER, which, &odd, 0)); odd.value = (struct time32){-1, 0}; printf(" %d", CALL(SETITIMER, which, &odd, 0));
    odd = (struct spec32){{0, 1000000}, {0, 0}}; printf(" %d", CALL(SETITIMER, which, &odd, 0));
    printf(" old bad %d", CALL(SETITIMER, which, &iv, BAD));
    printf(" old null new %d", CALL(SETITIMER, which, 0, &io)); if (which >= 0 && which < 3) printf(" %d", io.value.s);
    printf(" off: %d", CALL(GETITIMER, which, &io)); if (which >= 0 && which < 3) printf(" %d %d", io.value.s, io.value.n);
    printf("\n");
  }
  due_long_ago();
  /* How many there may be. */
  int n = 0; while (n < 40 && CALL(CREATE, 1, 0, &id) == 0) n++; printf("many: %d\n", n);
  return 0;
}
