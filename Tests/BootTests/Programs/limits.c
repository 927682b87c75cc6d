// SPDX-License-Identifier: Apache-2.0
/* Limits of resources: every line as Linux 6.1 prints it, in limits.txt. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "answers.h"

enum { GETRLIMIT = 191, SETRLIMIT = 75, OLD_GETRLIMIT = 76 };
static char *self = "/init";

/* Runs `body` in a child and prints its exit status. */
static void in_child(const char *what, void (*body)(void)) {
  int status;
  waitpid(child(body), &status, 0);
  printf("%s: %x\n", what, status);
}

static void show(int resource) {
  uint64_t limit[2];
  syscall(SYS_prlimit64, 0, resource, 0, limit);
  printf("%d: %llx %llx\n", resource, limit[0], limit[1]);
}

static long set(int resource, uint32_t soft, uint32_t hard) {
  uint32_t limit[2] = {soft, hard};
  return syscall(SETRLIMIT, resource, limit);
}

static void calls(void) {
  uint64_t wide[2] = {1, 0}, old[2];
  uint32_t narrow[2];
  show(RLIMIT_CPU);
  show(RLIMIT_STACK);
  show(RLIMIT_CORE);
  show(RLIMIT_AS);
  SAY(syscall(OLD_GETRLIMIT, 3, narrow));
  SAY(syscall(GETRLIMIT, 3, narrow));
  printf("%x %x\n", narrow[0], narrow[1]);
  SAY(syscall(GETRLIMIT, 16, narrow));
  SAY(syscall(GETRLIMIT, 0, 8));
  SAY(syscall(SETRLIMIT, 16, narrow));
  SAY(syscall(SETRLIMIT, 16, 8));
  SAY(set(4, 2, 1));
  SAY(set(4, 1, 2));
  show(4);
  SAY(set(4, 3, 3));
  show(4);
  SAY(set(4, -1, -1));
  show(4);
  wide[0] = 5, wide[1] = 0x100000000;
  SAY(syscall(SYS_prlimit64, 0, 4, wide, old));
  show(4);
  wide[0] = 0xfffffffe, wide[1] = 0xfffffffe;
  SAY(syscall(SYS_prlimit64, 0, 4, wide, old));
  printf("%llx %llx\n", old[0], old[1]);
  show(4);
  wide[0] = 0x100000000, wide[1] = 5;
  SAY(syscall(SYS_prlimit64, 0, 4, wide, old));
  SAY(syscall(SYS_prlimit64, 30000, 4, wide, old));
  SAY(syscall(SYS_prlimit64, -1, 4, wide, old));
  SAY(syscall(SYS_prlimit64, 0, 16, 0, old));
  SAY(syscall(SYS_prlimit64, 30000, 16, 0, old));
  SAY(syscall(SYS_prlimit64, 30000, 16, 8, old));
  SAY(syscall(SYS_prlimit64, 0, 4, 0, 8));
  SAY(syscall(SYS_prlimit64, 0, 4, 0, 0));
  wide[0] = wide[1] = 7;
  SAY(syscall(SYS_prlimit64, getpid(), 4, wide, 8));
  show(4);
  for (int resource = 0; resource < 16; resource++) {
    if (resource == 0 || resource == 3 || resource == 7 || resource == 9) continue;
    wide[0] = 3, wide[1] = 4;
    SAY(syscall(SYS_prlimit64, 0, resource, wide, 0));
    show(resource);
  }
  pid_t parent = getpid(), child = fork();
  if (!child) {
    show(4);
    wide[0] = wide[1] = 9;
    SAY(syscall(SYS_prlimit64, parent, 4, wide, old));
    printf("%llx %llx\n", old[0], old[1]);
    fflush(stdout);
    _exit(0);
  }
  waitpid(child, 0, 0);
  show(4);
}

static void shows_after_exec(void) {
  set(4, 11, 12);
  set(RLIMIT_NOFILE, 5, 6);
  execl(self, self, "show", (char *)0);
}

static void files(void) {
  SAY(set(RLIMIT_NOFILE, 3, 1u << 30));
  SAY(set(RLIMIT_NOFILE, 5, 6));
  SAY(open("/dev/null", O_RDONLY));
  SAY(dup(0));
  SAY(open("/dev/null", O_RDONLY));
  SAY(dup(0));
  SAY(dup2(0, 4));
  SAY(dup2(0, 5));
  SAY(dup3(0, 5, 0));
  SAY(fcntl(0, F_DUPFD, 4));
  SAY(fcntl(0, F_DUPFD, 5));
  SAY(fcntl(0, F_DUPFD_CLOEXEC, 5));
  struct pollfd polled[6] = {{-1, 0, 0}, {-1, 0, 0}, {-1, 0, 0}, {-1, 0, 0}, {-1, 0, 0}, {-1, 0, 0}};
  SAY(poll(polled, 5, 0));
  SAY(poll(polled, 6, 0));
  SAY(set(RLIMIT_NOFILE, 3, 6));
  SAY(write(4, "", 0));
  SAY(close(3));
  SAY(dup(0));
  SAY(set(RLIMIT_NOFILE, 6, 6));
  SAY(dup(0));
  SAY(dup(0));
  SAY(dup(0));
  SAY(set(RLIMIT_NOFILE, 7, 7));
}

