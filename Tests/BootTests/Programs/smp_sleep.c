// SPDX-License-Identifier: Apache-2.0
/* A process sleeps while another one is busy, on any CPU and on chosen ones: every sleep ends. What the busy
 * process does decides when an emulator that counts instructions gives another CPU its turn.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static void yields(void) { sched_yield(); }
static void calls(void) { getppid(); }
static void computes(void) { __asm__ volatile("" ::: "memory"); }

static void run_on(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  CHECK(sched_setaffinity(0, sizeof set, &set) == 0, "CPU %d", cpu);
}

/* Sleeps beside a process that repeats `load`: it on CPU `busy` and this one on the other, for -1 on any. */
static void sleep_beside(void (*load)(void), int busy) {
  pid_t child = fork();
  if (child == 0) {
    if (busy >= 0) run_on(busy);
    for (;;) load();
  }
  if (busy >= 0) run_on(!busy);
  for (int i = 0; i < 20; i++) {
    struct timespec time = {0, 1000000};
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &time, 0) == 0, "sleep %d", i);
  }
  CHECK(kill(child, SIGKILL) == 0 && waitpid(child, 0, 0) == child, "the busy process");
}

int main(void) {
  static void (*const loads[])(void) = {yields, calls, computes};
  for (int load = 0; load < 3; load++)
    for (int busy = -1; busy < 2; busy++) sleep_beside(loads[load], busy);
  return verdict("smp_sleep");
}
