// SPDX-License-Identifier: Apache-2.0
/* membarrier: every line as Linux 6.1 prints it, in barriers.txt. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "answers.h"

static long barrier(int command, unsigned flags, int cpu) { return syscall(SYS_membarrier, command, flags, cpu); }
enum { QUERY, GLOBAL, GLOBAL_EXPEDITED, REGISTER_GLOBAL = 4, PRIVATE = 8, REGISTER_PRIVATE = 16, PRIVATE_SYNC = 32,
  REGISTER_SYNC = 64, GET_REGISTRATIONS = 512 };

static void all(const char *when) {
  printf("%s\n", when);
  static const int commands[] = {GLOBAL, GLOBAL_EXPEDITED, PRIVATE, PRIVATE_SYNC, GET_REGISTRATIONS};
  for (int i = 0; i < 5; i++) {
    int command = commands[i];
    errno = 0;
    long answer = barrier(command, 0, 0);
    printf("  %d: %ld %d\n", command, answer, errno);
  }
}

/* Dekker's: each stores, and then loads what the other one stores. The other thread orders that for the
   compiler only, and this one with membarrier. */
enum { rounds = 2000 };
static volatile int turn, left, right, seen_left, seen_right, done;
static void *other(void *unused) {
  for (int mine = 1; mine <= rounds; mine++) {
    while (turn < mine) sched_yield();
    left = mine;
    seen_right = right;
    __atomic_store_n(&done, mine, __ATOMIC_RELEASE);
  }
  return 0;
}
static void race(int command) {
  pthread_t thread;
  int lost = 0;
  turn = left = right = done = 0;
  pthread_create(&thread, 0, other, 0);
  for (int mine = 1; mine <= rounds; mine++) {
    turn = mine;
    right = mine;
    if (barrier(command, 0, 0)) lost++;
    seen_left = left;
    while (__atomic_load_n(&done, __ATOMIC_ACQUIRE) != mine) sched_yield();
    if (seen_left != mine && seen_right != mine) lost++;
  }
  pthread_join(thread, 0);
  printf("lost %d\n", lost);
}

/* Two threads that ask each other for barriers. */
static void *asks(void *failures) {
  for (int i = 0; i < 500; i++)
    if (barrier(i & 1 ? PRIVATE : GLOBAL_EXPEDITED, 0, 0)) ++*(int *)failures;
  return 0;
}
static void together(void) {
  pthread_t threads[3];
  int failures[3] = {0};
  for (int i = 0; i < 3; i++) pthread_create(threads + i, 0, asks, failures + i);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
  printf("failures %d\n", failures[0] + failures[1] + failures[2]);
}

static void inherited(void) { all("in a child"); }

int main(int count, char **list) {
  setvbuf(stdout, 0, _IOLBF, 0);
  if (count > 1) {
    all("executed");
    return 0;
  }
  SAY(barrier(QUERY, 0, 0) & 127); /* Without those of restartable sequences. */
  SAY(barrier(QUERY, 1, 0));
  SAY(barrier(3, 0, 0));
  SAY(barrier(-1, 0, 0));
  SAY(barrier(1024, 0, 0));
  SAY(barrier(GLOBAL, 1, 0));
  SAY(barrier(PRIVATE, 1, 0));
  SAY(barrier(REGISTER_PRIVATE, 1, 0));
  SAY(barrier(REGISTER_SYNC, 0, 0));
  all("before");
  SAY(barrier(REGISTER_GLOBAL, 0, 0));
  all("registered for all");
  SAY(barrier(REGISTER_PRIVATE, 0, 0));
  SAY(barrier(REGISTER_PRIVATE, 0, 0));
  all("registered");
  SAY(barrier(PRIVATE, 0, 77));
  waitpid(child(inherited), 0, 0);
  race(PRIVATE), race(PRIVATE_SYNC), together();
  fflush(stdout);
  int status;
  if (!fork()) {
    char *arguments[] = {"own", "again", 0}, *none[] = {0};
    execve("/proc/self/exe", arguments, none);
    execve("/init", arguments, none);
    _exit(1);
  }
  wait(&status);
  printf("status %x\n", status);
  return 0;
}
