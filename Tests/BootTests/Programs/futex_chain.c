// SPDX-License-Identifier: Apache-2.0
/* Inheritance along a chain of futexes, between threads and between processes: `low` owns one, `middle` owns
 * another and waits for the first, `high` waits for the second. Busy ones that are more urgent than `low` and
 * `middle`, one for each CPU, must not delay `high`: without inheritance they would until they give up. Argument:
 * the number of CPUs. With one, they do not run at all while `high` waits. Passes on Linux 6.1.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { LOCK = 6, UNLOCK, LOW = 1, MIDDLE = 30, BUSY = 60, HIGH = 90, MAIN = 99, MOST = 8 };

static struct {
  uint32_t first, second;
  volatile int low_owns, middle_waits, high_waits, done, gave_up, failed;
  volatile unsigned turns[MOST]; /* of the busy ones */
  unsigned delayed;              /* turns while `high` waited */
} *shared;
static int cpus, in_processes;

static void call(uint32_t *word, int operation) {
  if (syscall(422, word, operation, 0, 0)) shared->failed++;
}

static void be(int priority) {
  struct sched_param parameter = {priority};
  if (syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &parameter)) shared->failed++;
}

static void *low(void *unused) {
  call(&shared->first, LOCK);
  be(LOW);
  shared->low_owns = 1;
  while (!shared->high_waits && !shared->gave_up) {}
  for (volatile int i = 0; i < 100000; i++) {}
  call(&shared->first, UNLOCK);
  return 0;
}

static void *middle(void *unused) {
  call(&shared->second, LOCK);
  be(MIDDLE);
  shared->middle_waits = 1;
  call(&shared->first, LOCK);
  call(&shared->first, UNLOCK);
  call(&shared->second, UNLOCK);
  return 0;
}

static void *busy(void *number) {
  struct timespec end, now;
  be(BUSY);
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += 10;
  while (!shared->done) {
    shared->turns[(intptr_t)number]++;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec > end.tv_sec) return shared->gave_up = 1, (void *)0;
  }
  return 0;
}

static unsigned turns(void) {
  unsigned sum = 0;
  for (int i = 0; i < cpus; i++) sum += shared->turns[i];
  return sum;
}

static void *high(void *unused) {
  be(HIGH);
  unsigned before = turns();
  shared->high_waits = 1;
  call(&shared->second, LOCK);
  shared->delayed = turns() - before;
  shared->done = 1;
  call(&shared->second, UNLOCK);
  return 0;
}

static struct {
  pthread_t thread;
  pid_t process;
} started[MOST + 3];
static int count;

static void start(void *(*body)(void *), intptr_t argument, volatile int *until) {
  if (!in_processes) {
    pthread_create(&started[count++].thread, 0, body, (void *)argument);
  } else if (!(started[count++].process = fork())) {
    body((void *)argument);
    _exit(0);
  }
  while (until && !*until) usleep(1000);
}

static void chain(void) {
  *shared = (__typeof__(*shared)){0};
  count = 0;
  start(low, 0, &shared->low_owns);
  start(middle, 0, &shared->middle_waits);
  usleep(20000); /* It waits now. */
  for (intptr_t i = 0; i < cpus; i++) start(busy, i, 0);
  usleep(20000);
  CHECK(turns() > 0, "the busy ones do not run");
  start(high, 0, 0);
  for (int i = 0; i < count; i++) {
    if (in_processes) waitpid(started[i].process, 0, 0);
    else pthread_join(started[i].thread, 0);
  }
  CHECK(!shared->failed, "%d calls failed", shared->failed);
  CHECK(!shared->gave_up, "the busy ones delayed the urgent one");
  CHECK(cpus > 1 || shared->delayed == 0, "%u turns while it waited", shared->delayed);
  CHECK((shared->first | shared->second) << 1 == 0, "words %x %x", shared->first, shared->second);
}

int main(int argc, char **argv) {
  cpus = argc > 1 ? atoi(argv[1]) : 1;
  shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  be(MAIN);
  for (in_processes = 0; in_processes < 2; in_processes++) chain();
  return verdict("futex_chain");
}