static void signals(void) {
  sigset_t mask;
  sigfillset(&mask);
  sigprocmask(SIG_BLOCK, &mask, 0);
  union sigval value = {0};
  SAY(set(RLIMIT_SIGPENDING, 2, 3));
  SAY(sigqueue(getpid(), 40, value));
  SAY(sigqueue(getpid(), 40, value));
  SAY(sigqueue(getpid(), 40, value));
  SAY(sigqueue(getpid(), 41, value));
  SAY(kill(getpid(), 42));
  SAY(raise(43));
  SAY(kill(getpid(), SIGUSR1));
  SAY(sigqueue(getpid(), SIGUSR2, value));
  siginfo_t info;
  SAY(sigwaitinfo(&mask, &info));
  SAY(info.si_code);
  SAY(sigwaitinfo(&mask, &info));
  SAY(info.si_code);
  SAY(sigwaitinfo(&mask, &info));
  SAY(sigwaitinfo(&mask, &info));
  SAY(sigwaitinfo(&mask, &info));
  SAY(info.si_code);
  SAY(sigqueue(getpid(), 40, value));
}

static volatile int ticks;
static volatile uint32_t last_soft;
static void tick(int number) {
  uint32_t limit[2];
  syscall(GETRLIMIT, RLIMIT_CPU, limit);
  last_soft = limit[0];
  ticks++;
}
static void uses_cpu(void) {
  signal(SIGXCPU, tick);
  SAY(set(RLIMIT_CPU, 1, -1));
  while (ticks < 2) {}
  printf("%u\n", last_soft);
}
static void uses_cpu_up(void) {
  SAY(set(RLIMIT_CPU, 1, 2));
  signal(SIGXCPU, SIG_IGN);
  fflush(stdout);
  for (;;) {}
}
static void uses_cpu_by_default(void) {
  set(RLIMIT_CPU, 0, -1); /* The next tick ends the process, perhaps before it can print. */
  for (;;) {}
}

/* Each frame is 16 KiB and known to the next one. */
static int deep(int count, volatile char *above) {
  volatile char room[16384];
  room[0] = room[16383] = above ? above[0] : 0;
  return count ? deep(count - 1, room) + room[0] : 0;
}
static void grows(void) { SAY(deep(100, 0)); }
static void grows_too_far(void) {
  SAY(set(RLIMIT_STACK, 1 << 20, -1));
  SAY(deep(40, 0));
  fflush(stdout);
  deep(100, 0);
}
static void grows_further(void) {
  SAY(set(RLIMIT_STACK, 16 << 20, -1));
  SAY(deep(700, 0));
}

static char *big;
static void executes(void) {
  big = malloc(120000);
  memset(big, 'a', 119999);
  big[119999] = 0;
  char *three[] = {self, "end", big, big, 0}, *one[] = {self, "end", big, 0};
  SAY(set(RLIMIT_STACK, 512 << 10, -1));
  SAY(execv(self, three));
  SAY(set(RLIMIT_STACK, 64 << 10, -1));
  SAY(execv(self, three));
  fflush(stdout);
  set(RLIMIT_STACK, 2 << 20, -1);
  SAY(execv(self, one));
}

static void maps(void) {
  void *old = mmap(0, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char *brk = (char *)syscall(SYS_brk, 0);
  SAY(set(RLIMIT_AS, 1 << 20, -1));
  SAY(mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  SAY(mmap(old, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == old);
  SAY(mmap(old, 2 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
  SAY(mremap(old, 1 << 20, 2 << 20, MREMAP_MAYMOVE));
  SAY((char *)syscall(SYS_brk, brk + 65536) == brk);
  SAY(mremap(old, 1 << 20, 1 << 19, 0) == old);
  SAY(munmap(old, 4096));
  SAY(set(RLIMIT_AS, 64 << 20, -1));
  SAY(mmap(0, 65 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  SAY(mmap(0, 4 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
  SAY((char *)syscall(SYS_brk, brk + 65536) == brk + 65536);
}

static void forks(void) {
  SAY(set(RLIMIT_NPROC, 1, 1));
  pid_t child = fork();
  if (!child) _exit(0);
  SAY(child > 0);
  SAY(waitpid(child, 0, 0) == child);
}

int main(int count, char **arguments) {
  if (count > 1) {
    if (!strcmp(arguments[1], "show")) show(4), show(RLIMIT_NOFILE);
    return 0;
  }
  in_child("calls", calls);
  in_child("exec", shows_after_exec);
  in_child("files", files);
  in_child("signals", signals);
  in_child("CPU", uses_cpu);
  in_child("CPU, hard", uses_cpu_up);
  in_child("CPU, by default", uses_cpu_by_default);
  in_child("stack", grows);
  in_child("stack, too far", grows_too_far);
  in_child("stack, further", grows_further);
  in_child("arguments", executes);
  in_child("maps", maps);
  in_child("forks", forks);
  return 0;
}
