// SPDX-License-Identifier: Apache-2.0
/* fork, vfork with exec, and clone of a thread on a machine with 0, 1, 2, … free pages: each fails with ENOMEM
 * or works, and afterwards no page and no task is lost. A child makes each attempt; its own stores may lack a
 * page, and it is killed then. Linux would kill other processes instead.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { PAGE = 4096, PAGES = 4096, ROOM = 160, MOST = 72 };
enum { WORKED, REFUSED, WRONG };

static struct sysinfo info;
static char stack[4 * PAGE] __attribute__((aligned(PAGE)));
static char *const again[] = {"/init", "x", 0};

static int free_pages(void) {
  sysinfo(&info);
  return info.freeram / PAGE;
}

/* Takes pages until `left` are free. */
static void hoard(int left) {
  char *all = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  for (int page = 0; free_pages() > left; page++)
    if (mlock(all + page * PAGE, PAGE)) break;
}

/* Starts a thread that ends at once: returns its number or a negative errno. libc's clone cannot. */
static int short_thread(void) {
  register int r0 __asm__("r0") = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                                  CLONE_SYSVSEM;
  register char *r1 __asm__("r1") = stack + sizeof stack;
  __asm__ volatile(
      "push {r7}\n\tmov r7, #120\n\tsvc #0\n\tcmp r0, #0\n\tbne 1f\n\t"
      "mov r7, #1\n\tsvc #0\n1:\tpop {r7}"
      : "+r"(r0) : "r"(r1) : "memory", "cc");
  return r0;
}

static int refusal(void) { return errno == ENOMEM ? REFUSED : WRONG; }

static int try(int kind) {
  pid_t child;
  int status;
  switch (kind) {
  case 0:
    child = fork();
    if (child == 0) _exit(0);
    break;
  case 1:
    child = vfork();
    if (child == 0) {
      execv("/init", again);
      _exit(refusal());
    }
    break;
  default:
    child = short_thread();
    if (child < 0) return child == -ENOMEM ? REFUSED : WRONG;
    usleep(3000);
    return WORKED;
  }
  if (child < 0) return refusal();
  if (waitpid(child, &status, 0) != child) return WRONG;
  return WIFEXITED(status) ? WEXITSTATUS(status) : WORKED;
}

int main(int count, char **arguments) {
  if (count > 1) return 0;
  hoard(ROOM);
  for (int kind = 0; kind < 3; kind++) {
    int outcomes[3] = {0}, killed = 0;
    for (int left = 0; left < MOST; left++) {
      int before = free_pages(), tasks = info.procs, status = -1;
      pid_t tester = fork();
      if (tester == 0) {
        for (unsigned place = 0; place < sizeof stack; place += PAGE) stack[place] = 1;
        hoard(left);
        _exit(try(kind));
      }
      CHECK(tester > 0 && waitpid(tester, &status, 0) == tester, "tester %d", errno);
      if (WIFEXITED(status) && WEXITSTATUS(status) < 3)
        outcomes[WEXITSTATUS(status)]++;
      else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        killed++;
      else
        outcomes[WRONG]++;
      while (waitpid(-1, 0, 0) > 0) {} /* The memory of a killed child. */
      int after = free_pages();
      CHECK(after == before, "kind %d, %d left: %d pages are missing", kind, left, before - after);
      CHECK(info.procs == tasks, "kind %d, %d left: %d tasks, not %d", kind, left, info.procs, tasks);
    }
    CHECK(outcomes[WRONG] == 0 && outcomes[WORKED] > 0 && outcomes[REFUSED] > 0,
          "kind %d: %d worked, %d were refused, %d wrong, %d killed", kind, outcomes[WORKED],
          outcomes[REFUSED], outcomes[WRONG], killed);
    printf("kind %d: %d worked, %d were refused, %d killed\n", kind, outcomes[WORKED],
           outcomes[REFUSED], killed);
  }
  return verdict("proc_short");
}
