// SPDX-License-Identifier: Apache-2.0
/* The effect of fork on memory with advice: wiped (MADV_WIPEONFORK), omitted (MADV_DONTFORK), or copied again
 * after the opposite advice. The same program passes on Linux.
 */
#define _GNU_SOURCE
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096u
enum { PAGES = 16 };

static char *area;

static int refused(void *at, int advice) {
  errno = 0;
  return madvise(at, PAGE, advice) ? errno : 0;
}

/* Whether the flags line of `area + page` in /proc/self/smaps has `flag`; -1 without such a line. */
static int has_flag(int page, const char *flag) {
  static char text[65536];
  size_t count = 0;
  int file = open("/proc/self/smaps", O_RDONLY);
  for (ssize_t more; (more = read(file, text + count, sizeof text - 1 - count)) > 0;) count += more;
  close(file);
  text[count] = 0;
  unsigned long address = (unsigned long)(area + page * PAGE);
  for (char *line = text; line && *line; line = strchr(line, '\n'), line += !!line) {
    char *end;
    unsigned long first = strtoul(line, &end, 16);
    if (*end != '-' || first > address || strtoul(end + 1, 0, 16) <= address) continue;
    char *flags = strstr(line, "VmFlags:");
    if (!flags) return -1;
    *strchr(flags, '\n') = 0;
    return !!strstr(flags, flag);
  }
  return -1;
}

/* How many lines /proc/self/maps has for the area. */
static int regions(void) {
  static char text[16384];
  size_t count = 0;
  int lines = 0, file = open("/proc/self/maps", O_RDONLY);
  for (ssize_t more; (more = read(file, text + count, sizeof text - 1 - count)) > 0;) count += more;
  close(file);
  text[count] = 0;
  for (char *line = text; line && *line; line = strchr(line, '\n'), line += !!line) {
    unsigned long first = strtoul(line, 0, 16);
    if (first >= (unsigned long)area && first < (unsigned long)(area + PAGES * PAGE)) lines++;
  }
  return lines;
}

/* The contents that a child finds in pages 4 to 7, which are wiped, in 8 and 9, which are omitted, and around them. */
static int finds(int generation) {
  for (int i = 0; i < PAGES; i++) {
    if (i == 8 || i == 9) continue;
    int wanted = i >= 4 && i < 8 ? 0 : 'a' + i;
    for (unsigned at = 0; at < PAGE; at += 512)
      if (area[i * PAGE + at] != wanted) return 10 + i;
  }
  unsigned char there;
  if (!mincore(area + 8 * PAGE, PAGE, &there) || errno != ENOMEM) return 30;
  if (!mincore(area + 9 * PAGE, PAGE, &there) || errno != ENOMEM) return 31;
  if (mincore(area + 10 * PAGE, PAGE, &there)) return 32;
  if (has_flag(4, " wf") != 1 || has_flag(3, " wf") != 0) return 33;
  if (!generation) return 0;
  /* A grandchild does not see its parent's stores there either. */
  memset(area + 4 * PAGE, 'x', 4 * PAGE);
  pid_t child = fork();
  if (!child) _exit(finds(generation - 1));
  int status;
  if (waitpid(child, &status, 0) != child) return 34;
  if (area[5 * PAGE] != 'x') return 35;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 36;
}

