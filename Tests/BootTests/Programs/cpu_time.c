// SPDX-License-Identifier: Apache-2.0
/* CPU time of several threads or processes: the process's clock is the sum over its threads, ended ones
 * included; parents get the times of their children; clocks of other processes are read by number; exec
 * keeps the times. The expectations are Linux's.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "meminfo.h"

typedef long long ns;
enum { MS = 1000000, TICK = 10 * MS }; /* Linux counts some of it by ticks of up to 10 ms. */

/* More than a machine uses whose host is busy, less than a clock that is wrong. */
#define MUCH (5000LL * MS)

static ns flat(struct timespec t) { return t.tv_sec * 1000000000LL + t.tv_nsec; }

static ns read_clock(clockid_t clock) {
  struct timespec t;
  return clock_gettime(clock, &t) ? -errno : flat(t);
}

/* The same without the vDSO. */
static ns by_call(clockid_t clock) {
  struct { int64_t seconds, nanoseconds; } t;
  return syscall(403, clock, &t) ? -errno : t.seconds * 1000000000LL + t.nanoseconds;
}

static clockid_t clock_of(int number, int is_thread) { return -8 * (number + 1) + 2 + 4 * is_thread; }

static ns spin(ns span) {
  ns begun = by_call(CLOCK_THREAD_CPUTIME_ID), now;
  while ((now = by_call(CLOCK_THREAD_CPUTIME_ID)) - begun < span);
  return now;
}

/* The process has one thread again and finds its clocks in its own page. */
static void page_is_open(const char *when) {
  if (counter("system_calls ") < 0) return;
  for (int i = 0; i < 1000; i++) { /* a thread that was joined may still be ending */
    long first = counter("system_calls "), second = counter("system_calls ");
    read_clock(CLOCK_PROCESS_CPUTIME_ID);
    if (counter("system_calls ") - second == second - first) break;
    sched_yield();
  }
  ns last = by_call(CLOCK_PROCESS_CPUTIME_ID);
  ns mine = by_call(CLOCK_THREAD_CPUTIME_ID);
  long before = counter("system_calls ");
  for (int i = 0; i < 1000; i++) {
    ns now = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    CHECK(now >= last, "%s: the process's time goes from %lld to %lld", when, last, now);
    last = now;
    now = read_clock(CLOCK_THREAD_CPUTIME_ID);
    CHECK(now >= mine, "%s: the thread's time goes from %lld to %lld", when, mine, now);
    mine = now;
  }
  long calls = counter("system_calls ") - before;
  CHECK(calls < 20, "%s: %ld system calls", when, calls);
  CHECK(by_call(CLOCK_PROCESS_CPUTIME_ID) >= last, "%s: back by system call", when);
  unsigned cpu = 99;
  CHECK(syscall(SYS_getcpu, &cpu, 0, 0) == 0 && cpu < 8, "cpu %u", cpu);
}

static volatile int go_on;
static volatile int number;

static void *work(void *used) {
  number = syscall(SYS_gettid);
  *(ns *)used = spin(20 * MS);
  while (go_on) sched_yield();
  *(ns *)used = by_call(CLOCK_THREAD_CPUTIME_ID);
  return 0;
}

static ns micro(struct timeval t) { return t.tv_sec * 1000000000LL + t.tv_usec * 1000LL; }
static ns used(int who) {
  struct rusage use;
  return getrusage(who, &use) ? -errno : micro(use.ru_utime) + micro(use.ru_stime);
}

/* The first sleep of the process: its clocks do not go back. */
static void first_sleep(void) {
  ns by_page = read_clock(CLOCK_PROCESS_CPUTIME_ID), called = by_call(CLOCK_THREAD_CPUTIME_ID);
  struct timespec nap = {0, 2 * MS};
  nanosleep(&nap, 0);
  CHECK(read_clock(CLOCK_PROCESS_CPUTIME_ID) >= by_page, "went back below %lld", by_page);
  CHECK(by_call(CLOCK_THREAD_CPUTIME_ID) >= called, "went back below %lld by call", called);
}

