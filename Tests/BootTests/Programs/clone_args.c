// SPDX-License-Identifier: Apache-2.0
/* clone3: every line as Linux 6.1 prints it, in clone_args.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "answers.h"

struct args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};
struct big { struct args args; uint64_t more[600]; };
#define CLEAR_SIGHAND (1ull << 32)
#define INTO_CGROUP (1ull << 33)

static uint64_t at(const void *pointer) { return (uintptr_t)pointer; }

/* Makes a child that exits with 3 at once; what clone3 returned. */
static int make(void *args, size_t size) {
  fflush(stdout);
  int made = syscall(435, args, size);
  if (made == 0) _exit(3);
  return made;
}
/* The same, and waits: the exit status, or -1. */
static int made(struct args args, size_t size) {
  int child = make(&args, size), status = 0;
  if (child < 0) return -1;
  if (waitpid(child, &status, __WALL) != child) return -2;
  return WEXITSTATUS(status);
}
#define MADE(...) SAY(made((struct args){__VA_ARGS__}, sizeof(struct args)))

static void sizes(void) {
  static struct big big = {.args = {.exit_signal = SIGCHLD}};
  SAY(make(&big, 0));
  SAY(make(&big, 63));
  SAY(make(&big, 4097));
  SAY(make(&big, -1));
  SAY(make((void *)8, 64));
  SAY(make((void *)8, 63));
  SAY(made(big.args, 64));
  SAY(made(big.args, 72));
  SAY(made(big.args, 65));
  SAY(made(big.args, 80));
  SAY(made(big.args, 88));
  big.more[3] = 1;
  SAY(make(&big, sizeof big.args + 32));
  SAY(make(&big, 4096));
  SAY(make(&big, sizeof big.args + 24) > 0);
  SAY(wait(0) > 0);
  big.more[3] = 1ull << 56;
  SAY(make(&big, sizeof big.args + 31) > 0);
  SAY(wait(0) > 0);
  big.more[3] = 0;
  big.args.set_tid_size = 1;
  SAY(made(big.args, 72));
  SAY(make(&big, 80));
  big.args.set_tid_size = 0xff00;
  SAY(make(&big, 73) > 0);
  SAY(wait(0) > 0);
  SAY(make(&big, 74));
}

static void flags(void) {
  int word;
  MADE(.exit_signal = 0);
  MADE(.exit_signal = SIGCHLD | 0x100);
  MADE(.exit_signal = 65);
  MADE(.exit_signal = 64);
  MADE(.exit_signal = 1ull << 32);
  MADE(.flags = SIGCHLD);
  MADE(.flags = 1);
  MADE(.flags = 1ull << 34);
  MADE(.flags = 1ull << 63);
  MADE(.flags = CLONE_DETACHED);
  MADE(.flags = CLONE_SIGHAND);
  MADE(.flags = CLONE_THREAD);
  MADE(.flags = CLONE_THREAD | CLONE_SIGHAND);
  MADE(.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_FS | CLONE_FILES, .exit_signal = SIGCHLD);
  MADE(.flags = CLONE_PARENT, .exit_signal = SIGCHLD);
  MADE(.flags = CLONE_PARENT);
  MADE(.flags = CLEAR_SIGHAND | CLONE_SIGHAND | CLONE_VM);
  MADE(.flags = CLEAR_SIGHAND, .exit_signal = SIGCHLD);
  MADE(.flags = CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = 8);
  MADE(.flags = CLONE_PIDFD, .exit_signal = SIGCHLD);
  MADE(.flags = CLONE_PIDFD | CLONE_PARENT_SETTID, .exit_signal = SIGCHLD, .pidfd = at(&word), .parent_tid = at(&word));
  MADE(.flags = CLONE_PIDFD | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_FS | CLONE_FILES, .pidfd = at(&word));
  MADE(.flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID, .exit_signal = SIGCHLD, .parent_tid = 8, .child_tid = 8);
  MADE(.flags = INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = 1ull << 31);
  SAY(made((struct args){.flags = INTO_CGROUP, .exit_signal = SIGCHLD}, 80));
  MADE(.flags = INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = 77);
  MADE(.exit_signal = SIGCHLD, .stack = 0x20000);
  MADE(.exit_signal = SIGCHLD, .stack_size = 0x1000);
  MADE(.exit_signal = SIGCHLD, .stack = 0xfffff000, .stack_size = 0x2000);
  MADE(.exit_signal = SIGCHLD, .stack = 0xc0000000, .stack_size = 0x1000);
  MADE(.exit_signal = SIGCHLD, .set_tid = 8);
  MADE(.exit_signal = SIGCHLD, .set_tid_size = 1);
  MADE(.exit_signal = SIGCHLD, .set_tid = at(&word), .set_tid_size = 33);
  MADE(.exit_signal = SIGCHLD, .set_tid = 8, .set_tid_size = 1);
  static int numbers[32];
  MADE(.exit_signal = SIGCHLD, .set_tid = at(numbers), .set_tid_size = 1);
  MADE(.exit_signal = SIGCHLD, .set_tid = at(numbers), .set_tid_size = 2);
  numbers[0] = -1;
  MADE(.exit_signal = SIGCHLD, .set_tid = at(numbers), .set_tid_size = 1);
  numbers[0] = 0x7fffffff;
  MADE(.exit_signal = SIGCHLD, .set_tid = at(numbers), .set_tid_size = 1);
}

