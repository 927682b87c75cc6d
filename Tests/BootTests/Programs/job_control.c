// SPDX-License-Identifier: Apache-2.0
/* Stop and continue of processes and threads, and what wait4, waitid and SIGCHLD tell of it: every line as
 * Linux 6.1 prints it, in job_control.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "answers.h"

static _Atomic int *shared; /* Words that all processes share. */
static pid_t last;

static void nap(int milliseconds) { usleep(milliseconds * 1000); }

/* Prints what waitid says of the last child. */
static void tell(const char *what, int options) {
  siginfo_t info = {0};
  errno = 0;
  int result = waitid(P_PID, last, &info, options);
  printf("%s: %d %d, signal %d code %d status %d own %d\n", what, result, result ? errno : 0, info.si_signo,
         info.si_code, info.si_status, info.si_pid == last);
}

static void tell_status(const char *what, int options) {
  int status = -1;
  errno = 0;
  pid_t result = waitpid(last, &status, options);
  printf("%s: %d %x %d\n", what, result == last ? 1 : result, status, result < 0 ? errno : 0);
}

static void counts(void) {
  for (;;) shared[0]++;
}

static void finish(void) {
  kill(last, SIGKILL);
  tell_status("end", 0);
}

/* Whether the counting child does not run. */
static int stands(void) {
  int before = shared[0];
  nap(30);
  return shared[0] == before;
}

static void stops(void) {
  last = child(counts);
  while (!shared[0]) nap(1);
  tell("nothing", WSTOPPED | WCONTINUED | WEXITED | WNOHANG);
  for (int number = SIGSTOP; number <= SIGTTOU; number++) {
    SAY(number);
    kill(last, number);
    tell("keep", WSTOPPED | WNOWAIT);
    tell("take", WSTOPPED);
    tell("again", WSTOPPED | WNOHANG);
    SAY(stands());
    kill(last, SIGSTOP); /* It stays pending until SIGCONT. */
    kill(last, SIGCHLD);
    SAY(stands());
    kill(last, SIGCONT);
    tell("not stopped", WSTOPPED | WNOHANG);
    tell("keep", WCONTINUED | WNOWAIT);
    tell_status("take", WCONTINUED);
    tell("again", WCONTINUED | WNOHANG);
    SAY(stands());
  }
  kill(last, SIGCONT);
  tell("no news", WCONTINUED | WNOHANG);
  kill(last, SIGSTOP);
  tell_status("plain wait", WNOHANG);
  tell_status("stopped", WUNTRACED);
  tell_status("told once", WUNTRACED | WNOHANG);
  kill(last, SIGTERM);
  nap(20);
  tell_status("a stopped process obeys no SIGTERM", WNOHANG);
  kill(last, SIGCONT);
  tell_status("but after SIGCONT", 0);
  last = child(counts);
  kill(last, SIGSTOP);
  tell_status("stopped", WUNTRACED);
  finish();
  last = child(counts);
  kill(last, SIGSTOP);
  tell("any change", WSTOPPED | WCONTINUED | WEXITED | WNOWAIT);
  struct rusage use = {0};
  int status;
  SAY(wait4(last, &status, WUNTRACED, &use) == last);
  SAY(status);
  finish();
  SAY(waitid(P_ALL, 0, 0, WNOHANG | WNOWAIT));
  SAY(waitid(P_ALL, 0, 0, WSTOPPED | 0x10));
  SAY(waitid(P_ALL, 0, 0, WSTOPPED | WNOHANG));
  SAY(syscall(SYS_wait4, -1, 0, 4, 0));
  SAY(syscall(SYS_wait4, -1, 0, 0x01000000, 0));
}

static void blocked(void) {
  sigset_t set;
  sigfillset(&set);
  sigprocmask(SIG_BLOCK, &set, 0);
  signal(SIGTTIN, SIG_IGN);
  shared[1] = 1;
  counts();
}

static volatile sig_atomic_t got;
static void note(int number) { got = number; }

