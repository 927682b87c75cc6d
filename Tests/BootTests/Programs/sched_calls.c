// SPDX-License-Identifier: Apache-2.0
/* nice, getpriority, setpriority, sched_setattr, sched_getattr and the limits of real-time: every line as
 * Linux 6.1 prints it, in sched_calls.txt. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answers.h"

enum { OTHER, FIFO, RR, BATCH, ISO, IDLE, DEADLINE, RESET_ON_FORK = 0x40000000 };
enum { RESET = 1, RECLAIM = 2, OVERRUN = 4, KEEP_POLICY = 8, KEEP_PARAMS = 16, UTIL_MIN = 32, UTIL_MAX = 64 };

typedef struct {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
  uint32_t least, most;
} attributes;

#define MS 1000000ull
#define GETPRIORITY(which, who) syscall(SYS_getpriority, which, who)
#define SETPRIORITY(which, who, nice) syscall(SYS_setpriority, which, who, nice)
#define NICE(step) syscall(SYS_nice, step)
#define SETATTR(who, from, flags) syscall(SYS_sched_setattr, who, from, flags)
#define GETATTR(who, to, size, flags) syscall(SYS_sched_getattr, who, to, size, flags)
#define SETSCHEDULER(policy, with) syscall(SYS_sched_setscheduler, 0, policy, with)

static attributes a;
static struct sched_param none, five = {5};

static void show(uint32_t size) {
  memset(&a, 0x55, sizeof a);
  long answer = GETATTR(0, &a, size, 0);
  printf("getattr %u: %ld", size, answer);
  if (answer == 0)
    printf(" size %u policy %u flags %llu nice %d priority %u times %llu %llu %llu clamps %u %u", a.size,
           a.policy, (unsigned long long)a.flags, a.nice, a.priority, (unsigned long long)a.runtime,
           (unsigned long long)a.deadline, (unsigned long long)a.period, a.least, a.most);
  putchar('\n');
}

/* Sets attributes, and prints the answer and how the thread is scheduled then. */
static void set(const char *what, attributes wanted) {
  a = wanted;
  long answer = SETATTR(0, &a, 0);
  int number = answer ? errno : 0;
  struct sched_param now = {-1};
  syscall(SYS_sched_getparam, 0, &now);
  printf("%s: %ld %d, policy %#lx priority %d nice %ld size %u\n", what, answer, number,
         syscall(SYS_sched_getscheduler, 0), now.sched_priority, 20 - GETPRIORITY(0, 0), a.size);
}
#define SIZED(bytes, ...) set("size " #bytes ", " #__VA_ARGS__, (attributes){.size = bytes, __VA_ARGS__})
#define SET(...) set(#__VA_ARGS__, (attributes){.size = 48, __VA_ARGS__})

static void nice_values(void) {
  SAY(GETPRIORITY(0, 0));
  SAY(NICE(5));
  SAY(GETPRIORITY(0, 0));
  SAY(NICE(-7));
  SAY(GETPRIORITY(0, 0));
  SAY(NICE(100));
  SAY(GETPRIORITY(0, 0));
  SAY(NICE(-100));
  SAY(GETPRIORITY(0, 0));
  SAY(NICE(0x7fffffff));
  SAY(GETPRIORITY(0, 0));
  SAY(NICE(0x80000000));
  SAY(GETPRIORITY(0, 0));
  SAY(SETPRIORITY(0, 0, 3));
  SAY(GETPRIORITY(0, 0));
  SAY(SETPRIORITY(0, 0, 50));
  SAY(GETPRIORITY(0, 0));
  SAY(SETPRIORITY(0, 0, -50));
  SAY(GETPRIORITY(0, 0));
  SAY(SETPRIORITY(3, 0, 0));
  SAY(GETPRIORITY(3, 0));
  SAY(SETPRIORITY(-1, 0, 0));
  SAY(GETPRIORITY(-1, 0));
  for (int which = 0; which < 3; which++) {
    SAY(SETPRIORITY(which, 0, which + 4));
    SAY(GETPRIORITY(which, 0));
    SAY(SETPRIORITY(which, 999, 0));
    SAY(GETPRIORITY(which, 999));
    SAY(SETPRIORITY(which, -1, 0));
    SAY(GETPRIORITY(which, -1));
  }
  SAY(SETPRIORITY(0, 0, 0));
}

static void pause_nicely(void) {
  setpgid(0, 0);
  NICE(7);
  for (;;) pause();
}

static void say_nice(void) {
  printf("child: nice %ld, policy %#lx\n", 20 - GETPRIORITY(0, 0), syscall(SYS_sched_getscheduler, 0));
}

