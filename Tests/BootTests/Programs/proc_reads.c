// SPDX-License-Identifier: Apache-2.0
/* A text in /proc that is being read keeps its length, and no line of it is torn, whatever happens meanwhile.
 * `linux` as the argument selects texts that Linux has as well. */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOLDS(what) CHECK(what, "%s", #what)

static char first[8192], again[8192];

/* A second read of a text that one read has taken is 0, though its numbers grow. */
static void ends(const char *path, int rounds) {
  int late = 0, longer = 0;
  for (int round = 0; round < rounds; round++) {
    int file = open(path, O_RDONLY);
    ssize_t count = 0, piece;
    do count += piece = read(file, first + count, sizeof first - count);
    while (piece > 0 && first[count - 1] != '\n');
    ssize_t more = read(file, again, sizeof again);
    late += more != 0;
    longer += read(file, again, sizeof again) != 0 || pread(file, again, sizeof again, count) != 0;
    close(file);
  }
  printf("%s: %d %d\n", path, late, longer);
  HOLDS(late == 0 && longer == 0);
}

/* Whether the text consists of whole lines of a map. */
static int whole(char *text) {
  for (char *line = text, *end; *line; line = end + 1) {
    unsigned base, limit;
    char bits[5];
    if (sscanf(line, "%8x-%8x %4s ", &base, &limit, bits) != 3 || base >= limit) return 0;
    if (!(end = strchr(line, '\n'))) return 0;
  }
  return 1;
}

/* Read byte by byte while the regions change. */
static void is_whole(void) {
  char *area = mmap(0, 64 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int step = 1; step <= 97; step += 12) {
    int file = open("/proc/self/maps", O_RDONLY), count = 0, piece;
    while ((piece = read(file, again + count, step)) > 0) {
      count += piece;
      HOLDS(mprotect(area, 4096 * (1 + count % 63), count & 1 ? PROT_READ : PROT_NONE) == 0);
    }
    again[count] = 0;
    HOLDS(whole(again));
    close(file);
  }
}

/* More than a piece of regions, of which those that were read go. */
static void keeps_its_place(void) {
  static char text[65536];
  char *area = mmap(0, 512 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int page = 0; page < 512; page += 2) mprotect(area + page * 4096, 4096, PROT_READ);
  int file = open("/proc/self/maps", O_RDONLY), count = 0, piece;
  while ((piece = read(file, text + count, 512)) > 0) {
    count += piece;
    munmap(area, 4096 * 20);
  }
  text[count] = 0;
  HOLDS(whole(text));
  for (int page = 20; page < 512; page++) {
    char line[16];
    sprintf(line, "%08lx-", (unsigned long)(area + page * 4096));
    HOLDS(strstr(text, line));
  }
  munmap(area, 512 * 4096);
  close(file);
}

/* The state that dup shares, that a child inherits, and that a new open starts with. */
static void shares(void) {
  int file = open("/proc/self/maps", O_RDONLY), other = dup(file);
  char one[30], two[30], rest[100];
  HOLDS(read(file, one, 30) == 30);
  HOLDS(read(other, two, 30) == 30);
  HOLDS(pread(file, rest, 60, 0) == 60 && !memcmp(rest, one, 30) && !memcmp(rest + 30, two, 30));
  HOLDS(lseek(file, 0, SEEK_CUR) == 60);
  mmap(0, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  HOLDS(read(file, one, 30) == 30);
  HOLDS(pread(other, two, 30, 60) == 30 && !memcmp(one, two, 30));
  close(file);
  HOLDS(lseek(other, 5, SEEK_SET) == 5 && read(other, two, 25) == 25 && !memcmp(rest + 5, two, 25));
  HOLDS(lseek(other, 1 << 30, SEEK_SET) == 1 << 30 && read(other, two, 25) == 0);
  HOLDS(lseek(other, 0, SEEK_SET) == 0 && read(other, two, 30) == 30 && !memcmp(rest, two, 30));
  HOLDS(read(other, (void *)8, 30) == -1);
  fflush(stdout);
  pid_t child = fork();
  if (!child) _exit(read(other, one, 30) == 30 && !memcmp(rest + 30, one, 30) ? 0 : 1);
  int status;
  HOLDS(waitpid(child, &status, 0) == child && status == 0);
  dup2(0, other);
  close(other);
}

int main(int count, char **arguments) {
  if (count > 1) {
    mount("proc", "/proc", "proc", 0, 0);
    ends("/proc/uptime", 500);
    ends("/proc/meminfo", 500);
  } else {
    ends("/proc/vdso", 2000);
    ends("/proc/uptime", 500);
    ends("/proc/self/counters", 500);
  }
  is_whole();
  keeps_its_place();
  shares();
  return verdict("proc_reads");
}
