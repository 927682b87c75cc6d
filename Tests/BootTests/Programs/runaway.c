// SPDX-License-Identifier: Apache-2.0
/* A thread of the highest real-time priority that never blocks. "limit": RLIMIT_RTTIME sends it SIGXCPU
 * each second and ends it with SIGKILL; a thread that sleeps now and then is left alone. "key": it sees
 * coarse time advance, and a key at the console ends it; with several CPUs one such process each. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static volatile sig_atomic_t warnings;

static void warn(int signal) { warnings += signal == SIGXCPU; }

static double coarse(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void become_urgent(int policy) {
  struct sched_param most = {.sched_priority = 99};
  if (syscall(SYS_sched_setscheduler, 0, policy, &most)) _exit(3);
}

/* Computes for so many seconds of coarse time, which advances although nothing else runs. */
static void compute(double seconds) {
  for (double end = coarse() + seconds; coarse() < end;) continue;
}

/* Uses up the limit: at 0.1 s the first signal, at 1.1 s the second, at 1.3 s the end. */
static void run_into_limit(void) {
  signal(SIGXCPU, warn);
  become_urgent(SCHED_FIFO);
  compute(0.05);
  if (warnings) _exit(1);
  compute(0.1);
  if (warnings != 1) _exit(2);
  compute(1);
  if (warnings != 2) _exit(4);
  for (;;) continue;
}

static void sleep_in_time(void) {
  signal(SIGXCPU, warn);
  become_urgent(SCHED_RR);
  for (int i = 0; i < 5; i++) {
    compute(0.05);
    usleep(1000);
  }
  _exit(warnings ? 1 : 0);
}

static int status_of(void (*body)(void)) {
  int status = 0;
  pid_t child = fork();
  if (!child) {
    setrlimit(RLIMIT_RTTIME, &(struct rlimit){100000, 1300000});
    body();
  }
  waitpid(child, &status, 0);
  return status;
}

int main(int count, char **arguments) {
  if (count > 1 && !strcmp(arguments[1], "limit")) {
    int status = status_of(run_into_limit);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %#x", status);
    status = status_of(sleep_in_time);
    CHECK(status == 0, "status %#x", status);
    return verdict("runaway");
  }
  puts("computes");
  fflush(stdout);
  for (long i = sysconf(_SC_NPROCESSORS_ONLN); i > 1; i--)
    if (!fork()) break;
  become_urgent(SCHED_FIFO);
  compute(0.5);
  for (;;) continue;
}
