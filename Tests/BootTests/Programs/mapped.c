// SPDX-License-Identifier: Apache-2.0
/* Mappings of files that change, copies between files, and programs that were written: as Linux answers on a tmpfs. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "answers.h"

static sigjmp_buf back;
static siginfo_t last;

static void caught(int number, siginfo_t *info, void *context) {
  (void)number, (void)context;
  last = *info;
  siglongjmp(back, 1);
}

/* Loads a byte, and says what happened. */
static void look(const char *what, volatile char *at) {
  if (!sigsetjmp(back, 1))
    printf("%s: %d\n", what, *at);
  else
    printf("%s: signal %d code %d\n", what, last.si_signo, last.si_code);
}

static int made(const char *path, size_t size) {
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
  char bytes[4096];
  for (size_t done = 0; done < size; done += sizeof bytes) {
    memset(bytes, 'a' + done / sizeof bytes, sizeof bytes);
    if (write(file, bytes, sizeof bytes) != sizeof bytes) printf("short\n");
  }
  return file;
}

static void shared(void) {
  int file = made("/tmp/m", 3 * 4096);
  char *both = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  char *own = mmap(0, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  char byte = 0;
  look("own", own);
  both[1] = 'S';
  SAY(pread(file, &byte, 1, 1));
  printf("read sees %c\n", byte);
  SAY(pwrite(file, "W", 1, 2));
  printf("the mapping sees %c\n", both[2]);
  own[4096] = 'P';
  printf("shared %c, own %c\n", both[4096], own[4096]);
  pid_t pid = fork();
  if (!pid) both[3] = 'C', own[3] = 'X', _exit(0);
  waitpid(pid, 0, 0);
  printf("after the child: %c, own %c\n", both[3], own[3]);
  look("behind the end", both + 3 * 4096);
  SAY(ftruncate(file, 4096 + 10));
  look("cut off, shared", both + 2 * 4096);
  look("cut off, own", own + 2 * 4096);
  look("a copy in the last page", own + 4096);
  look("after the end in the last page", both + 4096 + 10);
  SAY(ftruncate(file, 3 * 4096));
  look("longer again", both + 2 * 4096);
  SAY(msync(both, 4096, MS_SYNC));
  SAY(fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
  look("a hole", both);
  SAY(close(file)); SAY(unlink("/tmp/m"));
  both[4096] = 'L';
  look("without a name", both + 4096);
  SAY(munmap(both, 4 * 4096)); SAY(munmap(own, 3 * 4096));
  file = open("/tmp/r", O_RDWR | O_CREAT, 0600);
  SAY(ftruncate(file, 4096));
  int reader = open("/tmp/r", O_RDONLY);
  SAY(mmap(0, 4096, PROT_WRITE, MAP_SHARED, reader, 0) == MAP_FAILED ? -1 : 0);
  both = mmap(0, 4096, PROT_READ, MAP_SHARED, reader, 0);
  SAY(mprotect(both, 4096, PROT_READ | PROT_WRITE));
  SAY(pwrite(file, "r", 1, 0));
  look("a reader's mapping", both);
  SAY(unlink("/tmp/r")); SAY(close(file)); SAY(close(reader));
}

static void copies(void) {
  int from = made("/tmp/from", 2 * 4096), to = open("/tmp/to", O_RDWR | O_CREAT, 0644);
  off_t offset = 4090;
  char bytes[16] = "";
  SAY(sendfile(to, from, &offset, 8));
  printf("offset %ld\n", (long)offset);
  SAY(pread(to, bytes, 8, 0));
  printf("%s\n", bytes);
  SAY(lseek(from, 0, SEEK_SET)); SAY(sendfile(to, from, 0, 100000)); SAY(lseek(from, 0, SEEK_CUR)); SAY(lseek(to, 0, SEEK_CUR));
  SAY(sendfile(from, 99, 0, 1)); SAY(sendfile(1, open("/tmp", O_RDONLY), 0, 1));
  loff_t in = 4095, out = 1;
  SAY(copy_file_range(from, &in, to, &out, 2, 0));
  SAY(pread(to, bytes, 4, 0));
  printf("%.4s in %ld out %ld\n", bytes, (long)in, (long)out);
  SAY(copy_file_range(from, &in, to, &out, 2, 1));
  in = 0, out = 1;
  SAY(copy_file_range(from, &in, from, &out, 2, 0));
  SAY(copy_file_range(open("/tmp", O_RDONLY), 0, to, 0, 2, 0));
  SAY(copy_file_range(from, 0, open("/tmp/to", O_RDONLY), 0, 2, 0));
  SAY(unlink("/tmp/from")); SAY(unlink("/tmp/to"));
  int memory = memfd_create("name", 0);
  SAY(write(memory, "in memory", 9)); SAY(pread(memory, bytes, 9, 0));
  struct stat s;
  SAY(fstat(memory, &s));
  printf("%s: links %d mode %o\n", bytes, (int)s.st_nlink, s.st_mode);
  SAY(memfd_create("name", 0x1000));
}

static void limited(void) {
  struct rlimit limit = {100, 100}, old;
  getrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, SIG_IGN);
  int file = open("/tmp/l", O_RDWR | O_CREAT, 0644);
  limit.rlim_max = old.rlim_max;
  setrlimit(RLIMIT_FSIZE, &limit);
  char bytes[200] = "";
  SAY(pwrite(file, bytes, 200, 0)); SAY(pwrite(file, bytes, 1, 100)); SAY(ftruncate(file, 101)); SAY(ftruncate(file, 100));
  setrlimit(RLIMIT_FSIZE, &old);
  SAY(unlink("/tmp/l"));
}

/* Copies this program to /tmp and runs it from there. */
static void programs(void) {
  int from = open("/proc/self/exe", O_RDONLY), to = open("/tmp/program", O_WRONLY | O_CREAT, 0755);
  struct stat s;
  fstat(from, &s);
  off_t done = 0;
  while (done < s.st_size && sendfile(to, from, &done, s.st_size - done) > 0) {}
  printf("copied: %d\n", done == s.st_size);
  close(from), close(to);
  for (int i = 0; i < 2; i++) {
    fflush(stdout);
    pid_t pid = fork();
    int status = 0;
    if (!pid) {
      execl("/tmp/program", "program", "again", (char *)0);
      _exit(errno);
    }
    waitpid(pid, &status, 0);
    printf("status %x\n", status);
  }
  SAY(chmod("/tmp/program", 0644)); SAY(execl("/tmp/program", "program", (char *)0));
  SAY(chmod("/tmp/program", 0755)); SAY(truncate("/tmp/program", 20)); SAY(execl("/tmp/program", "program", (char *)0));
  SAY(truncate("/tmp/program", 0)); SAY(execl("/tmp/program", "program", (char *)0));
  SAY(unlink("/tmp/program"));
}

int main(int count, char **arguments) {
  if (count > 1 && !strcmp(arguments[1], "again")) {
    char path[64] = "";
    if (readlink("/proc/self/exe", path, 60) < 0) return 1;
    printf("runs as %s\n", path);
    return 5;
  }
  mkdir("/tmp", 0755), mkdir("/proc", 0755);
  mount("tmpfs", "/tmp", "tmpfs", 0, "size=64m"), mount("proc", "/proc", "proc", 0, 0);
  struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
  sigaction(SIGBUS, &action, 0), sigaction(SIGSEGV, &action, 0);
  shared(), copies(), limited(), programs();
  return 0;
}
