// SPDX-License-Identifier: Apache-2.0
/* eventfd and epoll: every line as Linux 6.1 prints it, in event_poll.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "answers.h"

static struct epoll_event got[8];
static int ends[2], polled;

static uint64_t value;
static int events(int file) {
  struct pollfd entry = {file, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM, 0};
  int ready = poll(&entry, 1, 0);
  return ready << 16 | (unsigned short)entry.revents;
}

static void pause_a_little(void) { nanosleep(&(struct timespec){0, 20000000}, 0); }

static void counters(void) {
  SAY(syscall(SYS_eventfd2, 0, 2));
  int file = eventfd(3, EFD_NONBLOCK);
  SAY(fcntl(file, F_GETFL));
  SAY(fcntl(file, F_GETFD));
  SAY(events(file));
  SAY(read(file, &value, 7));
  SAY(read(file, &value, 16));
  SAY(value);
  SAY(events(file));
  SAY(read(file, &value, 8));
  SAY(write(file, &value, 7));
  value = UINT64_MAX;
  SAY(write(file, &value, 8));
  value = UINT64_MAX - 1;
  SAY(write(file, &value, 8));
  SAY(events(file));
  value = 1;
  SAY(write(file, &value, 8));
  SAY(read(file, (void *)8, 8));
  SAY(read(file, &value, 8));
  SAY(write(file, (void *)8, 8));
  SAY(lseek(file, 5, SEEK_SET));
  struct stat status;
  SAY(fstat(file, &status));
  SAY(status.st_mode);
  close(file);
  file = eventfd(2, EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK);
  SAY(fcntl(file, F_GETFD));
  SAY(read(file, &value, 8));
  SAY(value);
  SAY(read(file, &value, 8));
  SAY(read(file, &value, 8));
  close(file);
}

static void *adds_late(void *file) {
  pause_a_little();
  uint64_t five = 5;
  write(*(int *)file, &five, 8);
  return 0;
}

static void counter_waits(void) {
  pthread_t thread;
  int file = eventfd(0, 0);
  pthread_create(&thread, 0, adds_late, &file);
  SAY(read(file, &value, 8));
  SAY(value);
  pthread_join(thread, 0);
  close(file);
}

/* Adds or changes what the instance waits for. */
static int control(int operation, int file, unsigned wanted) {
  struct epoll_event event = {.events = wanted, .data.u64 = 0x1234567800000000ull + file};
  return epoll_ctl(polled, operation, file, &event);
}

/* Prints what epoll_wait answers at once. */
static void look(const char *when) {
  int count = epoll_wait(polled, got, 8, 0);
  printf("%s: %d", when, count);
  for (int i = 0; i < count; i++)
    printf(" %x/%d%s", got[i].events, (int)(got[i].data.u64 & 0xffffffff) - ends[0],
           got[i].data.u64 >> 32 == 0x12345678 ? "" : "?");
  printf("\n");
}

static void errors(void) {
  SAY(epoll_create(0));
  SAY(epoll_create1(1));
  polled = epoll_create1(EPOLL_CLOEXEC);
  SAY(fcntl(polled, F_GETFD));
  SAY(fcntl(polled, F_GETFL));
  SAY(read(polled, got, 8));
  SAY(write(polled, got, 8));
  pipe(ends);
  int file = open("/init", O_RDONLY), null = open("/dev/null", O_RDWR);
  SAY(control(EPOLL_CTL_ADD, file, EPOLLIN));
  SAY(control(EPOLL_CTL_ADD, null, EPOLLIN));
  SAY(control(EPOLL_CTL_ADD, 99, EPOLLIN));
  SAY(control(EPOLL_CTL_ADD, polled, EPOLLIN));
  SAY(epoll_ctl(polled, EPOLL_CTL_ADD, ends[0], (void *)8));
  SAY(epoll_ctl(99, EPOLL_CTL_ADD, ends[0], got));
  SAY(epoll_ctl(ends[1], EPOLL_CTL_ADD, ends[0], got));
  SAY(control(EPOLL_CTL_DEL, ends[0], 0));
  SAY(control(EPOLL_CTL_MOD, ends[0], 0));
  SAY(control(9, ends[0], 0));
  SAY(control(EPOLL_CTL_ADD, ends[0], EPOLLIN));
  SAY(control(EPOLL_CTL_ADD, ends[0], EPOLLIN));
  SAY(control(9, ends[0], 0));
  SAY(control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLEXCLUSIVE));
  SAY(control(EPOLL_CTL_DEL, ends[0], 0));
  SAY(control(EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT));
  SAY(control(EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLEXCLUSIVE | EPOLLET));
  SAY(control(EPOLL_CTL_MOD, ends[0], EPOLLIN));
  SAY(epoll_wait(polled, got, 0, 0));
  SAY(epoll_wait(polled, got, -1, 0));
  SAY(epoll_wait(99, got, 1, 0));
  SAY(epoll_wait(ends[0], got, 1, 0));
  write(ends[1], "a", 1);
  SAY(epoll_wait(polled, (void *)8, 1, 0));
  look("after a bad address");
  close(file);
  close(null);
  close(ends[0]);
  close(ends[1]);
  close(polled);
}

