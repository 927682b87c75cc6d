// SPDX-License-Identifier: Apache-2.0
/* The signal that the end of a process sends, and the target of a thread's number. Passes on Linux 6.1 as
 * process 1. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static volatile atomic_int *shared; /* [0]: go on; [1]: the number of a grandchild. */
static volatile atomic_int usr1, usr2, child;

static void count_usr1(int unused) { (void)unused, usr1++; }
static void count_usr2(int unused) { (void)unused, usr2++; }
static void count_child(int unused) { (void)unused, child++; }

/* fork with another end signal. */
static pid_t fork_with(int signal) { return syscall(SYS_clone, signal, 0, 0, 0, 0); }

/* A child makes a grandchild whose end is to send SIGUSR1, and ends. The grandchild's end sends init SIGCHLD. */
static void an_orphan_ends_with_sigchld(void) {
  int status;
  usr1 = child = 0;
  shared[0] = 0;
  pid_t parent = fork();
  if (parent == 0) {
    pid_t orphan = fork_with(SIGUSR1);
    if (orphan == 0) {
      while (!shared[0]) usleep(1000);
      _exit(3);
    }
    shared[1] = orphan;
    _exit(0);
  }
  CHECK(waitpid(parent, &status, 0) == parent && status == 0, "the parent: %x", status);
  child = 0;
  shared[0] = 1;
  /* Without __WCLONE: it is a child like any other now. */
  while (waitpid(shared[1], &status, 0) == -1 && errno == EINTR) {}
  CHECK(status == 3 << 8, "the orphan: %x", status);
  CHECK(usr1 == 0 && child == 1, "SIGUSR1 %d, SIGCHLD %d", usr1, child);
}

/* The signal that a clone requested, while its parent lives; and SIGCHLD after an exec. */
static void an_exec_makes_it_sigchld(void) {
  int status;
  usr1 = child = 0;
  pid_t plain = fork_with(SIGUSR1);
  if (plain == 0) _exit(0);
  while (waitpid(plain, &status, __WALL) == -1 && errno == EINTR) {}
  CHECK(usr1 == 1 && child == 0, "plain: SIGUSR1 %d, SIGCHLD %d", usr1, child);
  usr1 = 0;
  pid_t other = fork_with(SIGUSR1);
  if (other == 0) {
    execl("/init", "/init", "end", (char *)0);
    _exit(9);
  }
  while (waitpid(other, &status, __WALL) == -1 && errno == EINTR) {}
  CHECK(status == 0 && usr1 == 0 && child == 1, "exec: %x, SIGUSR1 %d, SIGCHLD %d", status, usr1, child);
}

/* A sibling of a child of init ends with the child's own end signal, whatever its clone requested. */
static void a_sibling_ends_as_its_maker(void) {
  int status;
  usr1 = child = 0;
  pid_t maker = fork();
  if (maker == 0) {
    if (fork_with(CLONE_PARENT | SIGUSR1) == 0) _exit(4);
    _exit(0);
  }
  for (int i = 0; i < 2; i++) {
    while (waitpid(-1, &status, 0) == -1 && errno == EINTR) {}
    CHECK(status == 0 || status == 4 << 8, "a child: %x", status);
  }
  CHECK(usr1 == 0, "SIGUSR1 %d", usr1);
}

static volatile atomic_int number, leave;

static void *waits(void *unused) {
  (void)unused;
  number = syscall(SYS_gettid);
  while (!leave) usleep(1000);
  return 0;
}

/* kill and rt_sigqueueinfo with the number of a thread that is not the first send to its process. */
static void a_threads_number_leads_to_its_process(void) {
  pthread_t thread;
  usr2 = 0;
  CHECK(!pthread_create(&thread, 0, waits, 0), "a thread");
  while (!number) usleep(1000);
  CHECK(kill(number, 0) == 0, "kill 0: %d", errno);
  CHECK(kill(number, SIGUSR2) == 0 && usr2 == 1, "kill: %d, %d times", errno, usr2);
  siginfo_t info;
  memset(&info, 0, sizeof info);
  info.si_code = SI_QUEUE;
  info.si_pid = getpid();
  CHECK(syscall(SYS_rt_sigqueueinfo, number, SIGUSR2, &info) == 0 && usr2 == 2, "queue: %d, %d times", errno, usr2);
  leave = 1;
  pthread_join(thread, 0);
  CHECK(kill(number, 0) == -1 && errno == ESRCH, "a number without a thread: %d", errno);
}

static void *word;

static void *waits_at_word(void *unused) {
  (void)unused;
  number = syscall(SYS_gettid);
  syscall(SYS_futex, word, 0 /* FUTEX_WAIT */, 0, 0, 0, 0);
  return 0;
}

static void *shared_page(void) {
  return mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* While a thread waits at a shared futex its page is unmapped. A wake at another page must not reach it. */
static void a_waiter_keeps_its_frame(void) {
  pthread_t thread;
  int woken = 0;
  word = shared_page();
  number = 0;
  CHECK(!pthread_create(&thread, 0, waits_at_word, 0), "a thread");
  while (!number) usleep(1000);
  usleep(20000);
  munmap(word, 4096);
  for (int i = 0; i < 200; i++) {
    volatile int *page = shared_page();
    page[0] = 0;
    woken += syscall(SYS_futex, page, 1 /* FUTEX_WAKE */, 1, 0, 0, 0);
    if (i % 2) munmap((void *)page, 4096);
  }
  CHECK(woken == 0, "wakes at other pages found %d waiters", woken);
  pthread_detach(thread);
}

/* A requeue to a word without access. */
static void a_requeue_needs_access(void) {
  int *from = shared_page(), *to = mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  long answer = syscall(SYS_futex, from, 4 /* FUTEX_CMP_REQUEUE */, 1, 1, to, 0);
  CHECK(answer == -1 && errno == EFAULT, "no access: %ld, %d", answer, errno);
  answer = syscall(SYS_futex, from, 4, 1, 1, from, 0);
  CHECK(answer == 0, "access: %ld, %d", answer, errno);
}

int main(int count, char **arguments) {
  if (count > 1 && !strcmp(arguments[1], "end")) return 0;
  setvbuf(stdout, 0, _IONBF, 0);
  shared = shared_page();
  signal(SIGUSR1, count_usr1);
  signal(SIGUSR2, count_usr2);
  signal(SIGCHLD, count_child);
  an_orphan_ends_with_sigchld();
  an_exec_makes_it_sigchld();
  a_sibling_ends_as_its_maker();
  a_threads_number_leads_to_its_process();
  a_waiter_keeps_its_frame();
  a_requeue_needs_access();
  return verdict("proc_ends");
}
