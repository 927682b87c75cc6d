// SPDX-License-Identifier: Apache-2.0
/* Threads that end or replace their process while its other threads clone, exec, exit or wait in vfork. Each
 * round is a child process that must end in the one way that Linux 6.1 allows; a round that does not end is a
 * failure as well. Arguments: the number of rounds, and any second one to count free memory afterwards. Passes on
 * Linux 6.1 as process 1, except for the count. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static const char *self = "/init";
static pthread_barrier_t barrier;

static long free_memory(void) {
  struct sysinfo info;
  sysinfo(&info);
  return info.freeram;
}

/* The program that an exec of a round runs: exits with the status in its argument. */
static void execute(const char *status) {
  execl(self, self, "exit", status, (char *)0);
  _exit(99); /* Only the winner of two may come so far, and it does not. */
}

/* Returns the child's wait status. A child that does not end in 20 seconds is killed, and the result is -1. One
 * that SIGKILL does not end within 20 more stops this program with a message. */
static int outcome(pid_t child, const char *what) {
  int status;
  for (int half = 0; half < 2; half++) {
    for (int i = 0; i < 20000; i++) {
      pid_t ended = waitpid(child, &status, WNOHANG);
      if (ended == child) return half ? -1 : status;
      usleep(1000);
    }
    if (!half) kill(child, SIGKILL);
  }
  printf("FAILED: %s: SIGKILL does nothing\n", what);
  exit(1);
}

/* Makes threads that end at once, until it is ended. */
static int idle_thread(void *unused) {
  (void)unused;
  syscall(SYS_exit, 0);
  return 0;
}

/* musl's own, because its `clone` refuses CLONE_THREAD. */
int __clone(int (*)(void *), void *, int, void *, ...);

static void *clones(void *stack) {
  pthread_barrier_wait(&barrier);
  for (;;)
    __clone(idle_thread, (char *)stack + 4096, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, 0);
  return 0;
}

static void *executes(void *status) {
  pthread_barrier_wait(&barrier);
  execute(status);
  return 0;
}

static void *exits(void *status) {
  pthread_barrier_wait(&barrier);
  _exit(atoi(status));
}

static void together(void *(*one)(void *), void *first, void *(*other)(void *), void *second) {
  pthread_t thread;
  pthread_barrier_init(&barrier, 0, 3);
  if (pthread_create(&thread, 0, one, first) || pthread_create(&thread, 0, other, second)) _exit(98);
  pthread_barrier_wait(&barrier);
  for (;;) pause();
}

static char stacks[2][4096] __attribute__((aligned(8)));

static void exec_beside_clone(void) { together(executes, "7", clones, stacks[0]); }
static void exit_beside_clones(void) {
  pthread_t thread;
  pthread_barrier_init(&barrier, 0, 3);
  for (int i = 0; i < 2; i++)
    if (pthread_create(&thread, 0, clones, stacks[i])) _exit(98);
  pthread_barrier_wait(&barrier);
  _exit(7);
}
static void two_execs(void) { together(executes, "7", executes, "7"); }
static void exec_beside_exit(void) { together(executes, "7", exits, "7"); }

/* A vfork child that keeps its creator waiting until a byte of shared memory is set. */
static volatile atomic_int *gate;

static void *vforks(void *unused) {
  (void)unused;
  if (vfork() == 0) {
    gate[1] = 1;
    while (!gate[0]) usleep(1000);
    gate[2] = getppid(); /* Its creator has ended: the parent is init. */
    _exit(0);
  }
  return 0;
}

static void beside_vfork(void) {
  pthread_t thread;
  if (pthread_create(&thread, 0, vforks, 0)) _exit(98);
  while (!gate[1]) usleep(1000);
}

static void exit_beside_vfork(void) {
  beside_vfork();
  _exit(7);
}

static void exec_beside_vfork(void) {
  beside_vfork();
  execute("7");
}

static void killed_in_vfork(void) {
  if (vfork() == 0) {
    gate[1] = 1;
    while (!gate[0]) usleep(1000);
    gate[2] = getppid();
    _exit(0);
  }
}

static void rounds(const char *what, void (*body)(void), int expected, int count) {
  int wrong = 0, hung = 0, last = 0;
  for (int i = 0; i < count; i++) {
    memset((void *)gate, 0, 4096);
    pid_t child = fork();
    if (child == 0) {
      body();
      _exit(97);
    }
    int status = outcome(child, what);
    if (status < 0) hung++;
    if (status != expected) {
      wrong++;
      last = status;
    }
  }
  CHECK(wrong == 0, "%s: %d of %d rounds wrong (%d hung), the last with status %x", what, wrong, count, hung, last);
}

/* Beside a vfork the process ends, or becomes another program, while its child still has its memory. */
static void vfork_rounds(const char *what, void (*body)(void), int expected, int isKilled, int count) {
  for (int i = 0; i < count; i++) {
    memset((void *)gate, 0, 4096);
    pid_t child = fork();
    if (child == 0) {
      body();
      _exit(97);
    }
    if (isKilled) {
      while (!gate[1]) usleep(1000);
      kill(child, SIGKILL);
    }
    int status = outcome(child, what);
    CHECK(gate[2] == 0, "%s: the child ended first", what);
    CHECK(status == expected, "%s: status %x", what, status);
    gate[0] = 1; /* The child, now an orphan, continues in the borrowed memory. */
    for (int j = 0; j < 20000 && !gate[2]; j++) usleep(1000);
    CHECK(gate[2] == getpid(), "%s: the orphan's parent is %d", what, gate[2]);
    int orphan;
    CHECK(waitpid(-1, &orphan, 0) > 0 && orphan == 0, "%s: the orphan ended with %x", what, orphan);
  }
}

int main(int count, char **arguments) {
  if (count > 2 && !strcmp(arguments[1], "exit")) return atoi(arguments[2]);
  int times = count > 1 ? atoi(arguments[1]) : 100;
  setvbuf(stdout, 0, _IONBF, 0);
  gate = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  rounds("exec beside clone", exec_beside_clone, 7 << 8, 1);
  long before = free_memory();
  rounds("exec beside clone", exec_beside_clone, 7 << 8, times);
  rounds("exit beside clones", exit_beside_clones, 7 << 8, times);
  rounds("two execs", two_execs, 7 << 8, times);
  rounds("exec beside exit", exec_beside_exit, 7 << 8, times);
  vfork_rounds("exit beside vfork", exit_beside_vfork, 7 << 8, 0, 10);
  vfork_rounds("exec beside vfork", exec_beside_vfork, 7 << 8, 0, 10);
  vfork_rounds("killed in vfork", killed_in_vfork, SIGKILL, 1, 10);
  /* Linux keeps caches, so free memory is counted only here. */
  long gone = before - free_memory();
  CHECK(count < 3 || gone == 0, "%ld bytes are gone", gone);
  return verdict("proc_races");
}