static void of_others(void) {
  pid_t other = child(pause_nicely);
  while (GETPRIORITY(0, other) != 13) usleep(1000);
  SAY(GETPRIORITY(1, other));
  SAY(GETPRIORITY(2, 0));
  SAY(SETPRIORITY(1, other, 9));
  SAY(GETPRIORITY(0, other));
  SAY(GETPRIORITY(0, 0));
  kill(other, SIGKILL);
  waitpid(other, NULL, 0);
  SAY(GETPRIORITY(0, other) == -1 && errno == ESRCH);
  SAY(SETPRIORITY(0, 0, 5));
  child(say_nice);
  wait(NULL);
}

static void sizes(char *edge) {
  uint32_t wanted[] = {48, 56, 47, 100, 4096, 4097, 0};
  for (unsigned i = 0; i < sizeof wanted / sizeof *wanted; i++) show(wanted[i]);
  SAY(GETATTR(0, &a, 56, 1));
  SAY(GETATTR(-1, &a, 56, 0));
  SAY(GETATTR(9999, &a, 56, 0));
  SAY(GETATTR(0, 0, 56, 0));
  SAY(GETATTR(0, 8, 56, 0));
  SAY(GETATTR(0, edge - 52, 56, 0));
  SAY(SETATTR(0, 0, 0));
  SAY(SETATTR(0, 8, 0));
  SAY(SETATTR(-1, &a, 0));
  a = (attributes){.size = 48};
  SAY(SETATTR(9999, &a, 0));
  SAY(SETATTR(0, &a, 1));
  SIZED(0, .nice = 4);
  SIZED(47, .nice = 5);
  SIZED(52, .nice = 6);
  SIZED(56, .nice = 7);
  SIZED(4097, .nice = 8);
  memset(edge - 100, 0, 100);
  memcpy(edge - 100, &(attributes){.size = 100, .nice = 9}, sizeof a);
  SAY(SETATTR(0, edge - 100, 0));
  SAY(GETPRIORITY(0, 0));
  edge[-1] = 1;
  SAY(SETATTR(0, edge - 100, 0));
  SAY(((attributes *)(edge - 100))->size);
  edge[-1] = 0;
  ((attributes *)(edge - 100))->size = 200;
  SAY(SETATTR(0, edge - 100, 0));
}

static void policies(void) {
  SET(.nice = 3);
  SET(.nice = 20);
  SET(.nice = -21);
  SET(.priority = 1);
  SET(.policy = ISO);
  SET(.policy = 7);
  SET(.policy = 256);
  SET(.policy = -1);
  SET(.policy = BATCH, .nice = 7);
  SET(.policy = IDLE, .nice = 8);
  show(56);
  SAY(NICE(1));
  SET(.policy = FIFO, .nice = 9, .priority = 5);
  show(56);
  SAY(NICE(1));
  SAY(GETPRIORITY(0, 0));
  SET(.policy = RR, .priority = 99);
  SET(.policy = RR, .priority = 100);
  SET(.policy = FIFO, .priority = 0);
  SET(.flags = KEEP_POLICY, .nice = 3, .priority = 7);
  SET(.policy = FIFO, .flags = KEEP_PARAMS, .nice = 3, .priority = 7);
  SET(.flags = KEEP_POLICY | KEEP_PARAMS, .nice = 3, .priority = 7);
  SET(.policy = OTHER);
  SET(.policy = FIFO, .flags = KEEP_POLICY, .nice = 4);
  SET(.policy = FIFO, .flags = KEEP_POLICY, .nice = 4, .priority = 4);
  SET(.policy = FIFO, .flags = KEEP_PARAMS, .nice = 5, .priority = 4);
  SET(.policy = 7, .flags = KEEP_POLICY | KEEP_PARAMS, .nice = 9, .priority = 9);
  SET(.policy = 7, .flags = KEEP_POLICY, .nice = 2);
  SET(.flags = RESET);
  show(56);
  SET(.flags = RECLAIM);
  show(56);
  SET(.flags = OVERRUN);
  SIZED(56, .flags = UTIL_MIN);
  SIZED(56, .flags = UTIL_MAX);
  SET(.flags = UTIL_MIN | UTIL_MAX);
  SET(.flags = 128);
  SET(.policy = OTHER);
}

