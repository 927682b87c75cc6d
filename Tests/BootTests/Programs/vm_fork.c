// SPDX-License-Identifier: Apache-2.0
/* Memory across fork: children see the memory of their parent and change only their own, shared memory stays
 * shared, sealed mappings stay sealed, and every end frees every frame.
 */
#define _GNU_SOURCE
#include "check.h"
#include "meminfo.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096u
enum { PAGES = 64, CHILDREN = 100 };

static char *own, *shared;

/* The checks and stores of a child; 0, or the failed check. */
static int live(int number) {
  uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);
  for (int i = 0; i < PAGES; i++)
    if (own[i * PAGE] != (char)i) return 1;
  for (int i = 0; i < PAGES; i += 2) own[i * PAGE] = (char)number;
  for (int i = 0; i < PAGES; i++)
    if (own[i * PAGE] != (char)(i % 2 ? i : number)) return 2;
  if (shared[0] != 1 || shared[PAGE]) return 3;
  shared[2 * PAGE] = (char)number;
  if (!munmap((void *)vdso, PAGE) || errno != EPERM) return 4;
  if (!mprotect((void *)(vdso - PAGE), PAGE, PROT_READ | PROT_WRITE) || errno != EPERM) return 5;
  char *more = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (more == MAP_FAILED) return 6;
  memset(more, number, PAGES * PAGE);
  if (munmap(own + PAGE, 3 * PAGE) || more[5] != (char)number) return 7;
  return 0;
}

static int status_of(int number) {
  pid_t child = fork();
  if (!child) {
    if (number == CHILDREN) *(volatile char *)getauxval(AT_SYSINFO_EHDR) = 1;
    if (number == CHILDREN + 1) *(volatile char *)(getauxval(AT_SYSINFO_EHDR) - PAGE) = 1;
    if (number == CHILDREN + 2) { /* a child of its own, which outlives it */
      if (!fork()) _exit(live(number));
      _exit(0);
    }
    _exit(live(number));
  }
  int status = -1;
  CHECK(child > 0, "fork: %d", errno);
  CHECK(child > 0 && waitpid(child, &status, 0) == child, "waitpid: %d", errno);
  return status;
}

int main(void) {
  own = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  shared = mmap(0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(own != MAP_FAILED && shared != MAP_FAILED, "mmap: %d", errno);
  for (int i = 0; i < PAGES; i++) own[i * PAGE] = (char)i;
  shared[0] = 1;
  CHECK(status_of(7) == 0, "the first child"); /* Memory that is allocated once is allocated now. */
  free_kib();
  long before = free_kib();
  for (int number = 0; number < CHILDREN; number++) {
    int status = status_of(number);
    CHECK(status == 0, "child %d: %x", number, status);
    CHECK(shared[2 * PAGE] == (char)number, "child %d: %d", number, shared[2 * PAGE]);
    if (number % 10 == 9) CHECK(free_kib() == before, "%d: %ld KiB", number, before - free_kib());
  }
  for (int i = 0; i < PAGES; i++) CHECK(own[i * PAGE] == (char)i, "page %d of the parent's", i);
  CHECK(status_of(CHILDREN) == 11, "a store to [vdso]");
  CHECK(status_of(CHILDREN + 1) == 11, "a store to [vvar]");
  CHECK(status_of(CHILDREN + 2) == 0, "a grandchild");
  while (wait(NULL) > 0) continue; /* As process 1 it is the grandchild's parent now. */
  CHECK(free_kib() == before, "lost: %ld KiB", before - free_kib());
  return verdict("vm_fork");
}