static volatile int signalled;
static void on_signal(int number) { signalled = number; }

static void processes(void) {
  static int words[3];
  struct args args = {.flags = CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID, .pidfd = at(&words[0]),
                      .parent_tid = at(&words[1]), .child_tid = at(&words[2]), .exit_signal = SIGUSR1};
  signal(SIGUSR1, on_signal);
  fflush(stdout);
  int child = syscall(435, &args, 64);
  if (child == 0) _exit(words[2] == getpid() ? 5 : 6);
  SAY(child == words[1]);
  SAY(words[2]);
  SAY(fcntl(words[0], F_GETFD));
  struct pollfd entry = {words[0], POLLIN, 0};
  while (poll(&entry, 1, -1) < 0) {}
  SAY(signalled == SIGUSR1);
  int status;
  SAY(waitpid(child, &status, 0));
  SAY(waitpid(child, &status, __WCLONE) == child);
  SAY(WEXITSTATUS(status));
  SAY(close(words[0]));
  /* Handlers, kept or not. */
  signal(SIGUSR2, SIG_IGN);
  for (int clears = 0; clears < 2; clears++) {
    args = (struct args){.flags = clears ? CLEAR_SIGHAND : 0, .exit_signal = SIGCHLD};
    fflush(stdout);
    child = syscall(435, &args, 88);
    if (child == 0) {
      struct sigaction action;
      sigaction(SIGUSR1, 0, &action);
      int one = action.sa_handler == SIG_DFL ? 1 : 2;
      sigaction(SIGUSR2, 0, &action);
      _exit(one * 10 + (action.sa_handler == SIG_IGN ? 1 : 2));
    }
    SAY(waitpid(child, &status, 0) == child ? WEXITSTATUS(status) : -2);
    struct sigaction action;
    sigaction(SIGUSR1, 0, &action);
    SAY(action.sa_handler == on_signal);
  }
}

/* Makes a child or a thread that calls `body` on the stack of `args` and then ends. */
static int start(struct args *args, void (*body)(void)) {
  register long r0 asm("r0") = (long)args;
  register long r1 asm("r1") = sizeof *args;
  register void (*r4)(void) asm("r4") = body;
  asm volatile("push {r7}\n mov r7, %[number]\n svc #0\n cmp r0, #0\n bne 1f\n blx r4\n mov r0, #0\n mov r7, #1\n svc #0\n"
               "1: pop {r7}"
               : "+r"(r0) : "r"(r1), "r"(r4), [number] "r"(435) : "memory", "cc", "r2", "r3", "r12", "lr");
  return r0;
}
static char stack[16384] __attribute__((aligned(16)));
static volatile uintptr_t seen;
static volatile int gone;
static void look(void) {
  char here;
  seen = (uintptr_t)&here;
}
static int on_stack(void) { return seen >= (uintptr_t)stack && seen < (uintptr_t)stack + sizeof stack; }

static void stacks(void) {
  struct args args = {.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD, .stack = at(stack), .stack_size = sizeof stack};
  int status, child = start(&args, look);
  SAY(child > 0);
  SAY(waitpid(child, &status, 0) == child);
  SAY(on_stack());
  seen = 0, gone = 1;
  args = (struct args){.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                                CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID,
                       .stack = at(stack), .stack_size = sizeof stack, .child_tid = at((void *)&gone), .parent_tid = at((void *)&gone)};
  int thread = start(&args, look);
  SAY(thread > 0);
  while (gone) syscall(SYS_futex, &gone, 0, thread, 0, 0, 0);
  SAY(on_stack());
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  signal(64, SIG_IGN); /* init would die of it here */
  sizes();
  flags();
  processes();
  stacks();
  return 0;
}
