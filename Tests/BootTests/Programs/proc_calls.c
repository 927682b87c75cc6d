// SPDX-License-Identifier: Apache-2.0
/* execve, wait4, waitid, and paths that are null: every line as Linux 6.1 prints it, in
 * proc_calls.txt. A number of a process is printed as 1. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAY(call)                                                                      \
  do {                                                                                 \
    errno = 0;                                                                         \
    long answer = (call);                                                              \
    printf("%s = %ld %d\n", #call, answer < 0 ? answer : answer > 0, answer < 0 ? errno : 0); \
  } while (0)
#define EXECUTE(...) syscall(SYS_execve, __VA_ARGS__)
enum { PAGE = 4096 };

static char *const again[] = {"me", "x", 0};
static char text[2 * PAGE];

/* How a program ends: 0, or 100 and the error of exec. */
static void run(const char *what, const char *path, char *const *arguments, char *const *environment) {
  int status;
  pid_t child = fork();
  if (!child) {
    execve(path, arguments, environment);
    _exit(100 + errno);
  }
  waitpid(child, &status, 0);
  printf("%s: %x\n", what, status);
}

static void executes(void) {
  char *const none[] = {0};
  run("no environment", "/init", again, 0);
  run("no lists", "/init", 0, 0);
  run("empty lists", "/init", none, none);
  run("relative", "init", again, again);
  run("dots", "/./../init", again, again);
  memset(text, '/', sizeof text);
  strcpy(text + 4091, "init");
  run("4095 bytes", text, again, again);
  memset(text + 4091, '/', 5);
  strcpy(text + 4092, "init");
  run("4096 bytes", text, again, again);
  memset(text, 'a', 300);
  text[255] = 0;
  run("a name of 255", text, again, again);
  text[255] = 'a', text[256] = 0;
  run("a name of 256", text, again, again);
  char *page = mmap(0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(page + PAGE, PAGE);
  strcpy(page + PAGE - 6, "/init");
  run("at the end of memory", page + PAGE - 6, again, again);
  page[PAGE - 1] = 'x';
  run("beyond the end of memory", page + PAGE - 6, again, again);
  char **list = (char **)(page + PAGE - 8);
  list[0] = "me", list[1] = "x";
  run("a list beyond the end of memory", "/init", list, 0);
  SAY(EXECUTE(0, again, again));
  SAY(EXECUTE("", again, again));
  SAY(EXECUTE("/init/", again, again));
  SAY(EXECUTE("/", again, again));
  SAY(EXECUTE("/dev/", again, again));
  SAY(EXECUTE("/init", (char *)again + 1, again));
  SAY(EXECUTE("/init", 0xfffffff0, again));
  SAY(EXECUTE("/init", again, 0xfffffffc));
  SAY(EXECUTE("/nothing", 8, 8));
  SAY(EXECUTE("/nothing", again, 8));
  SAY(EXECUTE("/nothing", again, again));
  SAY(EXECUTE("", 8, 8));
  SAY(EXECUTE(0xfffffff0, again, again));
}

static void null_paths(void) {
  SAY(syscall(SYS_open, 0, 0));
  SAY(syscall(SYS_openat, -100, 0, 0));
  SAY(syscall(SYS_access, 0, 0));
  SAY(syscall(SYS_chdir, 0));
  SAY(syscall(SYS_readlink, 0, text, 10));
  SAY(syscall(SYS_stat64, 0, text));
  SAY(syscall(SYS_lstat64, 0, text));
  SAY(syscall(SYS_prctl, 15, 0));
}

static pid_t child_that(int sleeps, int status) {
  pid_t child = fork();
  if (!child) {
    usleep(sleeps * 1000);
    _exit(status);
  }
  return child;
}

/* A child that is a zombie already. */
static pid_t zombie(int status) {
  siginfo_t info;
  pid_t child = child_that(0, status);
  waitid(P_PID, child, &info, WEXITED | WNOWAIT);
  return child;
}

static void waits(void) {
  int status;
  struct rusage use;
  siginfo_t info;
  SAY(wait4(-1, &status, 0, 0));
  SAY(wait4(0, &status, 0, 0));
  SAY(wait4(-5, &status, 0, 0));
  SAY(wait4(0x80000000, &status, 0, 0));
  SAY(wait4(-1, &status, 0x10, 0));
  SAY(wait4(-1, &status, 4, 0));
  SAY(wait4(-1, &status, 0xe0000003, 0));
  SAY(wait4(getpid(), &status, 0, 0));
  child_that(0, 7);
  SAY(wait4(0, &status, 0, &use));
  printf("%x\n", status);
  child_that(0, 300);
  SAY(wait4(-1, &status, 0, 0));
  printf("%x\n", status);
  child_that(0, 8);
  SAY(wait4(-1, 0, 0, 0));
  zombie(8);
  SAY(wait4(-1, &status, WNOHANG, (void *)8));
  SAY(wait4(-1, &status, WNOHANG, 0));
  zombie(8);
  SAY(wait4(-1, (void *)3, 0, 0));
  SAY(wait4(-1, &status, 0, 0));
  pid_t child = child_that(100000, 9);
  SAY(wait4(child, &status, WNOHANG, 0));
  SAY(wait4(child, &status, WNOHANG | WUNTRACED | WCONTINUED, 0));
  SAY(wait4(child, &status, __WCLONE | WNOHANG, 0));
  SAY(wait4(child, &status, __WCLONE, 0));
  SAY(wait4(child, &status, __WALL | WNOHANG, 0));
  kill(child, SIGTERM);
  SAY(wait4(child, &status, 0, 0));
  printf("%x\n", status);
  child = child_that(100000, 9);
  kill(child, SIGKILL);
  SAY(waitid(P_PID, child, &info, WEXITED));
  printf("%d %d %d %d\n", info.si_signo, info.si_code, info.si_status, info.si_pid == child);
  child = child_that(0, 300);
  SAY(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT));
  printf("%d %d %d\n", info.si_code, info.si_status, info.si_pid == child);
  SAY(waitid(P_PID, child, 0, WEXITED));
  SAY(waitid(P_PID, child, &info, WEXITED));
  SAY(waitid(P_PID, 0, &info, WEXITED));
  SAY(waitid(P_PID, -1, &info, WEXITED));
  SAY(waitid(P_PGID, -1, &info, WEXITED));
  SAY(waitid(9, 0, &info, WEXITED));
  SAY(waitid(P_ALL, 0, &info, 0));
  SAY(waitid(P_ALL, 0, &info, WEXITED | 0x40));
  SAY(waitid(P_ALL, 0, &info, WSTOPPED));
  SAY(waitid(3, -1, &info, WEXITED));
  SAY(waitid(3, 77, &info, WEXITED));
  zombie(1);
  SAY(waitid(P_ALL, 0, (void *)8, WEXITED));
  SAY(waitid(P_ALL, 0, &info, WEXITED));
}

int main(int count, char **arguments) {
  if (count > 1) return 0;
  if (!arguments[0][0]) return 55; /* Without a list the one argument is empty. */
  setvbuf(stdout, 0, _IOLBF, 0);
  executes();
  null_paths();
  waits();
  return 0;
}