static void threads(void) {
  pthread_t first, second;
  ns a = 0, b = 0;
  ns begun = read_clock(CLOCK_MONOTONIC), before = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  CHECK(!pthread_create(&first, 0, work, &a) && !pthread_create(&second, 0, work, &b), "threads");
  pthread_join(first, 0);
  pthread_join(second, 0);
  /* The smaller of two readings is taken first: the host may stop the machine between them. */
  ns mine = by_call(CLOCK_THREAD_CPUTIME_ID);
  ns after = by_call(CLOCK_PROCESS_CPUTIME_ID), passed = read_clock(CLOCK_MONOTONIC) - begun;
  CHECK(a >= 20 * MS && b >= 20 * MS, "%lld and %lld", a, b);
  CHECK(after - before >= a + b, "%lld of %lld and %lld", after - before, a, b);
  CHECK(after - before <= passed * sysconf(_SC_NPROCESSORS_ONLN) + TICK, "%lld in %lld",
        after - before, passed);
  CHECK(after - mine >= a + b, "the thread has %lld of %lld", mine, after);
  CHECK(used(RUSAGE_SELF) >= after - TICK, "getrusage: %lld of %lld", used(RUSAGE_SELF), after);
  ns told = used(RUSAGE_THREAD);
  mine = by_call(CLOCK_THREAD_CPUTIME_ID);
  CHECK(told <= mine + TICK, "getrusage: %lld of %lld", told, mine);
  struct tms t;
  CHECK(times(&t) != -1 && (t.tms_utime + t.tms_stime) * 10LL * MS >= after - 2 * TICK, "times: %ld",
        (long)(t.tms_utime + t.tms_stime));
  page_is_open("after threads");

  /* While one runs: the sum moves, and its own clock is read by its number. */
  go_on = 1;
  number = 0;
  CHECK(!pthread_create(&first, 0, work, &a), "a thread");
  while (!number) sched_yield();
  ns theirs = read_clock(clock_of(number, 1)), whole = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  struct timespec nap = {0, 10 * MS};
  nanosleep(&nap, 0);
  ns more = read_clock(clock_of(number, 1)) - theirs;
  CHECK(theirs >= 0 && more > 0, "the other's clock says %lld and %lld more", theirs, more);
  ns sum = read_clock(CLOCK_PROCESS_CPUTIME_ID) - whole;
  CHECK(sum >= more, "%lld of %lld", sum, more);
  CHECK(read_clock(clock_of(number, 0)) == -EINVAL, "a process's clock by a thread's number");
  /* To sleep until the process, not this thread, has used that. */
  whole = by_call(CLOCK_PROCESS_CPUTIME_ID);
  CHECK(clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &nap, 0) == 0, "sleeping by the process's clock");
  ns slept = by_call(CLOCK_PROCESS_CPUTIME_ID) - whole;
  CHECK(slept >= 10 * MS && slept < MUCH, "slept %lld", slept);
  struct timespec until = {0, 0};
  until.tv_sec = (whole + 25 * MS) / 1000000000;
  until.tv_nsec = (whole + 25 * MS) % 1000000000;
  CHECK(clock_nanosleep(clock_of(0, 0), TIMER_ABSTIME, &until, 0) == 0, "until a time of it");
  slept = by_call(CLOCK_PROCESS_CPUTIME_ID) - whole;
  CHECK(slept >= 25 * MS && slept < MUCH, "slept until %lld", slept);
  CHECK(clock_nanosleep(clock_of(number, 1), 0, &nap, 0) == 0, "sleeping by another thread's clock");
  go_on = 0;
  pthread_join(first, 0);
  page_is_open("after another");
}

static void children(void) {
  struct timespec t;
  struct rusage use;
  int status = -1, pipe_free;
  ns before = used(RUSAGE_CHILDREN);
  CHECK(before >= 0, "children at first: %lld", before);
  pid_t child = fork();
  if (child == 0) {
    pid_t grandchild = fork();
    if (grandchild == 0) _exit(spin(20 * MS) < 0);
    pipe_free = waitpid(grandchild, &status, 0) == grandchild && used(RUSAGE_CHILDREN) >= 20 * MS - TICK;
    spin(20 * MS);
    _exit(pipe_free ? 0 : 1);
  }
  clockid_t clock;
  CHECK(clock_getcpuclockid(child, &clock) == 0 && clock == clock_of(child, 0), "clock %x", clock);
  CHECK(clock_getres(clock, &t) == 0 && flat(t) == 1, "its resolution is %lld", flat(t));
  CHECK(clock_settime(clock, &t) == -1 && errno == EPERM, "setting it: %d", errno);
  CHECK(read_clock(clock_of(child, 1)) == -EINVAL, "a thread's clock of another process");
  siginfo_t info;
  CHECK(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0, "waitid: %d", errno);
  ns own = read_clock(clock);
  CHECK(own >= 20 * MS && own < MUCH, "a zombie's clock says %lld", own);
  CHECK(wait4(child, &status, 0, &use) == child && status == 0, "the child ends with %x", status);
  ns all = micro(use.ru_utime) + micro(use.ru_stime);
  CHECK(all >= 40 * MS - 2 * TICK, "wait4: %lld", all);
  CHECK(used(RUSAGE_CHILDREN) - before >= all - TICK, "children: %lld", used(RUSAGE_CHILDREN) - before);
  struct tms used_times;
  times(&used_times);
  CHECK((used_times.tms_cutime + used_times.tms_cstime) * 10LL * MS >= all - 2 * TICK, "times: %ld",
        (long)(used_times.tms_cutime + used_times.tms_cstime));
  CHECK(read_clock(clock) == -EINVAL, "the clock of one that is gone: %lld", read_clock(clock));
  CHECK(clock_getcpuclockid(child, &clock) == ESRCH, "its number");
}

/* Another thread runs meanwhile; its CPU time stays. */
static void execute(char **argv) {
  pthread_t thread;
  ns a = 0;
  go_on = 1;
  number = 0;
  CHECK(!pthread_create(&thread, 0, work, &a), "a thread");
  while (!number || a < 20 * MS) sched_yield();
  char before[32];
  snprintf(before, sizeof before, "%lld", by_call(CLOCK_PROCESS_CPUTIME_ID));
  char *arguments[] = {argv[0], before, failures ? "failed" : "good", 0};
  execv("/proc/self/exe", arguments);
  execv("/init", arguments);
  CHECK(0, "exec: %d", errno);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    first_sleep();
    threads();
    children();
    execute(argv);
    return verdict("cpu_time");
  }
  CHECK(!strcmp(argv[2], "good"), "before the exec");
  ns before = atoll(argv[1]), now = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  CHECK(now >= before && now < before + MUCH, "exec: from %lld to %lld", before, now);
  CHECK(by_call(CLOCK_PROCESS_CPUTIME_ID) >= now, "by system call");
  CHECK(by_call(CLOCK_THREAD_CPUTIME_ID) < now, "the thread's is less");
  page_is_open("after exec");
  return verdict("cpu_time");
}
