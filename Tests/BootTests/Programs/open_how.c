// SPDX-License-Identifier: Apache-2.0
/* openat2 and pidfd_getfd: every line as Linux 6.1 prints it, in open_how.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "answers.h"

#define NO_XDEV 1
#define NO_MAGICLINKS 2
#define NO_SYMLINKS 4
#define BENEATH 8
#define IN_ROOT 16
#define CACHED 32

struct how { uint64_t flags, mode, resolve; };
static int folder;

/* Opens and closes; 0 or an error. */
static int at(int start, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct how how = {flags, mode, resolve};
  int file = syscall(437, start, path, &how, sizeof how);
  if (file < 0) return -1;
  return close(file);
}
/* The first byte of a file, or an error. */
static int byte_of(const char *path, uint64_t resolve) {
  struct how how = {O_RDONLY, 0, resolve};
  int file = syscall(437, folder, path, &how, sizeof how);
  if (file < 0) return -1;
  unsigned char byte = 0;
  int count = read(file, &byte, 1), kept = errno;
  close(file);
  errno = kept;
  return count == 1 ? byte : count;
}

static void make(const char *path, const char *text) {
  int file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
  write(file, text, strlen(text));
  close(file);
}

static void sizes(void) {
  struct { struct how how; uint64_t more[600]; } big = {{O_RDONLY, 0, 0}};
  SAY(syscall(437, folder, "file", &big, 0));
  SAY(syscall(437, folder, "file", &big, 8));
  SAY(syscall(437, folder, "file", &big, 23));
  SAY(close(syscall(437, folder, "file", &big, 24)));
  SAY(close(syscall(437, folder, "file", &big, 25)));
  SAY(close(syscall(437, folder, "file", &big, 4096)));
  SAY(syscall(437, folder, "file", &big, 4097));
  SAY(syscall(437, folder, "file", &big, -1));
  big.more[0] = 1;
  SAY(syscall(437, folder, "file", &big, 25));
  SAY(close(syscall(437, folder, "file", &big, 24)));
  big.more[0] = 0, big.more[100] = 1ull << 60;
  SAY(syscall(437, folder, "file", &big, 4096));
  SAY(syscall(437, folder, "file", (void *)8, 24));
  SAY(syscall(437, folder, "file", (void *)8, 23));
  SAY(syscall(437, folder, "file", (void *)8, 4097));
  SAY(syscall(437, folder, (void *)8, &big, 24));
  SAY(syscall(437, 77, "file", &big, 24));
  SAY(syscall(437, folder, "", &big, 24));
  char *pages = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(pages + 4096, 4096);
  memset(pages, 0, 4096);
  SAY(close(syscall(437, folder, "file", pages + 4096 - 24, 24)));
  SAY(syscall(437, folder, "file", pages + 4096 - 24, 32));
}

