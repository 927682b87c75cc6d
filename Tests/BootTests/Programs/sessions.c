// SPDX-License-Identifier: Apache-2.0
/* Process groups, sessions, umask, old directory entries, select and related calls, prctl: every line as
 * Linux 6.1 prints it, in sessions.txt. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "answers.h"

#define CALL(...) syscall(__VA_ARGS__)
enum { GETDENTS = 141, SELECT = 142, PSELECT = 335, PSELECT64 = 413, PPOLL = 336, PPOLL64 = 414 };

static void in_child(void (*body)(void)) { waitpid(child(body), 0, 0); }

static void sleeps(void) {
  for (;;) pause();
}

static void executes(void) {
  static char *const again[] = {"init", "wait", 0};
  execv("/init", again);
}

static void end(pid_t who) {
  kill(who, SIGKILL);
  waitpid(who, 0, 0);
}

static void ends_in_own(void) { setsid(); }

static void groups(void) {
  SAY(getpgrp() == getppid() || getpgrp() == 0);
  SAY(CALL(SYS_setpgid, 0, -1));
  SAY(CALL(SYS_setpgid, 30000, 0));
  SAY(CALL(SYS_setpgid, -1, 0));
  SAY(CALL(SYS_setpgid, 1, 0));
  SAY(CALL(SYS_setpgid, 0, 29999));
  SAY(CALL(SYS_getpgid, 30000));
  SAY(CALL(SYS_getpgid, -1));
  SAY(CALL(SYS_getsid, 30000));
  SAY(CALL(SYS_getsid, 1));
  SAY(CALL(SYS_getpgid, 1));
  SAY(CALL(SYS_setpgid, 0, 0));
  SAY(CALL(SYS_setpgid, 0, 0));
  SAY(getpgrp() == getpid());
  SAY(getpgid(0) == getpid());
  SAY(setsid());
  pid_t one = child(sleeps), two = child(sleeps);
  SAY(getpgid(one) == getpid());
  SAY(getsid(one));
  SAY(CALL(SYS_setpgid, one, one));
  SAY(getpgid(one) == one);
  SAY(CALL(SYS_setpgid, two, one));
  SAY(getpgid(two) == one);
  int status;
  siginfo_t info;
  SAY(waitpid(-one, &status, WNOHANG));
  SAY(waitpid(0, &status, WNOHANG));
  SAY(waitid(P_PGID, getpid(), &info, WEXITED | WNOHANG));
  SAY(waitid(P_PGID, one, &info, WEXITED | WNOHANG));
  SAY(kill(-one, 0));
  SAY(kill(-30000, 0));
  SAY(kill(-one, SIGTERM));
  SAY(waitid(P_PGID, one, &info, WEXITED | WNOWAIT));
  SAY(info.si_status);
  SAY(waitpid(-one, &status, 0) > 1);
  SAY(status);
  SAY(waitpid(-one, &status, 0) > 1);
  SAY(status);
  SAY(waitpid(-one, &status, 0));
  SAY(kill(-one, SIGTERM));
  pid_t third = child(executes);
  while (CALL(SYS_setpgid, third, third) == 0) usleep(1000);
  SAY(CALL(SYS_setpgid, third, third));
  end(third);
  pid_t zombie = child(ends_in_own);
  waitid(P_PID, zombie, &info, WEXITED | WNOWAIT);
  SAY(getsid(zombie) == zombie);
  SAY(getpgid(zombie) == zombie);
  SAY(CALL(SYS_setpgid, zombie, 0));
  waitpid(zombie, 0, 0);
  SAY(CALL(SYS_getsid, zombie));
}

static void leads(void) {
  SAY(setsid() == getpid());
  SAY(getsid(0) == getpid());
  SAY(getpgrp() == getpid());
  SAY(setsid());
  SAY(CALL(SYS_setpgid, 0, 0));
  pid_t other = child(sleeps);
  SAY(getsid(other) == getpid());
  SAY(CALL(SYS_setpgid, 0, other));
  SAY(CALL(SYS_setpgid, other, 0));
  SAY(kill(0, 0));
  SAY(kill(-other, SIGKILL));
  SAY(waitpid(0, 0, 0));
  SAY(waitpid(other, 0, 0) == other);
}

static void own_session(void) { setsid(); sleeps(); }

static void stays(void) {
  pid_t other = child(own_session);
  while (getsid(other) != other) usleep(1000);
  SAY(CALL(SYS_setpgid, other, 0));
  SAY(CALL(SYS_setpgid, 0, other));
  end(other);
}

static volatile int got;
static void note(int number) { got = number; }

/* Itself is in the group, but not among all others. */
static void kills_group(void) {
  setpgid(0, 0);
  signal(SIGUSR1, note);
  SAY(kill(0, SIGUSR1));
  SAY(got == SIGUSR1);
  got = 0;
  SAY(kill(-getpid(), SIGUSR1));
  SAY(got == SIGUSR1);
}

