// SPDX-License-Identifier: Apache-2.0
/* Processes that fork, execute, change their memory and exit at once, while others read all of /proc: each
 * text is whole, and the machine loses nothing. The argument is the number of rounds of each reader. It passes
 * on Linux 6.1 as well. */
#define _GNU_SOURCE
#include <dirent.h>
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

#include "check.h"

#define READERS 3
#define MAKERS 3

static const char *names[] = {"stat", "status", "statm", "cmdline", "comm", "maps", "smaps", "limits", "environ",
                              "auxv", "oom_score_adj"};

/* Reads a file in small pieces; whether what came is what Linux answers for a process that may have gone. */
static void readText(const char *path, int piece) {
  static char text[16384];
  int length = 0, count = 0, file = open(path, O_RDONLY);
  if (file < 0) {
    CHECK(errno == ENOENT || errno == ESRCH, "open %s: %d", path, errno);
    return;
  }
  while (length + piece < (int)sizeof text && (count = read(file, text + length, piece)) > 0) length += count;
  CHECK(count >= 0 || errno == ESRCH, "read %s: %d", path, errno);
  close(file);
  text[length] = 0;
  const char *name = strrchr(path, '/') + 1;
  if (!length || count < 0) return;
  if (!strcmp(name, "stat")) {
    int fields = 1;
    for (char *place = strrchr(text, ')'); place && (place = strchr(place + 1, ' '));) fields++;
    CHECK(fields == 51 && text[length - 1] == '\n', "%s has %d fields: %s", path, fields, text);
  }
  if (!strcmp(name, "status"))
    CHECK(!strncmp(text, "Name:\t", 6) && strstr(text, "nonvoluntary_ctxt_switches:\t"), "%s: %s", path, text);
  if (!strcmp(name, "maps") || !strcmp(name, "statm") || !strcmp(name, "limits"))
    CHECK(text[length - 1] == '\n', "%s is torn: %s", path, text);
}

static void readDirectory(const char *path, int depth) {
  DIR *directory = opendir(path);
  if (!directory) return;
  for (struct dirent *each; (each = readdir(directory));) {
    char below[160], target[160];
    if (each->d_name[0] == '.') continue;
    snprintf(below, sizeof below, "%s/%s", path, each->d_name);
    (void)!readlink(below, target, sizeof target);
    struct stat status;
    if (lstat(below, &status)) continue;
    if (S_ISDIR(status.st_mode) && depth > 0) readDirectory(below, depth - 1);
  }
  closedir(directory);
}

static void reader(int rounds, int self) {
  for (int round = 0; round < rounds; round++) {
    DIR *all = opendir("/proc");
    /* New processes have greater numbers: a reader that waits for the end of the list may never see it. */
    int left = 40;
    for (struct dirent *each; left > 0 && (each = readdir(all));) {
      char path[80];
      if (!atoi(each->d_name)) continue;
      left--;
      for (unsigned index = 0; index < sizeof names / sizeof *names; index++) {
        snprintf(path, sizeof path, "/proc/%s/%s", each->d_name, names[index]);
        readText(path, 100 + 1000 * (self & 1));
      }
      snprintf(path, sizeof path, "/proc/%s", each->d_name);
      readDirectory(path, 1);
    }
    closedir(all);
  }
  exit(failures != 0);
}

static void maker(char *program) {
  for (unsigned round = 0;; round++) {
    pid_t made = round % 5 == 4 ? vfork() : fork();
    if (!made) {
      if (round % 5 >= 3) execl(program, program, "leave", (char *)NULL);
      char *area = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      for (int index = 0; index < 16; index += 2) munmap(area + index * 4096, 4096);
      if (round % 5 == 0 && !fork()) _exit(0);
      if (round % 5 == 1) kill(getpid(), SIGKILL);
      _exit(0);
    }
    if (made > 0) waitpid(made, NULL, 0);
  }
}

/* Free memory in KiB. */
static long freeMemory(void) {
  char line[100];
  long value = 0;
  FILE *file = fopen("/proc/meminfo", "r");
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "MemFree: %ld", &value) == 1) break;
  fclose(file);
  return value;
}

/* All children have been waited for, those that the processes left behind included. */
static void collect(void) {
  while (wait(NULL) > 0) {}
}

static void run(int rounds, char *program) {
  pid_t makers[MAKERS], readers[READERS];
  int end;
  fflush(stdout);
  for (int index = 0; index < MAKERS; index++)
    if (!(makers[index] = fork())) maker(program);
  for (int index = 0; index < READERS; index++)
    if (!(readers[index] = fork())) reader(rounds, index);
  for (int index = 0; index < READERS; index++) {
    waitpid(readers[index], &end, 0);
    CHECK(end == 0, "a reader ended with %x", end);
  }
  for (int index = 0; index < MAKERS; index++) kill(makers[index], SIGKILL);
  collect();
}

int main(int count, char **arguments) {
  if (count > 1 && !strcmp(arguments[1], "leave")) return 0;
  int rounds = count > 1 ? atoi(arguments[1]) : 5;
  mkdir("/proc", 0755);
  mount("proc", "/proc", "proc", 0, 0);
  run(1, arguments[0]);
  long before = freeMemory();
  run(rounds, arguments[0]);
  long after = freeMemory();
  CHECK(after + 64 >= before, "%ld KiB free before, %ld after", before, after);
  return verdict("proc_churn");
}