static void flags(void) {
  SAY(at(folder, "file", 1ull << 32, 0, 0));
  SAY(at(folder, "file", 1ull << 63, 0, 0));
  SAY(at(folder, "file", 1 << 30, 0, 0));
  SAY(at(folder, "file", 4, 0, 0));
  SAY(at(folder, "file", 8, 0, 0));
  SAY(at(folder, "file", 3, 0, 0));
  SAY(at(folder, "file", 0, 0600, 0));
  SAY(at(folder, "file", O_CREAT, 0600, 0));
  SAY(at(folder, "file", O_CREAT, 010000, 0));
  SAY(at(folder, "file", O_CREAT, 1ull << 40, 0));
  SAY(at(folder, "file", O_CREAT | O_EXCL, 0, 0));
  SAY(at(folder, "file", 0, 0, 64));
  SAY(at(folder, "file", 0, 0, 1ull << 40));
  SAY(at(folder, "file", 0, 0, BENEATH | IN_ROOT));
  SAY(at(folder, "file", O_PATH, 0, 0));
  SAY(at(folder, "file", O_PATH | O_RDWR, 0, 0));
  SAY(at(folder, "file", O_PATH | O_CREAT, 0, 0));
  SAY(at(folder, "file", O_PATH | O_CLOEXEC | O_NOFOLLOW, 0, 0));
  SAY(at(folder, "file", O_DIRECTORY, 0, 0));
  SAY(at(folder, ".", O_TMPFILE | O_RDWR, 0600, 0));
  SAY(at(folder, ".", O_TMPFILE, 0600, 0));
  SAY(at(folder, ".", O_TMPFILE & ~O_DIRECTORY | O_RDWR, 0600, 0));
  SAY(at(folder, ".", O_TMPFILE | O_RDWR | O_CREAT, 0600, 0));
  SAY(at(folder, "file", O_CREAT, 0600, CACHED));
  SAY(at(folder, "file", O_TRUNC | O_RDWR, 0, CACHED));
  SAY(at(folder, ".", O_TMPFILE | O_RDWR, 0600, CACHED));
  SAY(at(folder, ".", O_TMPFILE, 0600, CACHED));
  SAY(at(folder, "file", 0, 0, CACHED));
  SAY(at(folder, "in/deep", 0, 0, CACHED));
  SAY(at(folder, "file", O_NONBLOCK | O_APPEND | O_LARGEFILE | O_NOCTTY | O_NOATIME | O_SYNC | O_DSYNC, 0, 0));
  SAY(at(folder, "file", O_ASYNC, 0, 0));
  struct how how = {O_RDWR | O_CLOEXEC, 0, 0};
  int file = syscall(437, folder, "file", &how, sizeof how);
  SAY(fcntl(file, F_GETFD));
  SAY(fcntl(file, F_GETFL) & ~O_LARGEFILE);
  close(file);
}

static void symbolic_links(void) {
  SAY(byte_of("to-file", 0));
  SAY(byte_of("to-file", NO_SYMLINKS));
  SAY(byte_of("to-file", NO_MAGICLINKS));
  SAY(byte_of("to-in/deep", 0));
  SAY(byte_of("to-in/deep", NO_SYMLINKS));
  SAY(byte_of("in/deep", NO_SYMLINKS));
  SAY(at(folder, "to-file", O_PATH | O_NOFOLLOW, 0, NO_SYMLINKS));
  SAY(at(folder, "to-file", O_NOFOLLOW, 0, NO_SYMLINKS));
  SAY(at(folder, "to-file", O_PATH, 0, NO_SYMLINKS));
  SAY(at(folder, "to-new", O_CREAT | O_RDWR, 0600, NO_SYMLINKS));
  SAY(at(folder, "to-new", O_CREAT | O_RDWR | O_EXCL, 0600, NO_SYMLINKS));
  SAY(at(folder, "nothing/x", 0, 0, NO_SYMLINKS));
  SAY(at(folder, "/proc/self/status", 0, 0, NO_SYMLINKS));
  SAY(at(folder, "/proc/self/status", 0, 0, NO_MAGICLINKS));
  SAY(at(folder, "/proc/self/exe", 0, 0, NO_MAGICLINKS));
  SAY(at(folder, "/proc/self/exe", 0, 0, NO_SYMLINKS));
  SAY(at(folder, "/proc/self/cwd/tmp", 0, 0, NO_MAGICLINKS));
  SAY(at(folder, "/proc/self/cwd/tmp", 0, 0, 0));
  SAY(at(folder, "/proc/self/exe", O_PATH | O_NOFOLLOW, 0, NO_MAGICLINKS));
}