static void deadlines(void) {
  SET(.policy = DEADLINE, .runtime = 10 * MS, .deadline = 30 * MS, .period = 100 * MS);
  show(56);
  show(48);
  SAY(syscall(SYS_sched_setparam, 0, &none));
  SAY(syscall(SYS_sched_setparam, 0, &five));
  SAY(NICE(3));
  SAY(GETPRIORITY(0, 0));
  SAY(fork());
  SAY(sched_yield());
  SET(.policy = DEADLINE, .priority = 1, .runtime = 10 * MS, .deadline = 30 * MS, .period = 100 * MS);
  SET(.policy = DEADLINE, .nice = 5, .runtime = 10 * MS, .deadline = 30 * MS, .period = 100 * MS);
  SET(.policy = DEADLINE, .flags = RESET | RECLAIM, .runtime = 10 * MS, .deadline = 30 * MS, .period = 90 * MS);
  show(56);
  child(say_nice);
  wait(NULL);
  SET(.policy = DEADLINE, .flags = KEEP_PARAMS, .runtime = 1, .deadline = 2, .period = 3);
  show(48);
  SET(.flags = KEEP_POLICY, .runtime = 20 * MS, .deadline = 40 * MS, .period = 50 * MS);
  show(48);
  SET(.flags = KEEP_POLICY);
  SET(.policy = DEADLINE, .runtime = 10 * MS, .deadline = 30 * MS);
  show(48);
  SET(.policy = DEADLINE, .runtime = 10 * MS, .period = 30 * MS);
  SET(.policy = DEADLINE, .deadline = 10 * MS, .period = 30 * MS);
  SET(.policy = DEADLINE, .runtime = 1023, .deadline = 10 * MS, .period = 30 * MS);
  SET(.policy = DEADLINE, .runtime = 1024, .deadline = 10 * MS, .period = 30 * MS);
  show(48);
  SET(.policy = DEADLINE, .runtime = 20 * MS, .deadline = 10 * MS, .period = 30 * MS);
  SET(.policy = DEADLINE, .runtime = 10 * MS, .deadline = 30 * MS, .period = 20 * MS);
  SET(.policy = DEADLINE, .runtime = 10000, .deadline = 99000, .period = 99000);
  SET(.policy = DEADLINE, .runtime = 10 * MS, .deadline = 4000 * MS, .period = 4000 * MS);
  SET(.policy = DEADLINE, .runtime = 10 * MS, .deadline = 4200 * MS, .period = 4200 * MS);
  SET(.policy = DEADLINE, .runtime = 10 * MS, .deadline = 1ull << 63);
  SET(.policy = DEADLINE, .runtime = 10 * MS, .deadline = 20 * MS, .period = 1ull << 63);
  SET(.policy = DEADLINE, .runtime = 95 * MS, .deadline = 100 * MS, .period = 100 * MS);
  SET(.policy = DEADLINE, .runtime = 96 * MS, .deadline = 100 * MS, .period = 100 * MS);
  SET(.policy = OTHER, .nice = 2);
  show(56);
  SAY(SETSCHEDULER(DEADLINE, &none));
  SAY(sched_get_priority_max(DEADLINE));
  SAY(sched_get_priority_min(DEADLINE));
}

static void resets(void) {
  SAY(SETSCHEDULER(FIFO, &five));
  SAY(GETPRIORITY(0, 0));
  SAY(SETSCHEDULER(OTHER, &none));
  SAY(GETPRIORITY(0, 0));
  SAY(SETSCHEDULER(RESET_ON_FORK, &none));
  for (int nice = -5; nice <= 5; nice += 10) {
    SAY(SETPRIORITY(0, 0, nice));
    child(say_nice);
    wait(NULL);
  }
  SAY(SETSCHEDULER(FIFO | RESET_ON_FORK, &five));
  child(say_nice);
  wait(NULL);
  SAY(SETSCHEDULER(BATCH, &none));
  child(say_nice);
  wait(NULL);
  SAY(SETSCHEDULER(IDLE, &five));
  SAY(SETSCHEDULER(IDLE, &none));
  child(say_nice);
  wait(NULL);
  SAY(SETSCHEDULER(OTHER, &none));
}

static void limits(void) {
  struct rlimit limit;
  for (int which = RLIMIT_NICE; which <= RLIMIT_RTTIME; which++) {
    getrlimit(which, &limit);
    printf("limit %d: %#lx %#lx\n", which, (long)limit.rlim_cur, (long)limit.rlim_max);
  }
  limit = (struct rlimit){10, 20};
  SAY(setrlimit(RLIMIT_RTPRIO, &limit));
  SAY(setrlimit(RLIMIT_NICE, &limit));
  SAY(SETSCHEDULER(FIFO, &(struct sched_param){50}));
  SAY(SETSCHEDULER(OTHER, &none));
  SAY(SETPRIORITY(0, 0, -20));
}

int main(void) {
  char *edge = (char *)mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 4096;
  mprotect(edge, 4096, PROT_NONE);
  nice_values();
  of_others();
  sizes(edge);
  policies();
  deadlines();
  resets();
  limits();
  return 0;
}
