// SPDX-License-Identifier: Apache-2.0
/* Open files that dup, fork and exec share: every line as Linux 6.1 prints it, in open_files.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "answers.h"

static char bytes[4096];
static int file, other;

/* Runs `body` in a child and prints how that ended. */
static void in_child(const char *what, void (*body)(void)) {
  int status;
  waitpid(child(body), &status, 0);
  printf("%s: %x\n", what, status);
}

static void moves(void) {
  SAY(read(file, bytes, 100));
  SAY(lseek(other, 0, SEEK_CUR));
  SAY(fcntl(file, F_SETFL, O_NONBLOCK));
  SAY(fcntl(file, F_SETFD, FD_CLOEXEC));
  SAY(pread(file, bytes, 10, 50));
  SAY(close(other));
}

static void closes(void) { SAY(close(file)); }

static void shared_by_fork_and_dup(void) {
  file = open("/init", O_RDONLY);
  other = dup(file);
  SAY(read(file, bytes, 11));
  in_child("moves", moves);
  SAY(lseek(file, 0, SEEK_CUR));
  SAY(lseek(other, 0, SEEK_CUR));
  SAY(fcntl(other, F_GETFL) & O_NONBLOCK);
  SAY(fcntl(file, F_GETFD));
  in_child("closes", closes);
  SAY(read(file, bytes, 1));
  SAY(lseek(other, 5, SEEK_SET));
  SAY(lseek(file, 0, SEEK_CUR));
  int again = open("/init", O_RDONLY);
  SAY(lseek(again, 0, SEEK_CUR));
  SAY(dup2(again, other));
  SAY(lseek(other, 7, SEEK_SET));
  SAY(lseek(again, 0, SEEK_CUR));
  SAY(lseek(file, 0, SEEK_CUR));
  SAY(close(file));
  SAY(lseek(other, 0, SEEK_CUR));
  SAY(close(again));
  SAY(lseek(other, 0, SEEK_CUR));
  SAY(close(other));
  SAY(lseek(other, 0, SEEK_CUR));
}

/* The standard descriptors are one open file. */
static void console_flags(void) {
  SAY(fcntl(1, F_SETFL, fcntl(1, F_GETFL) | O_NONBLOCK));
  SAY(fcntl(0, F_GETFL) & O_NONBLOCK);
  SAY(fcntl(2, F_SETFL, fcntl(2, F_GETFL) & ~O_NONBLOCK));
  SAY(fcntl(1, F_GETFL) & O_NONBLOCK);
}

static int entries;

static void lists(void) {
  long count = syscall(SYS_getdents64, file, bytes, sizeof bytes);
  printf("child: %s\n", count > 0 ? "the rest" : count ? "error" : "end");
}

/* What the parent has listed, the child does not list again. */
static void shared_directory(void) {
  file = open("/", O_RDONLY | O_DIRECTORY);
  while (syscall(SYS_getdents64, file, bytes, sizeof bytes) > 0) entries++;
  printf("entries: %s\n", entries ? "some" : "none");
  in_child("at the end", lists);
  SAY(lseek(file, 0, SEEK_SET));
  in_child("from the start", lists);
  SAY(close(file));
}

static void *reads(void *unused) {
  (void)unused;
  SAY(read(file, bytes, 20));
  SAY(close(file));
  return 0;
}

static void shared_by_threads(void) {
  pthread_t thread;
  file = open("/init", O_RDONLY);
  other = dup(file);
  pthread_create(&thread, 0, reads, 0);
  pthread_join(thread, 0);
  SAY(read(file, bytes, 1));
  SAY(lseek(other, 0, SEEK_CUR));
  SAY(close(other));
}

/* A text of /proc that parent and child read in turn. */
static void next_bytes(void) {
  memset(bytes, 0, 8);
  SAY(read(file, bytes, 4));
  printf("%s\n", bytes);
}

static void shared_text(void) {
  mount("proc", "/proc", "proc", 0, 0); /* for Linux */
  file = open("/proc/meminfo", O_RDONLY);
  next_bytes();
  in_child("text", next_bytes);
  SAY(lseek(file, 0, SEEK_CUR));
  SAY(close(file));
}

static void table_full(void) {
  int last = -1;
  struct rlimit limit = {64, 64};
  SAY(setrlimit(RLIMIT_NOFILE, &limit));
  for (int number; (number = open("/init", O_RDONLY)) >= 0;) last = number;
  printf("full: %d\n", errno);
  SAY(dup(0));
  SAY(dup2(0, last));
  for (int number = 3; number <= last; number++) close(number);
  SAY(open("/init", O_RDONLY));
  SAY(close(3));
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "again")) {
    SAY(lseek(3, 0, SEEK_CUR));
    SAY(lseek(4, 0, SEEK_CUR));
    fflush(stdout);
    SAY(lseek(3, 30, SEEK_SET));
    return 0;
  }
  shared_by_fork_and_dup();
  console_flags();
  shared_directory();
  shared_by_threads();
  shared_text();
  table_full();
  SAY(open("/init", O_RDONLY));
  SAY(open("/init", O_RDONLY | O_CLOEXEC));
  SAY(read(3, bytes, 9));
  fflush(stdout);
  if (!fork()) {
    execl("/init", "/init", "again", (char *)0);
    _exit(1);
  }
  wait(0);
  SAY(lseek(3, 0, SEEK_CUR));
  SAY(lseek(4, 0, SEEK_CUR));
  fflush(stdout);
  return 0;
}