static void beneath(void) {
  SAY(byte_of("file", BENEATH));
  SAY(byte_of("in/deep", BENEATH));
  SAY(byte_of("in/../file", BENEATH));
  SAY(byte_of("in/../../how/file", BENEATH));
  SAY(byte_of("../how/file", BENEATH));
  SAY(byte_of("..", BENEATH));
  SAY(at(folder, "..", O_PATH, 0, BENEATH));
  SAY(at(folder, ".", O_PATH, 0, BENEATH));
  SAY(at(folder, "in/..", O_PATH, 0, BENEATH));
  SAY(byte_of("/tmp/how/file", BENEATH));
  SAY(byte_of("/", BENEATH));
  SAY(byte_of("to-file", BENEATH));
  SAY(byte_of("absolute", BENEATH));
  SAY(byte_of("outside", BENEATH));
  SAY(byte_of("in/up", BENEATH));
  SAY(byte_of("in/up-and-back", BENEATH));
  SAY(byte_of("self-loop", BENEATH));
  SAY(byte_of("nothing/../..", BENEATH));
  SAY(at(folder, "../new", O_CREAT | O_RDWR, 0600, BENEATH));
  SAY(at(folder, "absolute-new", O_CREAT | O_RDWR, 0600, BENEATH));
  SAY(at(folder, "new", O_CREAT | O_RDWR, 0600, BENEATH));
  SAY(at(folder, "in/to-new", O_CREAT | O_RDWR, 0600, BENEATH));
  SAY(at(folder, "..", O_CREAT | O_RDWR, 0600, BENEATH));
  SAY(at(folder, "in/..", O_CREAT | O_RDWR, 0600, BENEATH));
  SAY(at(folder, "..", O_TMPFILE | O_RDWR, 0600, BENEATH));
  SAY(at(AT_FDCWD, "tmp/how/file", 0, 0, BENEATH));
  SAY(at(AT_FDCWD, "tmp/../..", O_PATH, 0, BENEATH));
  SAY(at(AT_FDCWD, "proc/self/fd", 0, 0, BENEATH));
  SAY(at(AT_FDCWD, "proc/self/cwd", O_PATH, 0, BENEATH));
  SAY(access("/tmp/how/new", F_OK));
  SAY(access("/tmp/new", F_OK));
}

static void in_root(void) {
  SAY(byte_of("file", IN_ROOT));
  SAY(byte_of("/file", IN_ROOT));
  SAY(byte_of("../file", IN_ROOT));
  SAY(byte_of("../../../in/../../file", IN_ROOT));
  SAY(byte_of("/tmp/how/file", IN_ROOT));
  SAY(byte_of("absolute", IN_ROOT));
  SAY(byte_of("root-file", IN_ROOT));
  SAY(byte_of("in/up", IN_ROOT));
  SAY(byte_of("in/up-and-back", IN_ROOT));
  SAY(byte_of("outside", IN_ROOT));
  SAY(byte_of("root-file", NO_SYMLINKS | IN_ROOT));
  SAY(byte_of("/", IN_ROOT));
  SAY(at(folder, "/", O_PATH, 0, IN_ROOT));
  SAY(at(folder, "..", O_PATH, 0, IN_ROOT));
  SAY(at(folder, "/../new-in-root", O_CREAT | O_RDWR, 0600, IN_ROOT));
  SAY(access("/tmp/how/new-in-root", F_OK));
  SAY(at(folder, "root-new", O_CREAT | O_RDWR, 0600, IN_ROOT));
  SAY(access("/tmp/how/root-new-made", F_OK));
  SAY(at(AT_FDCWD, "/proc/self/cwd", O_PATH, 0, IN_ROOT));
  SAY(at(AT_FDCWD, "/proc/self/status", 0, 0, IN_ROOT));
}

static void devices(void) {
  SAY(at(AT_FDCWD, "proc/uptime", 0, 0, NO_XDEV));
  SAY(at(AT_FDCWD, "/proc/uptime", 0, 0, NO_XDEV));
  SAY(at(AT_FDCWD, "/init", 0, 0, NO_XDEV));
  SAY(at(AT_FDCWD, "proc", O_PATH, 0, NO_XDEV));
  SAY(at(AT_FDCWD, "proc/../init", O_PATH, 0, NO_XDEV));
  SAY(at(AT_FDCWD, "init", O_PATH, 0, NO_XDEV));
  int proc = open("/proc", O_RDONLY);
  SAY(at(proc, "uptime", 0, 0, NO_XDEV));
  SAY(at(proc, "self/status", 0, 0, NO_XDEV));
  SAY(at(proc, "..", O_PATH, 0, NO_XDEV));
  SAY(at(proc, "../init", O_PATH, 0, NO_XDEV));
  SAY(at(proc, "/init", O_PATH, 0, NO_XDEV));
  SAY(at(proc, "self/exe", O_PATH, 0, NO_XDEV));
  SAY(at(proc, "self/cwd", O_PATH, 0, NO_XDEV));
  SAY(at(proc, "..", O_PATH, 0, BENEATH));
  SAY(at(proc, "..", O_PATH, 0, IN_ROOT));
  close(proc);
}