static void handles(void) {
  signal(SIGTSTP, note);
  signal(SIGCONT, note);
  shared[1] = 1;
  while (!got) shared[0]++;
  printf("handler of %d\n", got);
  fflush(stdout);
  got = 0;
  shared[1] = 2;
  while (!got) shared[0]++;
  printf("handler of %d\n", got);
}

static sigset_t pending(void) {
  sigset_t set;
  sigpending(&set);
  return set;
}

static void masks(void) {
  shared[1] = 0;
  last = child(blocked);
  while (!shared[1]) nap(1);
  kill(last, SIGTSTP);
  kill(last, SIGTTIN);
  SAY(stands());
  kill(last, SIGSTOP);
  tell_status("stopped", WUNTRACED);
  kill(last, SIGCONT);
  tell_status("SIGCONT continues although it is blocked", WCONTINUED);
  finish();
  shared[1] = 0;
  last = child(handles);
  while (shared[1] != 1) nap(1);
  kill(last, SIGTSTP);
  while (shared[1] != 2) nap(1);
  tell_status("a handler does not stop", WUNTRACED | WNOHANG);
  kill(last, SIGSTOP);
  tell_status("stopped", WUNTRACED);
  kill(last, SIGCONT);
  tell_status("end", 0);
  /* Each kind discards the other. */
  sigset_t set, now;
  sigemptyset(&set);
  for (int number = SIGCONT; number <= SIGTTOU; number++) sigaddset(&set, number);
  sigprocmask(SIG_BLOCK, &set, 0);
  raise(SIGCONT);
  now = pending();
  printf("%d %d\n", sigismember(&now, SIGCONT), sigismember(&now, SIGTSTP));
  kill(getpid(), SIGTSTP);
  raise(SIGTTIN);
  now = pending();
  printf("%d %d %d\n", sigismember(&now, SIGCONT), sigismember(&now, SIGTSTP), sigismember(&now, SIGTTIN));
  raise(SIGCONT);
  now = pending();
  printf("%d %d %d\n", sigismember(&now, SIGCONT), sigismember(&now, SIGTSTP), sigismember(&now, SIGTTIN));
  signal(SIGCONT, SIG_IGN);
  signal(SIGCONT, SIG_DFL);
  sigprocmask(SIG_UNBLOCK, &set, 0);
}

static _Atomic int children;
static siginfo_t news[64];
static void note_child(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  news[children++ & 63] = *info;
}

static void show_news(const char *what) {
  nap(20);
  printf("%s:", what);
  for (int index = 0; index < children; index++)
    printf(" %d/%d%s", news[index].si_code, news[index].si_status, news[index].si_pid == last ? "" : "?");
  putchar('\n');
  children = 0;
}

static void parents(void) {
  struct sigaction action = {.sa_sigaction = note_child, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGCHLD, &action, 0);
  children = 0;
  last = child(counts);
  kill(last, SIGSTOP);
  tell_status("stopped", WUNTRACED);
  show_news("SIGCHLD");
  kill(last, SIGCONT);
  tell_status("continued", WCONTINUED);
  show_news("SIGCHLD");
  action.sa_flags |= SA_NOCLDSTOP;
  sigaction(SIGCHLD, &action, 0);
  kill(last, SIGTSTP);
  tell_status("stopped", WUNTRACED);
  kill(last, SIGCONT);
  tell_status("continued", WCONTINUED);
  show_news("SA_NOCLDSTOP");
  kill(last, SIGKILL);
  nap(20);
  show_news("end");
  tell_status("end", WUNTRACED);
  signal(SIGCHLD, SIG_IGN);
  last = child(counts);
  kill(last, SIGSTOP);
  tell_status("ignored", WUNTRACED);
  kill(last, SIGKILL);
  tell_status("end", 0);
  signal(SIGCHLD, SIG_DFL);
}

/* Calls that a stop interrupts go on. */
static long since(struct timespec *start) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

