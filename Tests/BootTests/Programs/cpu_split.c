// SPDX-License-Identifier: Apache-2.0
/* Separate user and system time: of a process, of a thread, of children, and for setitimer. Computing is
 * user time, copying in the kernel is system time. The program passes on Linux as well.
 */
#define _GNU_SOURCE
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef long long ns;
enum { MS = 1000000, SPAN = 400 };

static int zeros;
static char room[1 << 20];
static volatile int virtualEnds, profilingEnds;

static ns of(struct timeval t) { return t.tv_sec * 1000000000LL + t.tv_usec * 1000LL; }

static ns clock_now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Uses the calling thread's CPU for SPAN ms. */
static void compute(void) {
  volatile unsigned sum = 0;
  for (ns end = clock_now(CLOCK_THREAD_CPUTIME_ID) + (ns)SPAN * MS; clock_now(CLOCK_THREAD_CPUTIME_ID) < end;)
    for (unsigned i = 0; i < 200000; i++) sum += i;
}

/* Lets the kernel use it. */
static void copy(void) {
  for (ns end = clock_now(CLOCK_THREAD_CPUTIME_ID) + (ns)SPAN * MS; clock_now(CLOCK_THREAD_CPUTIME_ID) < end;)
    for (int i = 0; i < 4; i++)
      if (read(zeros, room, sizeof room) < 0) failures++;
}

/* The time that `who` has used since `before`, compared with `user` and `system`, in units of SPAN. */
static void used(const char *what, int who, struct rusage before, int user, int system) {
  struct rusage now;
  getrusage(who, &now);
  ns ours = of(now.ru_utime) - of(before.ru_utime), theirs = of(now.ru_stime) - of(before.ru_stime);
  ns unit = (ns)SPAN * MS, slack = unit / 4;
  CHECK(ours >= user * unit - slack && ours <= user * unit + slack, "%s: user %lld", what, ours);
  CHECK(theirs >= system * unit - slack && theirs <= system * unit + slack, "%s: system %lld", what, theirs);
}

static struct rusage use(int who) {
  struct rusage now;
  getrusage(who, &now);
  return now;
}

static void *other(void *unused) {
  struct rusage before = use(RUSAGE_THREAD);
  copy();
  used("another thread", RUSAGE_THREAD, before, 0, 1);
  return unused;
}

static void ended(int signal) {
  if (signal == SIGVTALRM) virtualEnds++;
  else profilingEnds++;
}

int main(void) {
  mkdir("/dev", 0755);
  mknod("/dev/zero", S_IFCHR | 0666, makedev(1, 5));
  zeros = open("/dev/zero", O_RDONLY);
  CHECK(zeros >= 0, "/dev/zero: %d", errno);
  memset(room, 1, sizeof room);

  struct rusage before = use(RUSAGE_SELF), thread = use(RUSAGE_THREAD);
  struct tms then, now;
  times(&then);
  compute();
  used("computing", RUSAGE_SELF, before, 1, 0);
  copy();
  used("and copying", RUSAGE_SELF, before, 1, 1);
  used("the thread", RUSAGE_THREAD, thread, 1, 1);
  times(&now);
  long user = now.tms_utime - then.tms_utime, system = now.tms_stime - then.tms_stime;
  CHECK(user >= SPAN / 10 * 3 / 4 && user <= SPAN / 10 * 5 / 4, "times: user %ld", user);
  CHECK(system >= SPAN / 10 * 3 / 4 && system <= SPAN / 10 * 5 / 4, "times: system %ld", system);

  before = use(RUSAGE_SELF), thread = use(RUSAGE_THREAD);
  pthread_t second;
  pthread_create(&second, 0, other, 0);
  pthread_join(second, 0);
  used("both threads", RUSAGE_SELF, before, 0, 1);
  used("the first one", RUSAGE_THREAD, thread, 0, 0);

  before = use(RUSAGE_CHILDREN);
  times(&then);
  pid_t child = fork();
  if (!child) {
    copy();
    if (!fork()) compute(), _exit(0);
    wait(0);
    _exit(0);
  }
  struct rusage its;
  memset(&its, 0, sizeof its);
  CHECK(wait4(child, 0, 0, &its) == child, "wait4: %d", errno);
  ns unit = (ns)SPAN * MS;
  CHECK(of(its.ru_utime) > unit * 3 / 4 && of(its.ru_stime) > unit * 3 / 4, "wait4: %lld %lld", of(its.ru_utime),
        of(its.ru_stime));
  used("children", RUSAGE_CHILDREN, before, 1, 1);
  times(&now);
  CHECK(now.tms_cutime - then.tms_cutime >= SPAN / 10 * 3 / 4, "times: %ld", (long)(now.tms_cutime - then.tms_cutime));
  CHECK(now.tms_cstime - then.tms_cstime >= SPAN / 10 * 3 / 4, "times: %ld", (long)(now.tms_cstime - then.tms_cstime));

  signal(SIGVTALRM, ended);
  signal(SIGPROF, ended);
  struct itimerval half = {{0, 0}, {0, SPAN * 500}}, off = {{0, 0}, {0, 0}}, left;
  setitimer(ITIMER_VIRTUAL, &half, 0);
  setitimer(ITIMER_PROF, &half, 0);
  copy();
  getitimer(ITIMER_VIRTUAL, &left);
  CHECK(profilingEnds == 1 && !virtualEnds, "in the kernel: %d %d", profilingEnds, virtualEnds);
  CHECK(of(left.it_value) > unit / 4, "left of virtual time: %lld", of(left.it_value));
  compute();
  CHECK(profilingEnds == 1 && virtualEnds == 1, "in the program: %d %d", profilingEnds, virtualEnds);
  setitimer(ITIMER_VIRTUAL, &off, 0);

  /* The times of getrusage never go back, and their sum is the clock's. */
  struct rusage last = use(RUSAGE_SELF);
  for (int i = 0; i < 3000; i++) {
    ns first = clock_now(CLOCK_PROCESS_CPUTIME_ID);
    struct rusage next = use(RUSAGE_SELF);
    ns sum = of(next.ru_utime) + of(next.ru_stime), behind = clock_now(CLOCK_PROCESS_CPUTIME_ID);
    CHECK(of(next.ru_utime) >= of(last.ru_utime) && of(next.ru_stime) >= of(last.ru_stime), "back");
    CHECK(sum >= first - 2000 && sum <= behind, "sum %lld of %lld to %lld", sum, first, behind);
    last = next;
  }
  return verdict("cpu_split");
}
