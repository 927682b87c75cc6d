// SPDX-License-Identifier: Apache-2.0
/* Processes that take two robust mutexes with inheritance from each other, at random, and are killed at random
 * points: in user mode with one or both, in the calls, and while they wait. Nothing may be lost: one owner at a
 * time, the next one learns that the last one died, and at the end the kernel has forgotten all. Argument: the
 * number of kills. Passes on Linux 6.1, except for the count of what the kernel knows.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "check.h"
#include "meminfo.h"

enum { PROCESSES = 6 };

static struct {
  pthread_mutex_t outer, inner;
  volatile int in_outer, in_inner;
  volatile unsigned turns, deaths, errors;
} *shared;

static uint32_t seed;
static unsigned dice(unsigned limit) {
  seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
  return seed % limit;
}

static void enter(pthread_mutex_t *mutex, volatile int *inside) {
  int result = pthread_mutex_lock(mutex);
  if (result == EOWNERDEAD) {
    shared->deaths++;
    *inside = 0;
    result = pthread_mutex_consistent(mutex);
  }
  if (result || *inside) shared->errors++;
  *inside = 1;
}

static void leave(pthread_mutex_t *mutex, volatile int *inside) {
  if (!*inside) shared->errors++;
  *inside = 0;
  if (pthread_mutex_unlock(mutex)) shared->errors++;
}

static void work(void) {
  for (volatile unsigned i = dice(2000); i; i--) {}
  if (dice(8) == 0) sched_yield();
}

static void prepare(pthread_mutex_t *mutex) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(mutex, &attributes);
}

/* musl registers the robust list at the first robust mutex that is free. A thread whose first one was handed to it
 * by the kernel would die unregistered, and its mutex with it, on Linux as well. */
static void register_robust_list(void) {
  static pthread_mutex_t own;
  prepare(&own);
  pthread_mutex_lock(&own);
  pthread_mutex_unlock(&own);
}

static void live(void) {
  register_robust_list();
  for (;;) {
    enter(&shared->outer, &shared->in_outer);
    work();
    if (dice(2)) {
      enter(&shared->inner, &shared->in_inner);
      work();
      shared->turns++;
      leave(&shared->inner, &shared->in_inner);
    }
    leave(&shared->outer, &shared->in_outer);
    if (dice(4) == 0) work();
  }
}

static pid_t begin(int number) {
  pid_t made = fork();
  if (made) return made;
  seed = 88172645u * (number + 7);
  live();
  return 0;
}

int main(int argc, char **argv) {
  int kills = argc > 1 ? atoi(argv[1]) : 200;
  pid_t running[PROCESSES];
  shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  prepare(&shared->outer);
  prepare(&shared->inner);
  for (int i = 0; i < PROCESSES; i++) running[i] = begin(i);
  seed = 2463534242u;
  for (int i = 0; i < kills; i++) {
    unsigned before = shared->turns;
    usleep(dice(3000));
    int victim = dice(PROCESSES), status;
    kill(running[victim], SIGKILL);
    CHECK(waitpid(running[victim], &status, 0) == running[victim] && status == SIGKILL, "status %x", status);
    running[victim] = begin(PROCESSES + i);
    if (i % 16 == 0)
      for (int wait = 0; wait < 20000 && shared->turns == before; wait++) usleep(1000);
    if (i % 16 == 0) CHECK(shared->turns != before, "no process has a turn after %d kills", i);
  }
  for (int i = 0; i < PROCESSES; i++) kill(running[i], SIGKILL);
  for (int i = 0; i < PROCESSES; i++) waitpid(running[i], 0, 0);
  enter(&shared->outer, &shared->in_outer);
  enter(&shared->inner, &shared->in_inner);
  leave(&shared->inner, &shared->in_inner);
  leave(&shared->outer, &shared->in_outer);
  CHECK(shared->errors == 0, "%u errors", shared->errors);
  CHECK(kills < 100 || shared->deaths > 0, "no owner died");
  long left = counter("owned_futexes ");
  CHECK(left <= 0, "%ld futexes are still owned", left);
  return verdict("futex_kills");
}