static void masks(void) {
  SAY(umask(0));
  SAY(umask(01777));
  SAY(umask(027));
  pid_t other = fork();
  if (!other) _exit(umask(0));
  int status;
  waitpid(other, &status, 0);
  SAY(WEXITSTATUS(status));
  SAY(umask(022));
}

static char entries[4096];
static void directories(void) {
  int file = open("/", O_RDONLY | O_DIRECTORY), plain = open("/init", O_RDONLY);
  SAY(CALL(GETDENTS, 99, entries, sizeof entries));
  SAY(CALL(GETDENTS, plain, entries, sizeof entries));
  SAY(CALL(GETDENTS, file, entries, 15));
  SAY(CALL(GETDENTS, file, (void *)8, sizeof entries));
  long count = CALL(GETDENTS, file, entries, sizeof entries);
  int isInitThere = 0, areWhole = count > 0, types = 0;
  for (long place = 0; place < count;) {
    struct old { unsigned long inode, offset; unsigned short length; char name[]; } *entry = (void *)(entries + place);
    size_t bytes = strlen(entry->name);
    if (entry->length != ((10 + bytes + 2 + 3) & ~3)) areWhole = 0;
    char type = entries[place + entry->length - 1];
    if (!strcmp(entry->name, "init")) isInitThere = type == 8;
    if (!strcmp(entry->name, ".") || !strcmp(entry->name, "..")) types += type;
    place += entry->length;
  }
  SAY(areWhole);
  SAY(isInitThere);
  SAY(types);
  SAY(CALL(GETDENTS, file, entries, sizeof entries));
  lseek(file, 0, SEEK_SET);
  SAY(CALL(GETDENTS, file, entries, 16));
  close(file);
  close(plain);
}

static long passed(struct timespec *since) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

static void selects(void) {
  int null = open("/dev/null", O_RDONLY), zero = open("/dev/null", O_WRONLY);
  printf("%d %d\n", null, zero);
  uint32_t in[2] = {1u << null}, out[2] = {1u << zero | 1u << null}, except[2] = {1u << null};
  struct timeval span = {5, 0};
  SAY(CALL(SELECT, zero + 1, in, out, except, &span));
  printf("%x %x %x %d\n", in[0], out[0], except[0], span.tv_sec >= 4);
  in[0] = 1u << null | 1u << 31;
  SAY(CALL(SELECT, null + 1, in, 0, 0, 0));
  printf("%x\n", in[0]);
  in[0] = 1u << 30;
  SAY(CALL(SELECT, 32, in, 0, 0, 0));
  SAY(CALL(SELECT, -1, 0, 0, 0, 0));
  SAY(CALL(SELECT, 1, (void *)8, 0, 0, 0));
  SAY(CALL(SELECT, 0, (void *)8, 0, 0, (void *)8));
  span = (struct timeval){-1, 0};
  SAY(CALL(SELECT, 0, 0, 0, 0, &span));
  span = (struct timeval){0, -1};
  SAY(CALL(SELECT, -1, 0, 0, 0, &span));
  span = (struct timeval){0, 1020000};
  struct timespec start;
  clock_gettime(CLOCK_MONOTONIC, &start);
  SAY(CALL(SELECT, 0, 0, 0, 0, &span));
  SAY(passed(&start) >= 1020);
  printf("%d %d\n", (int)span.tv_sec, (int)span.tv_usec);
  span = (struct timeval){0, 0};
  SAY(CALL(SELECT, 0, 0, 0, 0, &span));
  SAY(CALL(82, 0, 0, 0, 0, &span));
  long time[4] = {0, 20000000};
  SAY(CALL(PSELECT, 0, 0, 0, 0, time, 0));
  printf("%ld %ld\n", time[0], time[1]);
  time[1] = 1000000000;
  SAY(CALL(PSELECT, 0, 0, 0, 0, time, 0));
  long long wide[2] = {0, 20000000};
  SAY(CALL(PSELECT64, 0, 0, 0, 0, wide, 0));
  printf("%lld %lld\n", wide[0], wide[1]);
  in[0] = 1u << null;
  wide[0] = 5;
  uint32_t block[2] = {0, 0}, mask[2] = {0, 0};
  SAY(CALL(PSELECT64, 8, in, 0, 0, wide, block));
  block[0] = (uint32_t)mask;
  SAY(CALL(PSELECT64, 8, in, 0, 0, wide, block));
  block[1] = 8;
  SAY(CALL(PSELECT64, 8, in, 0, 0, wide, block));
  SAY(CALL(PSELECT64, 8, in, 0, 0, wide, (void *)8));
  SAY(CALL(PSELECT64, 8, in, 0, 0, (void *)8, block));
  signal(SIGUSR1, note);
  sigset_t set, old;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, 0);
  raise(SIGUSR1);
  got = 0;
  SAY(CALL(PSELECT64, 0, 0, 0, 0, 0, block));
  SAY(got);
  sigprocmask(SIG_BLOCK, 0, &old);
  SAY(sigismember(&old, SIGUSR1));
  raise(SIGUSR1);
  got = 0;
  struct pollfd polled = {-1, 0, 0};
  SAY(CALL(PPOLL64, &polled, 1, 0, mask, 8));
  SAY(got);
  sigprocmask(SIG_BLOCK, 0, &old);
  SAY(sigismember(&old, SIGUSR1));
  raise(SIGUSR1);
  polled = (struct pollfd){null, POLLIN, 0};
  got = 0;
  SAY(CALL(PPOLL64, &polled, 1, 0, mask, 8));
  SAY(got);
  SAY(CALL(PPOLL64, &polled, 1, 0, mask, 4));
  SAY(CALL(PPOLL, &polled, 1, (void *)8, 0, 0));
  time[0] = -1;
  SAY(CALL(PPOLL, &polled, 1, time, 0, 0));
  time[0] = 0, time[1] = 20000000;
  polled.fd = -1;
  SAY(CALL(PPOLL, &polled, 1, time, 0, 0));
  printf("%ld %ld\n", time[0], time[1]);
  struct pollfd both[] = {{null, POLLIN | POLLOUT, 0}, {zero, POLLIN | POLLOUT | POLLPRI, 0}, {99, POLLIN, 0}};
  SAY(poll(both, 3, 0));
  printf("%x %x %x\n", both[0].revents, both[1].revents, both[2].revents);
  span = (struct timeval){10, 0};
  struct itimerval soon = {{0, 0}, {0, 20000}};
  signal(SIGALRM, note);
  setitimer(ITIMER_REAL, &soon, 0);
  SAY(CALL(SELECT, 0, 0, 0, 0, &span));
  SAY(got == SIGALRM);
  SAY(span.tv_sec);
  close(null);
  close(zero);
}

