// SPDX-License-Identifier: Apache-2.0
/* timerfd, signalfd and flock: every line as Linux 6.1 prints it, in event_files.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#include "answers.h"

static uint64_t value;
static struct itimerspec times;

static int events(int file) {
  struct pollfd entry = {file, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM, 0};
  int ready = poll(&entry, 1, 0);
  return ready << 16 | (unsigned short)entry.revents;
}

/* Sets a timer with times in milliseconds. */
static int set(int file, int flags, long first, long interval) {
  struct itimerspec new = {{interval / 1000, interval % 1000 * 1000000},
                           {first / 1000, first % 1000 * 1000000}};
  return timerfd_settime(file, flags, &new, 0);
}

static void timer_errors(void) {
  SAY(timerfd_create(99, 0));
  SAY(timerfd_create(CLOCK_TAI, 0));
  SAY(timerfd_create(CLOCK_MONOTONIC_RAW, 0));
  SAY(timerfd_create(CLOCK_MONOTONIC_COARSE, 0));
  SAY(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
  SAY(timerfd_create(CLOCK_MONOTONIC, 1));
  int file = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  SAY(fcntl(file, F_GETFL));
  SAY(fcntl(file, F_GETFD));
  SAY(events(file));
  SAY(read(file, &value, 8));
  SAY(read(file, &value, 7));
  SAY(write(file, &value, 8));
  SAY(lseek(file, 5, SEEK_SET));
  SAY(syscall(SYS_timerfd_settime64, file, 0, 0, 0));
  SAY(syscall(SYS_timerfd_settime64, file, 4, &times, 0));
  SAY(syscall(SYS_timerfd_settime64, 77, 4, &times, 0));
  SAY(syscall(SYS_timerfd_settime64, 77, 0, &times, 0));
  SAY(syscall(SYS_timerfd_settime64, 0, 0, &times, 0));
  SAY(syscall(SYS_timerfd_gettime64, 77, &times));
  SAY(syscall(SYS_timerfd_gettime64, 0, &times));
  SAY(syscall(SYS_timerfd_gettime64, file, 8));
  times.it_value.tv_nsec = 1000000000;
  SAY(timerfd_settime(file, 0, &times, 0));
  times.it_value.tv_nsec = 0;
  times.it_interval.tv_sec = -1;
  SAY(timerfd_settime(file, 0, &times, 0));
  struct stat status;
  SAY(fstat(file, &status));
  SAY(status.st_mode);
  close(file);
}

static void timers(void) {
  int file = timerfd_create(CLOCK_MONOTONIC, 0);
  SAY(set(file, 0, 20, 0));
  SAY(timerfd_gettime(file, &times));
  SAY(times.it_value.tv_sec == 0 && times.it_value.tv_nsec > 0 && times.it_value.tv_nsec <= 20000000);
  SAY(read(file, &value, 8));
  SAY(value);
  SAY(events(file));
  SAY(timerfd_gettime(file, &times));
  SAY(times.it_value.tv_nsec);
  SAY(set(file, 0, 1, 0));
  nanosleep(&(struct timespec){0, 5000000}, 0);
  SAY(events(file));
  SAY(read(file, (void *)8, 8));
  SAY(events(file));
  /* An interval: the expirations since the last read. */
  SAY(set(file, 0, 10, 10));
  nanosleep(&(struct timespec){0, 35000000}, 0);
  SAY(read(file, &value, 100));
  SAY(value >= 3);
  SAY(read(file, &value, 8));
  SAY(value >= 1);
  /* Setting again forgets expirations. */
  nanosleep(&(struct timespec){0, 15000000}, 0);
  SAY(set(file, 0, 0, 0));
  SAY(events(file));
  /* A time that has passed. */
  SAY(set(file, TFD_TIMER_ABSTIME, 1, 0));
  SAY(read(file, &value, 8));
  SAY(value);
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  times = (struct itimerspec){{0, 0}, {now.tv_sec + 1000, 0}}; 
  SAY(timerfd_settime(file, TFD_TIMER_ABSTIME, &times, 0));
  SAY(timerfd_settime(file, 0, &times, &times));
  SAY(times.it_value.tv_sec >= 998 && times.it_value.tv_sec < 1000);
  /* epoll, and a timer that a child has, too. */
  int poll = epoll_create1(0);
  struct epoll_event event = {EPOLLIN, {.u32 = 7}};
  SAY(epoll_ctl(poll, EPOLL_CTL_ADD, file, &event));
  SAY(epoll_wait(poll, &event, 1, 0));
  SAY(set(file, 0, 10, 0));
  SAY(epoll_wait(poll, &event, 1, -1));
  SAY(event.data.u32 << 8 | event.events);
  if (fork() == 0) {
    read(file, &value, 8);
    _exit(value);
  }
  int status;
  wait(&status);
  SAY(status);
  SAY(events(file));
  close(poll);
  close(file);
}

static void wall_timers(void) {
  int file = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  times = (struct itimerspec){{0, 0}, {now.tv_sec + 100, 0}};
  SAY(timerfd_settime(file, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &times, 0));
  SAY(events(file));
  now.tv_sec += 10;
  SAY(clock_settime(CLOCK_REALTIME, &now));
  SAY(events(file));
  SAY(read(file, &value, 8));
  SAY(read(file, &value, 8));
  SAY(events(file));
  now.tv_sec += 200;
  SAY(clock_settime(CLOCK_REALTIME, &now));
  SAY(timerfd_settime(file, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &times, 0));
  SAY(read(file, &value, 8));
  SAY(value);
  times.it_value.tv_sec = now.tv_sec + 50;
  SAY(timerfd_settime(file, TFD_TIMER_ABSTIME, &times, 0));
  now.tv_sec += 60;
  SAY(clock_settime(CLOCK_REALTIME, &now));
  nanosleep(&(struct timespec){0, 5000000}, 0);
  SAY(read(file, &value, 8));
  SAY(value);
  close(file);
}

static struct signalfd_siginfo got[3];
static void show(int count) {
  for (int index = 0; index < count; index++) {
    SAY(got[index].ssi_signo);
    SAY(got[index].ssi_code);
    SAY(got[index].ssi_pid == getpid());
    SAY(got[index].ssi_uid);
    SAY(got[index].ssi_int);
    SAY(got[index].ssi_ptr);
    SAY(got[index].ssi_status);
    SAY(got[index].ssi_overrun);
    SAY(got[index].ssi_addr);
    SAY(got[index].ssi_tid);
  }
}

static void signals(void) {
  sigset_t set;
  sigemptyset(&set);
  SAY(syscall(SYS_signalfd4, -1, &set, 4, 0));
  SAY(syscall(SYS_signalfd4, -1, 8, 8, 0));
  SAY(syscall(SYS_signalfd4, -1, &set, 8, 1));
  SAY(syscall(SYS_signalfd4, 77, &set, 8, 0));
  SAY(syscall(SYS_signalfd4, 0, &set, 8, 0));
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  sigaddset(&set, SIGRTMIN);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGALRM);
  sigaddset(&set, SIGKILL);
  sigprocmask(SIG_BLOCK, &set, 0);
  int file = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  SAY(fcntl(file, F_GETFL));
  SAY(fcntl(file, F_GETFD));
  SAY(read(file, got, sizeof got));
  SAY(read(file, got, 127));
  SAY(write(file, got, 128));
  SAY(events(file));
  SAY(kill(getpid(), SIGUSR1));
  SAY(events(file));
  SAY(read(file, (void *)8, 128));
  SAY(read(file, got, sizeof got));
  SAY(kill(getpid(), SIGUSR2));
  SAY(syscall(SYS_tkill, getpid(), SIGUSR1));
  SAY(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 0x1234}));
  SAY(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = -1}));
  SAY(read(file, got, sizeof got + 5));
  show(3);
  SAY(read(file, got, sizeof got));
  show(1);
  if (fork() == 0) _exit(5);
  struct pollfd entry = {file, POLLIN, 0};
  SAY(poll(&entry, 1, -1));
  SAY(read(file, got, 128));
  got[0].ssi_utime = got[0].ssi_stime = 0;
  SAY(got[0].ssi_signo);
  SAY(got[0].ssi_code);
  SAY(got[0].ssi_status);
  SAY(wait(0) == got[0].ssi_pid);
  timer_t timer;
  timer_create(CLOCK_MONOTONIC, &(struct sigevent){.sigev_signo = SIGALRM, .sigev_value.sival_int = 9}, &timer);
  timer_settime(timer, 0, &(struct itimerspec){{0, 0}, {0, 1000000}}, 0);
  fcntl(file, F_SETFL, 0);
  SAY(read(file, got, 128));
  got[0].ssi_tid = 0;
  show(1);
  timer_delete(timer);
  /* Another set of signals, and epoll. */
  int poll = epoll_create1(0);
  struct epoll_event event = {EPOLLIN, {.u32 = 3}};
  SAY(epoll_ctl(poll, EPOLL_CTL_ADD, file, &event));
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  SAY(signalfd(file, &set, 0) == file);
  kill(getpid(), SIGUSR2);
  SAY(epoll_wait(poll, &event, 1, 0));
  kill(getpid(), SIGUSR1);
  SAY(epoll_wait(poll, &event, 1, 0));
  SAY(read(file, got, 128));
  SAY(got[0].ssi_signo);
  sigset_t pending;
  sigpending(&pending);
  SAY(sigismember(&pending, SIGUSR2));
  /* A child that inherits an instance outlives the process whose signals it waits for. */
  int ends[2];
  pipe(ends);
  if (fork() == 0) {
    int inner = epoll_create1(0);
    int own = signalfd(-1, &set, 0);
    epoll_ctl(inner, EPOLL_CTL_ADD, own, &event);
    if (fork() == 0) {
      nanosleep(&(struct timespec){0, 20000000}, 0);
      int ready = epoll_wait(inner, &event, 1, 0);
      close(own);
      close(inner);
      write(ends[1], &ready, 4);
      _exit(0);
    }
    _exit(0);
  }
  int ready = -1;
  SAY(read(ends[0], &ready, 4));
  SAY(ready);
  while (wait(0) > 0) {}
  close(poll);
  close(file);
}