static int ends[2];
static void calls(int which) {
  struct timespec start, span = {0, 300000000}, rest = {9, 9};
  clock_gettime(CLOCK_MONOTONIC, &start);
  char byte;
  long result = -2;
  errno = 0;
  struct pollfd entry = {ends[0], POLLIN, 0};
  int queue = epoll_create1(0);
  sigset_t set;
  sigemptyset(&set);
  shared[1] = 1;
  switch (which) {
  case 0: result = nanosleep(&span, &rest); break;
  case 1: result = read(ends[0], &byte, 1); break;
  case 2: result = poll(&entry, 1, 300); break;
  case 3: result = poll(&entry, 1, -1); break;
  case 4: result = select(ends[0] + 1, &(fd_set){.fds_bits = {1 << ends[0]}}, 0, 0, 0); break;
  case 5: result = syscall(422, &ends, 128, ends[0], &span, 0, 0); break;
  case 6: result = epoll_wait(queue, &(struct epoll_event){0}, 1, 1000); break;
  case 7: sigaddset(&set, SIGUSR1); result = sigtimedwait(&set, 0, &(struct timespec){1, 0}); break;
  case 8: clock_gettime(CLOCK_MONOTONIC, &start);
    span.tv_sec = start.tv_sec, span.tv_nsec = start.tv_nsec + 300000000;
    if (span.tv_nsec >= 1000000000) span.tv_sec++, span.tv_nsec -= 1000000000;
    result = -clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &span, 0);
    break;
  }
  int error = errno;
  printf("call %d: %ld %d, in time %d\n", which, result, result == -1 ? error : 0,
         which == 6 || which == 7 || since(&start) >= 300);
  fflush(stdout);
  _exit(0);
}

static void restarts(void) {
  for (int which = 0; which < 9; which++) {
    pipe(ends);
    shared[1] = 0;
    fflush(stdout);
    last = fork();
    if (!last) calls(which);
    while (!shared[1]) nap(1);
    nap(20);
    kill(last, SIGSTOP);
    tell_status("stopped", WUNTRACED);
    nap(20);
    kill(last, SIGCONT);
    nap(300);
    if (which == 1 || which == 3 || which == 4) write(ends[1], "x", 1);
    tell_status("end", 0);
    close(ends[0]);
    close(ends[1]);
  }
}

/* All threads of a process stop, also those that block, and new ones are not missed. */
static void *counts_own(void *number) {
  for (;;) shared[(intptr_t)number]++;
}
static void *pauses(void *unused) {
  for (;;) pause();
  return unused;
}
static void *comes(void *unused) { return unused; }
static void *makes(void *unused) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  for (;;) {
    pthread_t thread;
    if (!pthread_create(&thread, &attributes, comes, 0)) shared[13]++;
  }
  return unused;
}
static void many(void) {
  pthread_t thread;
  for (intptr_t number = 10; number < 13; number++) pthread_create(&thread, 0, counts_own, (void *)number);
  pthread_create(&thread, 0, pauses, 0);
  pthread_create(&thread, 0, makes, 0);
  pauses(0);
}
static int all_stand(void) {
  int before[4], isSame = 1;
  for (int index = 0; index < 4; index++) before[index] = shared[10 + index];
  nap(10);
  for (int index = 0; index < 4; index++) isSame &= before[index] == shared[10 + index];
  return isSame;
}
static void threads(void) {
  last = child(many);
  while (!shared[10] || !shared[11] || !shared[12] || !shared[13]) nap(1);
  int standing = 0, running = 0, told = 0;
  for (int round = 0; round < 8; round++) {
    int status;
    kill(last, SIGSTOP);
    told += waitpid(last, &status, WUNTRACED) == last && WIFSTOPPED(status);
    standing += all_stand();
    kill(last, SIGCONT);
    told += waitpid(last, &status, WCONTINUED) == last && WIFCONTINUED(status);
    while (all_stand()) {}
    running++;
  }
  printf("threads: %d %d %d\n", told, standing, running);
  kill(last, SIGSTOP);
  tell_status("stopped", WUNTRACED);
  finish();
  /* SIGSTOP and SIGCONT as fast as they can be sent, then SIGKILL. */
  last = child(many);
  for (int round = 0; round < 500; round++) kill(last, round & 1 ? SIGCONT : SIGSTOP);
  kill(last, SIGCONT);
  nap(5);
  SAY(all_stand());
  kill(last, SIGSTOP);
  finish();
}

