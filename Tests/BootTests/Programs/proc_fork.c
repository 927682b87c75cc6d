// SPDX-License-Identifier: Apache-2.0
/* fork, exit, wait4, waitid: the state that a child inherits, and the status that its parent gets. As
 * process 1 it also inherits orphans. Numbers are Linux's answers. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static int data = 1;
static __thread int local = 7;

static unsigned long free_memory(void) {
  struct sysinfo info;
  sysinfo(&info);
  return info.freeram;
}

/* The number of tasks, the kernel's included; 0 if it is not reported. */
static int live_tasks(void) {
  static char text[16384];
  int file = open("/proc/tasks", O_RDONLY), lines = 0;
  ssize_t count = read(file, text, sizeof text);
  for (ssize_t i = 0; i < count; i++) lines += text[i] == '\n';
  close(file);
  return lines;
}

static void statuses(void) {
  for (int i = 0; i < 256; i += 51) {
    pid_t child = fork();
    if (child == 0) _exit(i);
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child, "wait %d", i);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == i, "status %x of %d", status, i);
  }
  pid_t child = fork();
  if (child == 0) *(volatile int *)8 = 1;
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV,
        "status %x of a fault", status);
}

static void memory(void) {
  int *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int on_stack = 3;
  double number = 1.5;
  pid_t parent = getpid(), child = fork();
  if (child == 0) {
    int good = getppid() == parent && getpid() != parent && data == 1 && on_stack == 3 &&
               local == 7 && number == 1.5;
    data = 2, on_stack = 4, local = 8, *shared = 5;
    _exit(good ? 0 : 1);
  }
  int status;
  waitpid(child, &status, 0);
  CHECK(status == 0, "the child saw something else");
  CHECK(data == 1 && on_stack == 3 && local == 7, "the child's stores reached the parent");
  CHECK(*shared == 5, "shared memory is not shared");
  munmap(shared, 4096);
}

static void end_with_1(int signal) { _exit(signal != 0); }

static void waits(void) {
  int status;
  CHECK(waitpid(-1, &status, 0) == -1 && errno == ECHILD, "no child: %d", errno);
  CHECK(waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD, "no child, no wait: %d", errno);
  CHECK(waitpid(-1, &status, 0x40) == -1 && errno == EINVAL, "option 0x40: %d", errno);
  /* It runs until it is signalled, however long its parent takes. */
  signal(SIGUSR1, end_with_1);
  pid_t slow = fork();
  if (slow == 0) {
    for (;;) usleep(1000);
  }
  signal(SIGUSR1, SIG_DFL);
  CHECK(waitpid(slow, &status, WNOHANG) == 0, "a child that runs");
  CHECK(waitpid(slow + 1000, &status, 0) == -1 && errno == ECHILD, "not a child: %d", errno);
  siginfo_t info;
  memset(&info, 0xff, sizeof info);
  CHECK(waitid(P_ALL, 0, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0, "waitid, no wait");
  CHECK(waitid(P_PID, slow, &info, 0) == -1 && errno == EINVAL, "waitid for nothing: %d", errno);
  CHECK(kill(slow, SIGUSR1) == 0, "signalled to end: %d", errno);
  CHECK(waitid(P_PID, slow, &info, WEXITED | WNOWAIT) == 0 && info.si_pid == slow &&
            info.si_status == 1 && info.si_code == CLD_EXITED && info.si_signo == SIGCHLD,
        "waitid: pid %d status %d", info.si_pid, info.si_status);
  CHECK(wait(&status) == slow && WEXITSTATUS(status) == 1, "the zombie after WNOWAIT");
  pid_t other = fork();
  if (other == 0) _exit(0);
  usleep(5000);
  CHECK(waitpid(other, (int *)8, 0) == -1 && errno == EFAULT, "a bad address: %d", errno);
  pid_t others[3];
  for (int i = 0; i < 3; i++)
    if ((others[i] = fork()) == 0) _exit(i);
  for (int i = 2; i >= 0; i--)
    CHECK(waitpid(others[i], &status, 0) == others[i] && WEXITSTATUS(status) == i, "child %d", i);
}

static void orphans(void) {
  int *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t child = fork();
  if (child == 0) {
    if (fork() == 0) {
      usleep(20000);
      shared[0] = getppid();
      _exit(9);
    }
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child, "the child");
  if (getpid() == 1) {
    CHECK(wait(&status) > 0 && WEXITSTATUS(status) == 9, "the orphan: %x", status);
    CHECK(shared[0] == 1, "the orphan's parent is %d", shared[0]);
  }
  munmap(shared, 4096);
}

/* A thousand processes in turn, then as many as there can be: nothing is missing afterwards. */
static void many(void) {
  unsigned long before = free_memory();
  int tasks = live_tasks();
  for (int i = 0; i < 1000; i++) {
    pid_t child = fork();
    if (child == 0) _exit(i & 0xff);
    int status;
    if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != (i & 0xff)) {
      CHECK(0, "process %d", i);
      return;
    }
  }
  CHECK(free_memory() == before, "%ld bytes are missing", (long)(before - free_memory()));
  for (int i = 0; live_tasks() != tasks && i < 1000; i++) usleep(10000), free_memory();
  CHECK(live_tasks() == tasks, "%d tasks, %d before", live_tasks(), tasks);
}

/* Only here: Linux does not report what a zombie keeps of a process. */
static void zombies(void) {
  unsigned long before = free_memory();
  for (int i = 0; i < 50; i++)
    if (fork() == 0) _exit(i);
  siginfo_t info;
  CHECK(!waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), "waitid");
  for (int i = 0; free_memory() != before && i < 1000; i++) usleep(10000);
  CHECK(free_memory() == before, "zombies hold %ld bytes", (long)(before - free_memory()));
  for (int i = 0; i < 50; i++) CHECK(waitpid(-1, 0, WNOHANG) > 0, "zombie %d", i);
  CHECK(waitpid(-1, 0, WNOHANG) == -1 && errno == ECHILD, "one zombie too many");
}

/* Only here: under Linux a limit would have to be set first. */
static void bomb(void) {
  unsigned long before = free_memory();
  for (int round = 0; round < 2; round++) {
    int count = 0;
    pid_t child;
    while ((child = fork()) > 0) count++;
    if (child == 0) {
      usleep(200000);
      _exit(0);
    }
    CHECK(errno == EAGAIN && count >= 60, "%d processes, then %d", count, errno);
    while (count > 0 && wait(0) > 0) count--;
    CHECK(count == 0, "%d are missing", count);
  }
  CHECK(free_memory() == before, "%ld bytes are missing", (long)(before - free_memory()));
}

int main(int argc, char **argv) {
  waits();
  statuses();
  memory();
  orphans();
  many();
  if (argc > 1 && !strcmp(argv[1], "bomb")) zombies(), bomb();
  return verdict("proc_fork");
}
