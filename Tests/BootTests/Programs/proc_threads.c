// SPDX-License-Identifier: Apache-2.0
/* Stock pthreads: mutexes, condition variables, joins, thread-local storage, registers of the
 * floating-point unit across switches, the calls about threads. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long sum;
static int turn;
static __thread int mine;

static void *add(void *unused) {
  for (int i = 0; i < 5000; i++) {
    pthread_mutex_lock(&mutex);
    long seen = sum;
    if (i % 100 == 0) sched_yield();
    sum = seen + 1;
    pthread_mutex_unlock(&mutex);
    mine++;
  }
  return (void *)(long)mine;
}

static void *ping(void *argument) {
  int me = (int)(long)argument;
  for (int i = 0; i < 500; i++) {
    pthread_mutex_lock(&mutex);
    while (turn != me) pthread_cond_wait(&changed, &mutex);
    turn = !me;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
  }
  return 0;
}

/* Long enough for many slices. */
static void *multiply(void *argument) {
  double product = 1;
  for (int i = 0; i < 4000000; i++) product *= 1.0000001;
  *(double *)argument = product;
  return (void *)syscall(SYS_gettid);
}

static void *forever(void *unused) {
  for (;;) sched_yield();
}

static void joins(void) {
  pthread_t threads[8];
  void *result;
  for (int i = 0; i < 8; i++) CHECK(!pthread_create(&threads[i], 0, add, 0), "create %d", i);
  for (int i = 0; i < 8; i++)
    CHECK(!pthread_join(threads[i], &result) && (long)result == 5000, "thread %d", i);
  CHECK(sum == 40000 && mine == 0, "sum %ld, mine %d", sum, mine);
  sum = 0;
  for (long i = 0; i < 2; i++) pthread_create(&threads[i], 0, ping, (void *)i);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
  CHECK(turn == 0, "turn %d", turn);
}

static void registers(void) {
  pthread_t threads[4];
  double products[5];
  void *results[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, multiply, &products[i]);
  multiply(&products[4]);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], &results[i]);
  for (int i = 0; i < 4; i++) {
    CHECK(products[i] == products[4], "product %d is %f, not %f", i, products[i], products[4]);
    CHECK((long)results[i] != getpid() && results[i] != results[(i + 1) & 3], "number %d", i);
  }
}

static void timeouts(void) {
  struct timespec end, now;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_nsec += 20000000;
  if (end.tv_nsec >= 1000000000) end.tv_sec++, end.tv_nsec -= 1000000000;
  pthread_mutex_lock(&mutex);
  CHECK(pthread_cond_timedwait(&changed, &mutex, &end) == ETIMEDOUT, "timedwait");
  pthread_mutex_unlock(&mutex);
  clock_gettime(CLOCK_REALTIME, &now);
  CHECK(now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec >= end.tv_nsec),
        "the wait was short");
}

/* exit_group ends all threads, whatever they do; exit of the first one only that. */
static void ends(void) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    pthread_t thread;
    pthread_create(&thread, 0, forever, 0);
    pthread_mutex_lock(&mutex);
    pthread_create(&thread, 0, add, 0);
    usleep(5000);
    _exit(33);
  }
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 33, "status %x", status);
  child = fork();
  if (child == 0) {
    pthread_t thread;
    pthread_create(&thread, 0, add, 0);
    pthread_exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0, "status %x", status);
  child = fork();
  if (child == 0) {
    pthread_t thread;
    pthread_create(&thread, 0, forever, 0);
    usleep(2000);
    *(volatile int *)4 = 1;
  }
  CHECK(waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGSEGV, "status %x", status);
}

int main(void) {
  struct sysinfo before, after;
  for (int round = 0; round < 2; round++) {
    sysinfo(&before);  /* The first round allocates memory of libc that stays allocated. */
    joins();
    registers();
    timeouts();
    ends();
    sysinfo(&after);
  }
  CHECK(before.freeram == after.freeram, "%ld bytes are missing",
        (long)(before.freeram - after.freeram));
  return verdict("proc_threads");
}
