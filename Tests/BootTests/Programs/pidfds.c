// SPDX-License-Identifier: Apache-2.0
/* Handles of processes (pidfd): every line as Linux 6.1 prints it, in pidfds.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "answers.h"

enum { SEND = 424, OPEN = 434, PIDFD = 3, WITH_HANDLE = 0x1000 };

static void sleeps(void) { for (;;) pause(); }
static void leaves(void) {}

static void states(const char *what, int file) {
  struct pollfd entry = {file, POLLIN | POLLOUT, 0};
  int count = poll(&entry, 1, 0);
  printf("%s: %d %x\n", what, count, entry.revents);
}

static volatile pid_t number;
static void *waits(void *unused) { return number = gettid(), pause(), unused; }

static void opens(void) {
  char byte;
  struct stat status;
  SAY(syscall(OPEN, 0, 0));
  SAY(syscall(OPEN, -1, 0));
  SAY(syscall(OPEN, 30000, 0));
  SAY(syscall(OPEN, getpid(), 1));
  int own = syscall(OPEN, getpid(), 0);
  SAY(own > 2);
  SAY(fcntl(own, F_GETFD));
  SAY(fcntl(own, F_GETFL));
  SAY(read(own, &byte, 1));
  SAY(write(own, &byte, 1));
  SAY(fstat(own, &status));
  states("own", own);
  close(own);
  own = syscall(OPEN, getpid(), O_NONBLOCK);
  SAY(fcntl(own, F_GETFL));
  close(own);
  pid_t last = child(sleeps);
  int other = syscall(OPEN, last, 0);
  states("alive", other);
  siginfo_t info;
  SAY(syscall(SEND, other, 0, 0, 1));
  SAY(syscall(SEND, other, 65, 0, 0));
  SAY(syscall(SEND, 99, 0, 0, 0));
  SAY(syscall(SEND, 0, 0, 0, 0));
  SAY(syscall(SEND, other, 0, 0, 0));
  memset(&info, 0, sizeof info);
  info.si_signo = SIGTERM;
  SAY(syscall(SEND, other, SIGUSR1, &info, 0));
  SAY(syscall(SEND, other, SIGTERM, &info, 0));
  SAY(syscall(SEND, other, SIGTERM, 8, 0));
  SAY(syscall(SEND, other, SIGTERM, 0, 0));
  struct pollfd entry = {other, POLLIN, 0};
  SAY(poll(&entry, 1, 5000));
  SAY(entry.revents);
  SAY(syscall(OPEN, last, 0) > 0);
  SAY(syscall(SEND, other, 0, 0, 0));
  memset(&info, 0, sizeof info);
  SAY(waitid(PIDFD, other, &info, WEXITED | WNOWAIT));
  printf("%d %d %d\n", info.si_pid == last, info.si_code, info.si_status);
  SAY(waitid(PIDFD, other, &info, WEXITED));
  SAY(waitid(PIDFD, other, &info, WEXITED));
  states("gone", other);
  SAY(syscall(SEND, other, SIGTERM, 0, 0));
  SAY(syscall(OPEN, last, 0));
  close(other);
  SAY(waitid(PIDFD, -1, &info, WEXITED));
  SAY(waitid(PIDFD, 99, &info, WEXITED));
  SAY(waitid(PIDFD, 0, &info, WEXITED));
}

static void waiting(void) {
  siginfo_t info = {0};
  pid_t last = child(sleeps);
  int other = syscall(OPEN, last, O_NONBLOCK);
  SAY(waitid(PIDFD, other, &info, WEXITED));
  SAY(waitid(PIDFD, other, &info, WEXITED | WNOHANG));
  kill(last, SIGSTOP);
  SAY(waitpid(last, 0, WUNTRACED) == last);
  SAY(waitid(PIDFD, other, &info, WSTOPPED));
  kill(last, SIGCONT);
  int queue = epoll_create1(0);
  struct epoll_event event = {EPOLLIN, {0}};
  SAY(epoll_ctl(queue, EPOLL_CTL_ADD, other, &event));
  SAY(epoll_wait(queue, &event, 1, 0));
  pid_t killer = fork();
  if (!killer) {
    usleep(20000);
    syscall(SEND, other, SIGKILL, 0, 0);
    _exit(0);
  }
  SAY(epoll_wait(queue, &event, 1, 5000));
  SAY(waitid(PIDFD, other, &info, WEXITED));
  printf("%d %d %d\n", info.si_pid == last, info.si_code, info.si_status);
  waitpid(killer, 0, 0);
  close(queue);
  close(other);
}

static void clones(void) {
  int handle = -1, status;
  SAY(syscall(SYS_clone, WITH_HANDLE | 0x100000 | SIGCHLD, 0, &handle, 0, 0));
  SAY(syscall(SYS_clone, WITH_HANDLE | 0x400000 | SIGCHLD, 0, &handle, 0, 0));
  SAY(syscall(SYS_clone, WITH_HANDLE | SIGCHLD, 0, 8, 0, 0));
  int next = dup(0);
  close(next);
  fflush(stdout);
  pid_t last = syscall(SYS_clone, WITH_HANDLE | SIGCHLD, 0, &handle, 0, 0);
  if (!last) _exit(7);
  SAY(handle == next);
  SAY(fcntl(handle, F_GETFD));
  siginfo_t info = {0};
  SAY(waitid(PIDFD, handle, &info, WEXITED));
  printf("%d %d %d\n", info.si_pid == last, info.si_code, info.si_status);
  close(handle);
  pthread_t thread;
  pthread_create(&thread, 0, waits, 0);
  while (!number) usleep(1000);
  SAY(syscall(OPEN, number, 0));
}

int main(void) {
  opens();
  waiting();
  clones();
  puts("pidfds: done");
  return 0;
}
