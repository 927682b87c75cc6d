// SPDX-License-Identifier: Apache-2.0
/* Shared by the programs about signals: the system calls without the additions of a libc, and two handlers
 * that record what they get. */
#ifndef SIGNALS_H
#define SIGNALS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include "check.h"

#define SA_RESTORER_BIT 0x04000000
struct kernel_action { void *handler; unsigned long flags; void *restorer; uint32_t mask[2]; };
static int is_bare;
void plain_restorer(void), info_restorer(void);
__asm__(".arm\nplain_restorer: mov r7, #119\n svc 0\ninfo_restorer: mov r7, #173\n svc 0\n");

/* sigaction by the system call itself: a libc would add to the flags and hide two signals. */
static int act(int number, void *handler, unsigned long flags, uint64_t mask) {
  struct kernel_action action = {handler, flags, 0, {(uint32_t)mask, (uint32_t)(mask >> 32)}};
  if (!is_bare) {
    action.flags |= SA_RESTORER_BIT;
    action.restorer = flags & SA_SIGINFO ? info_restorer : plain_restorer;
  }
  return syscall(SYS_rt_sigaction, number, &action, 0, 8);
}
static uint64_t bit(int number) { return 1ull << (number - 1); }
static uint64_t mask(int how, uint64_t set) {
  uint64_t old = 0;
  syscall(SYS_rt_sigprocmask, how, &set, &old, 8);
  return old;
}
static uint64_t pending(void) {
  uint64_t set = 0;
  syscall(SYS_rt_sigpending, &set, 8);
  return set;
}
static int send(int number) { return syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), number); }
/* SIGALRM every `ms` milliseconds, so that one arrives during a call, however slow the machine is. */
static void every_ms(int ms) {
  struct itimerval timer = {{0, ms * 1000}, {0, ms * 1000}};
  setitimer(ITIMER_REAL, &timer, 0);
}
static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static volatile int count, last, order[16];
static siginfo_t info;
static ucontext_t context;
static volatile uint64_t mask_in_handler;
static volatile uintptr_t stack_in_handler;
static void plain(int number) {
  if (count < 16) order[count] = number;
  count++, last = number;
}
static void full(int number, siginfo_t *given, void *where) {
  plain(number);
  info = *given, context = *(ucontext_t *)where;
  mask_in_handler = mask(SIG_BLOCK, 0);
  stack_in_handler = (uintptr_t)where;
}

/* Runs the parts in a child: Linux protects its first process from signals without a handler. */
static int run_as_child(void (*const *parts)(void), const char *name) {
  int child = fork(), status;
  if (child) return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
  while (*parts) (*parts++)();
  return verdict(name);
}

#endif