/* A child's result of `say` for the area. */
static int child_says(int (*say)(int), int argument) {
  pid_t child = fork();
  if (!child) _exit(say(argument));
  int status = -1;
  CHECK(child > 0 && waitpid(child, &status, 0) == child, "a child: %d", errno);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int byte_at(int page) { return area[page * PAGE]; }

int main(void) {
  mkdir("/proc", 0755);
  mount("proc", "/proc", "proc", 0, 0);
  area = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  /* Nothing around it that it could be joined with. */
  char *before = mmap(area - PAGE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  char *behind = mmap(area + PAGES * PAGE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  CHECK(before == area - PAGE && behind == area + PAGES * PAGE, "pages around");
  for (int i = 0; i < PAGES; i++) memset(area + i * PAGE, 'a' + i, PAGE);

  CHECK(!madvise(area + 4 * PAGE, 2 * PAGE, MADV_WIPEONFORK), "wipe: %d", errno);
  CHECK(regions() == 3, "a part splits: %d", regions());
  CHECK(!madvise(area + 6 * PAGE, 2 * PAGE, MADV_WIPEONFORK), "wipe the next: %d", errno);
  CHECK(!madvise(area + 5 * PAGE, 2 * PAGE, MADV_WIPEONFORK), "wipe again: %d", errno);
  CHECK(regions() == 3, "equal parts are one: %d", regions());
  CHECK(!madvise(area + 8 * PAGE, 2 * PAGE, MADV_DONTFORK), "leave: %d", errno);
  CHECK(regions() == 4, "another part: %d", regions());
  CHECK(has_flag(4, " wf") == 1 && has_flag(8, " wf") == 0, "the flag wf");
  CHECK(has_flag(8, " dc") == 1 && has_flag(4, " dc") == 0, "the flag dc");
  for (int i = 0; i < PAGES; i++) CHECK(area[i * PAGE] == 'a' + i, "the parent's page %d", i);
  int found = child_says(finds, 2);
  CHECK(!found, "a child finds: %d", found);
  for (int i = 0; i < PAGES; i++) CHECK(area[i * PAGE] == 'a' + i, "afterwards, page %d", i);
  found = child_says(byte_at, 8);
  CHECK(found == -SIGSEGV, "a child reads what it did not get: %d", found);
  pid_t child = vfork();
  if (!child) _exit(area[5 * PAGE] == 'a' + 5 && area[8 * PAGE] == 'a' + 8 ? 3 : 4);
  int status;
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3, "vfork has the memory itself");

  CHECK(!mprotect(area + 5 * PAGE, PAGE, PROT_READ), "mprotect: %d", errno);
  CHECK(child_says(byte_at, 5) == 0, "of a part with other rights");
  CHECK(!mprotect(area + 5 * PAGE, PAGE, PROT_READ | PROT_WRITE), "mprotect back: %d", errno);
  CHECK(!madvise(area, PAGES * PAGE, MADV_KEEPONFORK), "keep: %d", errno);
  CHECK(!madvise(area, PAGES * PAGE, MADV_DOFORK), "do fork: %d", errno);
  CHECK(regions() == 1, "all is one again: %d", regions());
  CHECK(child_says(byte_at, 5) == 'a' + 5, "kept");
  CHECK(child_says(byte_at, 8) == 'a' + 8, "forked");

  char *shared = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int file = open("/init", O_RDONLY);
  char *text = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, file, 0);
  CHECK(shared != MAP_FAILED && text != MAP_FAILED, "mmap: %d", errno);
  CHECK(refused(shared, MADV_WIPEONFORK) == EINVAL, "shared memory: %d", errno);
  CHECK(refused(text, MADV_WIPEONFORK) == EINVAL, "a file: %d", errno);
  CHECK(refused(shared, MADV_KEEPONFORK) == 0, "keep shared memory: %d", errno);
  CHECK(refused(text, MADV_KEEPONFORK) == 0, "keep a file: %d", errno);
  CHECK(refused(shared, MADV_DONTFORK) == 0, "leave shared memory: %d", errno);
  CHECK(refused(text, MADV_DONTFORK) == 0, "leave a file: %d", errno);
  CHECK(refused(area + 1, MADV_WIPEONFORK) == EINVAL, "misaligned: %d", errno);
  munmap(area + 2 * PAGE, PAGE);
  errno = 0;
  CHECK(madvise(area, 4 * PAGE, MADV_WIPEONFORK) && errno == ENOMEM, "a hole: %d", errno);
  CHECK(child_says(byte_at, 1) == 0 && child_says(byte_at, 3) == 0, "what is there is wiped");
  CHECK(child_says(byte_at, 4) == 'a' + 4, "what was not meant is not");
  return verdict("vm_wipe");
}