static void locks(void) {
  int file = open("/tmp/lock", O_CREAT | O_RDWR, 0600);
  int other = open("/tmp/lock", O_RDONLY), path = open("/tmp/lock", O_PATH);
  SAY(flock(77, LOCK_SH));
  SAY(flock(path, LOCK_SH));
  SAY(flock(file, 0));
  SAY(flock(file, 3));
  SAY(flock(file, 16));
  SAY(flock(file, LOCK_SH | LOCK_NB));
  SAY(flock(other, LOCK_SH | LOCK_NB));
  SAY(flock(other, LOCK_EX | LOCK_NB));
  SAY(flock(file, LOCK_EX | LOCK_NB));
  SAY(flock(other, LOCK_SH | LOCK_NB));
  SAY(flock(other, LOCK_UN));
  int copy = dup(file);
  SAY(flock(copy, LOCK_EX | LOCK_NB));
  close(file);
  SAY(flock(other, LOCK_SH | LOCK_NB));
  close(copy);
  SAY(flock(other, LOCK_SH | LOCK_NB));
  SAY(flock(other, LOCK_UN));
  /* A wait that the end of the holder ends, and one that a signal ends. */
  int ends[2];
  pipe(ends);
  if (fork() == 0) {
    int mine = open("/tmp/lock", O_RDWR);
    flock(mine, LOCK_EX);
    write(ends[1], "x", 1);
    nanosleep(&(struct timespec){0, 20000000}, 0);
    _exit(0);
  }
  char byte;
  read(ends[0], &byte, 1);
  SAY(flock(other, LOCK_SH | LOCK_NB));
  SAY(flock(other, LOCK_SH));
  wait(0);
  pid_t child = fork();
  if (child == 0) {
    signal(SIGTERM, SIG_DFL);
    int mine = open("/tmp/lock", O_RDWR);
    write(ends[1], "x", 1);
    flock(mine, LOCK_EX);
    _exit(1);
  }
  read(ends[0], &byte, 1);
  nanosleep(&(struct timespec){0, 20000000}, 0);
  kill(child, SIGTERM);
  int status;
  wait(&status);
  SAY(status);
  SAY(flock(other, LOCK_EX | LOCK_NB));
  SAY(unlink("/tmp/lock"));
  close(other);
  close(path);
}

int main(void) {
  timer_errors();
  timers();
  wall_timers();
  signals();
  locks();
  puts("event files: done");
  return 0;
}