/* A thread ends, and one executes a program, while the process stops. */
static void *ends_soon(void *unused) {
  for (volatile int count = 0; count < 20000; count++) {}
  return unused;
}
static void ends_and_executes(void) {
  pthread_t thread;
  for (int index = 0; index < 4; index++) pthread_create(&thread, 0, ends_soon, 0);
  static char *const again[] = {"init", "count", 0};
  execv("/init", again);
}
static void races(void) {
  int ended = 0;
  for (int round = 0; round < 12; round++) {
    int status;
    last = child(ends_and_executes);
    usleep(round * 300);
    kill(last, SIGSTOP); /* Lost, if a thread that the exec ends has taken it. */
    waitpid(last, &status, WUNTRACED | WNOHANG);
    if (round & 1) kill(last, SIGCONT);
    kill(last, SIGKILL);
    ended += waitpid(last, &status, 0) == last && WIFSIGNALED(status);
  }
  printf("races: %d\n", ended);
}

/* Orphaned groups: SIGTSTP does nothing, SIGSTOP stops; and one that is orphaned continues. */
static void in_orphaned_group(void) {
  setsid();
  kill(getpid(), SIGTSTP);
  raise(SIGTTIN);
  raise(SIGTTOU);
  puts("an orphaned group goes on");
}
static void hung_up(int number) {
  shared[2] = number;
  _exit(0);
}
static void job(void) {
  signal(SIGHUP, hung_up);
  shared[3] = 1;
  counts();
}
static void leads_job(void) {
  setsid();
  pid_t made = child(job);
  setpgid(made, made);
  while (!shared[3]) nap(1);
  kill(made, SIGTSTP);
  int status;
  printf("job: %d %d\n", waitpid(made, &status, WUNTRACED) == made, WIFSTOPPED(status));
}
static void orphans(void) {
  last = child(in_orphaned_group);
  tell_status("end", 0);
  prctl(PR_SET_CHILD_SUBREAPER, 0);
  shared[2] = shared[3] = 0;
  last = child(leads_job);
  tell_status("leader", 0);
  for (int count = 0; count < 100 && !shared[2]; count++) nap(10);
  SAY(shared[2]);
}

/* A vfork child that stops does not let its parent go. */
static void vforks(void) {
  shared[4] = 0;
  last = fork();
  if (!last) {
    pid_t made = vfork();
    if (!made) {
      shared[5] = getpid();
      shared[4] = 1;
      kill(getpid(), SIGSTOP);
      _exit(3);
    }
    _exit(4);
  }
  while (!shared[4]) nap(1);
  nap(20);
  tell_status("waits for its child", WNOHANG | WUNTRACED);
  kill(shared[5], SIGCONT);
  tell_status("end", 0);
}

/* The first process does not stop. */
static void first(void) {
  raise(SIGSTOP);
  kill(1, SIGTSTP);
  kill(1, SIGTTOU);
  puts("the first process goes on");
}

int main(int count, char **arguments) {
  if (count > 1 && !strcmp(arguments[1], "count")) {
    for (;;) {}
  }
  shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  first();
  setpgid(0, 0);
  pid_t tester = fork();
  if (!tester) {
    /* In a group of its own below a parent in another: not orphaned unless the parent is process 1. */
    pid_t work = fork();
    if (!work) {
      setpgid(0, 0);
      stops();
      masks();
      parents();
      restarts();
      threads();
      races();
      vforks();
      fflush(stdout);
      _exit(0);
    }
    while (wait(0) > 0) {}
    orphans();
    fflush(stdout);
    _exit(0);
  }
  while (wait(0) != tester) {}
  puts("job control: done");
  return 0;
}