static void behaviours(void) {
  char byte;
  polled = epoll_create1(0);
  pipe(ends);
  control(EPOLL_CTL_ADD, ends[0], EPOLLIN);
  control(EPOLL_CTL_ADD, ends[1], EPOLLOUT);
  look("level");
  look("level again");
  write(ends[1], "ab", 2);
  look("bytes");
  look("bytes again");
  control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET);
  control(EPOLL_CTL_DEL, ends[1], 0);
  look("edge");
  look("edge again");
  write(ends[1], "c", 1);
  look("edge after a write");
  read(ends[0], &byte, 1);
  look("edge after a read");
  control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT);
  look("one shot");
  write(ends[1], "d", 1);
  look("one shot again");
  control(EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT);
  look("one shot set again");
  control(EPOLL_CTL_MOD, ends[0], EPOLLIN);
  int same = dup(ends[0]);
  SAY(control(EPOLL_CTL_ADD, same, EPOLLIN) >= 0);
  SAY(epoll_wait(polled, got, 8, 0));
  SAY(epoll_wait(polled, got, 1, 0));
  close(ends[0]);
  SAY(epoll_wait(polled, got, 8, 0));
  close(same);
  look("closed");
  pipe(ends);
  control(EPOLL_CTL_ADD, ends[0], EPOLLIN);
  close(ends[1]);
  look("hang up");
  control(EPOLL_CTL_MOD, ends[0], 0);
  look("hang up without events");
  close(ends[0]);
  close(polled);
}

static void nested(void) {
  int outer = epoll_create1(0), inner = polled = epoll_create1(0);
  pipe(ends);
  control(EPOLL_CTL_ADD, ends[0], EPOLLIN);
  polled = outer;
  SAY(control(EPOLL_CTL_ADD, inner, EPOLLIN));
  SAY(epoll_wait(outer, got, 8, 0));
  SAY(events(outer));
  write(ends[1], "a", 1);
  SAY(events(outer));
  SAY(events(inner));
  SAY(epoll_wait(outer, got, 8, 0));
  SAY(got[0].events);
  SAY(epoll_wait(inner, got, 8, 0));
  polled = inner;
  SAY(control(EPOLL_CTL_ADD, outer, EPOLLIN));
  SAY(control(EPOLL_CTL_ADD, outer, EPOLLIN | EPOLLEXCLUSIVE));
  close(inner);
  SAY(epoll_wait(outer, got, 8, 0));
  close(outer);
  int chain[8];
  for (int i = 0; i < 8; i++) chain[i] = epoll_create1(0);
  for (int i = 1; i < 8; i++) {
    polled = chain[i];
    printf("chain %d: %d\n", i, control(EPOLL_CTL_ADD, chain[i - 1], EPOLLIN));
  }
  for (int i = 0; i < 8; i++) close(chain[i]);
  close(ends[0]);
  close(ends[1]);
}

static void *writes_late(void *unused) {
  pause_a_little();
  write(ends[1], "a", 1);
  return unused;
}

static int caught;
static void catch (int number) { caught += number; }

static void *signals_late(void *unused) {
  pause_a_little();
  kill(getpid(), SIGUSR1);
  return unused;
}

static void waits(void) {
  pthread_t thread;
  sigset_t all, none;
  polled = epoll_create1(0);
  pipe(ends);
  control(EPOLL_CTL_ADD, ends[0], EPOLLIN);
  SAY(epoll_wait(polled, got, 8, 10));
  pthread_create(&thread, 0, writes_late, 0);
  SAY(epoll_wait(polled, got, 8, -1));
  pthread_join(thread, 0);
  SAY(epoll_pwait(polled, got, 8, -1, 0));
  char byte;
  read(ends[0], &byte, 1);
  struct sigaction action = {.sa_handler = catch, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, 0);
  sigfillset(&all);
  sigemptyset(&none);
  pthread_create(&thread, 0, signals_late, 0);
  sigprocmask(SIG_SETMASK, &all, 0);
  kill(getpid(), SIGUSR1);
  SAY(epoll_pwait(polled, got, 8, 1000, &none));
  SAY(caught > 0);
  pthread_join(thread, 0);
  sigprocmask(SIG_SETMASK, &none, 0);
  SAY(syscall(SYS_epoll_pwait, polled, got, 8, 0, &none, 4));
  long long time[2] = {0, 1000000}, bad[2] = {0, 1000000000};
  SAY(syscall(441, polled, got, 8, time, 0, 8));
  SAY(syscall(441, polled, got, 8, bad, 0, 8));
  close(ends[0]);
  close(ends[1]);
  close(polled);
}

int main(void) {
  counters();
  counter_waits();
  errors();
  behaviours();
  nested();
  waits();
  return 0;
}
