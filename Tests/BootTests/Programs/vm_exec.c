// SPDX-License-Identifier: Apache-2.0
/* Memory across execve: nothing of the old program stays, [vvar] and [vdso] are new at their own addresses,
 * sealed as before, and every frame is freed. Started without arguments it starts itself, by fork and by vfork in
 * turn, with the address of its own vDSO.
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
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096u
#define KEPT ((void *)0x30000000)
enum { PAGES = 64, CHILDREN = 100, SAME = 1, WRONG = 2 };

/* Where the mapping `name` begins, if its permissions are `wanted`. */
static uintptr_t start_of(const char *name, const char *wanted) {
  char *text = read_file("/proc/self/maps"), *line = strstr(text, name);
  if (!line) return 0;
  while (line > text && line[-1] != '\n') line--;
  return strncmp(strchr(line, ' ') + 1, wanted, 4) ? 0 : strtoul(line, NULL, 16);
}

/* The checks of the new program: WRONG and more is the failed one. */
static int look(uintptr_t before) {
  unsigned char resident;
  uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);
  if (vdso == 0 || memcmp((void *)vdso, "\177ELF", 4)) return WRONG;
  if (start_of("[vdso]", "r-xp") != vdso) return WRONG + 1;
  if (start_of("[vvar]", "r--p") >= vdso) return WRONG + 2;
  if (mincore(KEPT, PAGE, &resident) != -1 || errno != ENOMEM) return WRONG + 3;
  if (sbrk(0) == (void *)-1 || malloc(100000) == NULL) return WRONG + 4;
  return vdso == before ? SAME : 0;
}

int main(int count, char **arguments) {
  if (count > 1) return look(strtoul(arguments[1], NULL, 16));
  mount("proc", "/proc", "proc", 0, NULL); /* On Linux there is none unless requested; here there is. */
  char *kept = mmap(KEPT, PAGES * PAGE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  CHECK(kept == KEPT, "mmap: %d", errno);
  memset(kept, 7, PAGES * PAGE);
  char address[16];
  snprintf(address, sizeof address, "%lx", getauxval(AT_SYSINFO_EHDR));
  long before = 0;
  int moved = 0;
  for (int i = 0; i < CHILDREN; i++) {
    int status = -1;
    pid_t child = i % 2 ? vfork() : fork();
    if (child == 0) {
      execv("/init", (char *[]){"vm_exec", address, NULL});
      _exit(99);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) <= SAME,
          "child %d: status %#x", i, status);
    moved += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (i == 1) before = free_kib(); /* After one of each kind: tables of the kernel are there. */
  }
  CHECK(moved > CHILDREN * 9 / 10, "%d of %d at an address of their own", moved, CHILDREN);
  CHECK(free_kib() == before, "%ld KiB free, %ld before", free_kib(), before);
  for (unsigned i = 0; i < PAGES * PAGE; i++)
    if (kept[i] != 7) { CHECK(0, "byte %u is %d", i, kept[i]); break; }
  return verdict("vm_exec");
}
