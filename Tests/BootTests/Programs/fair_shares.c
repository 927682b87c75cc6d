// SPDX-License-Identifier: Apache-2.0
/* Processes that only compute get CPU time by their nice values: fair_shares CPUS MILLISECONDS NICE...
 * starts one for each nice value, and the CPU time that each gets is within 4 % of a CPU of its share.
 * The weights are Linux's. A process can use one CPU at most. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { MOST = 16 };
static const int weights[40] = {
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904,
    3906,  3121,  2501,  1991,  1586,  1277,  1024,  820,   655,   526,   423,  335,  272,  215,
    172,   137,   110,   87,    70,    56,    45,    36,    29,    23,    18,   15};

static long long time_of(pid_t process) {
  clockid_t clock;
  struct timespec time = {0};
  clock_getcpuclockid(process, &clock);
  clock_gettime(clock, &time);
  return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void schedule(int policy, int priority) {
  struct sched_param with = {.sched_priority = priority};
  CHECK(!syscall(SYS_sched_setscheduler, 0, policy, &with), "policy %d", policy);
}

static void compute(int nice) {
  setpriority(PRIO_PROCESS, 0, nice);
  schedule(SCHED_OTHER, 0);
  for (;;) continue;
}

int main(int count, char **arguments) {
  int cpus = atoi(arguments[1]), milliseconds = atoi(arguments[2]), number = count - 3;
  pid_t children[MOST];
  double expected[MOST];
  schedule(SCHED_FIFO, 50);
  for (int i = 0; i < number; i++) {
    children[i] = fork();
    if (!children[i]) compute(atoi(arguments[i + 3]));
  }
  usleep(50000);
  long long begun[MOST], spent[MOST], all = 0;
  for (int i = 0; i < number; i++) begun[i] = time_of(children[i]);
  usleep(milliseconds * 1000);
  for (int i = 0; i < number; i++) all += spent[i] = time_of(children[i]) - begun[i];
  /* The weight of a process that needs more than a CPU is cut. */
  double rest = cpus;
  int left = number;
  for (int i = 0; i < number; i++) expected[i] = 0;
  for (int is_cut = 1; is_cut && left;) {
    double sum = 0;
    is_cut = 0;
    for (int i = 0; i < number; i++)
      if (expected[i] != 1) sum += weights[atoi(arguments[i + 3]) + 20];
    for (int i = 0; i < number; i++) {
      if (expected[i] == 1) continue;
      expected[i] = rest * weights[atoi(arguments[i + 3]) + 20] / sum;
    }
    for (int i = 0; i < number; i++)
      if (expected[i] > 1) expected[i] = 1, rest--, left--, is_cut = 1;
  }
  for (int i = 0; i < number; i++) {
    double part = spent[i] * (double)cpus / all;
    CHECK(part > expected[i] - 0.04 && part < expected[i] + 0.04, "nice %s: %d instead of %d permille",
          arguments[i + 3], (int)(part * 1000), (int)(expected[i] * 1000));
    kill(children[i], SIGKILL);
  }
  while (wait(NULL) > 0) continue;
  return verdict("fair_shares");
}