static int handle, pipes[2][2];
static void hold(void) {
  dup2(folder, 90);
  close(91);
  fcntl(90, F_SETFD, FD_CLOEXEC);
  write(pipes[0][1], "x", 1);
  char byte;
  read(pipes[1][0], &byte, 1);
}
static void getfd(void) {
  char byte;
  pipe(pipes[0]), pipe(pipes[1]);
  int place = open("/tmp/how/file", O_PATH);
  dup2(place, 92);
  int file = open("/tmp/how/file", O_RDONLY);
  dup2(file, 91), dup2(file, 93);
  pid_t holder = child(hold);
  read(pipes[0][0], &byte, 1);
  handle = syscall(434, holder, 0);
  SAY(syscall(438, handle, 90, 1));
  SAY(syscall(438, 77, 90, 1));
  SAY(syscall(438, 77, 90, 0));
  SAY(syscall(438, file, 90, 0));
  SAY(syscall(438, place, 90, 0));
  SAY(syscall(438, handle, 91, 0));
  SAY(syscall(438, handle, -1, 0));
  SAY(syscall(438, handle, 5000, 0));
  int got = syscall(438, handle, 90, 0);
  SAY(got > file);
  SAY(fcntl(got, F_GETFD));
  struct stat one, other;
  fstat(got, &one), fstat(folder, &other);
  SAY(one.st_ino == other.st_ino);
  SAY(lseek(file, 2, SEEK_SET));
  int same = syscall(438, handle, 93, 0);
  SAY(lseek(same, 0, SEEK_CUR));
  int path = syscall(438, handle, 92, 0);
  SAY(fcntl(path, F_GETFL) & O_PATH ? 1 : 0);
  SAY(read(path, &byte, 1));
  int own = syscall(434, getpid(), 0);
  int mine = syscall(438, own, file, 0);
  SAY(lseek(mine, 0, SEEK_CUR));
  write(pipes[1][1], "x", 1);
  siginfo_t info;
  waitid(P_PID, holder, &info, WEXITED | WNOWAIT);
  SAY(syscall(438, handle, 90, 0) == -1 ? errno == ESRCH || errno == EBADF : 0);
  waitpid(holder, 0, 0);
  SAY(syscall(438, handle, 90, 0));
  SAY(syscall(438, handle, 90, 1));
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  if (access("/proc/self", F_OK) != 0) syscall(SYS_mount, "proc", "/proc", "proc", 0, 0);
  chdir("/");
  mkdir("/tmp/how", 0755), mkdir("/tmp/how/in", 0755);
  make("/tmp/how/file", "file"), make("/tmp/how/in/deep", "deep"), make("/tmp/other", "other");
  symlink("file", "/tmp/how/to-file"), symlink("in", "/tmp/how/to-in"), symlink("made", "/tmp/how/to-new");
  symlink("/tmp/how/file", "/tmp/how/absolute"), symlink("/tmp/how/x", "/tmp/how/absolute-new");
  symlink("../other", "/tmp/how/outside"), symlink("self-loop", "/tmp/how/self-loop");
  symlink("../file", "/tmp/how/in/up"), symlink("../../how/file", "/tmp/how/in/up-and-back");
  symlink("../made-above", "/tmp/how/in/to-new"), symlink("/file", "/tmp/how/root-file");
  symlink("/root-new-made", "/tmp/how/root-new");
  folder = open("/tmp/how", O_RDONLY);
  sizes();
  flags();
  symbolic_links();
  beneath();
  in_root();
  devices();
  getfd();
  return 0;
}