static void controls(void) {
  int number = 77;
  SAY(prctl(PR_GET_PDEATHSIG, &number));
  SAY(number);
  SAY(prctl(PR_SET_PDEATHSIG, 65));
  SAY(prctl(PR_SET_PDEATHSIG, -1));
  SAY(prctl(PR_SET_PDEATHSIG, 10));
  SAY(prctl(PR_GET_PDEATHSIG, &number));
  SAY(number);
  SAY(prctl(PR_GET_PDEATHSIG, 8));
  pid_t other = fork();
  if (!other) {
    prctl(PR_GET_PDEATHSIG, &number);
    _exit(number);
  }
  int status;
  waitpid(other, &status, 0);
  SAY(status);
  SAY(prctl(PR_GET_DUMPABLE));
  SAY(prctl(PR_SET_DUMPABLE, 2));
  SAY(prctl(PR_SET_DUMPABLE, 0));
  SAY(prctl(PR_GET_DUMPABLE));
  other = fork();
  if (!other) _exit(prctl(PR_GET_DUMPABLE));
  waitpid(other, &status, 0);
  SAY(status);
  SAY(prctl(PR_SET_DUMPABLE, 1));
  SAY(prctl(PR_GET_TIMERSLACK));
  SAY(prctl(PR_SET_TIMERSLACK, 1234));
  SAY(prctl(PR_GET_TIMERSLACK));
  other = fork();
  if (!other) {
    int isInherited = prctl(PR_GET_TIMERSLACK) == 1234;
    prctl(PR_SET_TIMERSLACK, 5);
    prctl(PR_SET_TIMERSLACK, 0);
    _exit(isInherited + 2 * (prctl(PR_GET_TIMERSLACK) == 1234));
  }
  waitpid(other, &status, 0);
  SAY(WEXITSTATUS(status));
  SAY(prctl(PR_SET_TIMERSLACK, 0));
  SAY(prctl(PR_GET_TIMERSLACK));
  SAY(prctl(PR_CAPBSET_READ, 0));
  SAY(prctl(PR_CAPBSET_READ, 40));
  SAY(prctl(PR_CAPBSET_READ, 41));
  SAY(prctl(PR_CAPBSET_READ, -1));
  SAY(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SAY(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 1));
  SAY(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
  SAY(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
  SAY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  SAY(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  other = fork();
  if (!other) _exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  waitpid(other, &status, 0);
  SAY(WEXITSTATUS(status));
}

/* The signal of an orphan comes from the parent that ended. */
static void orphan(void) {
  pid_t parent = getppid(), me = getpid();
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigprocmask(SIG_BLOCK, &set, 0);
  prctl(PR_SET_PDEATHSIG, SIGUSR2);
  kill(parent, SIGUSR1);
  siginfo_t info;
  int number = sigwaitinfo(&set, &info);
  printf("orphan: %d %d %d %d\n", number, info.si_code, info.si_pid == parent, me > 1);
}
static void makes_orphan(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, 0);
  child(orphan);
  siginfo_t info;
  sigwaitinfo(&set, &info);
}

int main(int count, char **arguments) {
  if (count > 1) sleeps();
  SAY(getpgrp());
  SAY(getsid(0));
  in_child(groups);
  in_child(leads);
  in_child(stays);
  in_child(kills_group);
  masks();
  directories();
  in_child(selects);
  in_child(controls);
  in_child(makes_orphan);
  wait(0);
  SAY(setsid());
  SAY(setsid());
  SAY(getpgrp());
  return 0;
}
