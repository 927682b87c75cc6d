// SPDX-License-Identifier: Apache-2.0
/* The seals of memfd_create: every line as Linux 6.1 prints it, in seals.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "answers.h"

#define SEAL 1
#define SHRINK 2
#define GROW 4
#define WRITE 8
#define FUTURE_WRITE 16

static char bytes[3 * 4096];

static int made(int size) {
  int file = memfd_create("seals", MFD_ALLOW_SEALING);
  ftruncate(file, size);
  return file;
}
static int add(int file, int seals) { return fcntl(file, F_ADD_SEALS, seals); }

/* Maps a page and unmaps it again. */
static int map(int file, int protection, int flags) {
  void *page = mmap(0, 4096, protection, flags, file, 0);
  if (page == MAP_FAILED) return -1;
  return munmap(page, 4096);
}
/* Maps a page and changes its protection. */
static int change(int file, int protection, int flags, int next) {
  void *page = mmap(0, 4096, protection, flags, file, 0);
  if (page == MAP_FAILED) return -2;
  int answer = mprotect(page, 4096, next), kept = errno;
  munmap(page, 4096);
  errno = kept;
  return answer;
}

static void errors(void) {
  SAY(memfd_create("a", MFD_ALLOW_SEALING | 0x100));
  int plain = memfd_create("plain", 0), pair[2];
  SAY(fcntl(plain, F_GET_SEALS));
  SAY(add(plain, SHRINK));
  SAY(add(plain, 0));
  SAY(add(plain, 64));
  int named = open("/tmp/named", O_RDWR | O_CREAT, 0600);
  SAY(fcntl(named, F_GET_SEALS));
  SAY(add(named, SHRINK));
  SAY(add(77, SHRINK));
  SAY(fcntl(77, F_GET_SEALS));
  pipe(pair);
  SAY(fcntl(pair[0], F_GET_SEALS));
  SAY(add(pair[0], SHRINK));
  SAY(add(pair[1], SHRINK));
  int folder = open("/tmp", O_RDONLY), place = open("/tmp/named", O_PATH), reader = open("/tmp/named", O_RDONLY);
  SAY(add(folder, SHRINK));
  SAY(add(place, SHRINK));
  SAY(fcntl(place, F_GET_SEALS));
  SAY(add(reader, SHRINK));
  SAY(add(reader, 64));
  SAY(fcntl(reader, F_GET_SEALS));
  int file = made(4096);
  SAY(fcntl(file, F_GET_SEALS));
  SAY(add(file, 64));
  SAY(add(file, -1));
  SAY(add(file, 0));
  SAY(fcntl(file, F_GET_SEALS));
  SAY(add(file, SHRINK | SEAL));
  SAY(fcntl(file, F_GET_SEALS));
  SAY(add(file, GROW));
  SAY(add(file, SHRINK));
  SAY(fcntl(dup(file), F_GET_SEALS));
  SAY(write(file, bytes, 5000));
  SAY(ftruncate(file, 6000));
  SAY(ftruncate(file, 5999));
}

static void sizes(void) {
  int file = made(5000);
  SAY(add(file, SHRINK));
  SAY(ftruncate(file, 4999));
  SAY(ftruncate(file, 5000));
  SAY(ftruncate(file, 5001));
  SAY(ftruncate(file, 0));
  SAY(fallocate(file, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 4096));
  SAY(add(file, GROW));
  SAY(fcntl(file, F_GET_SEALS));
  SAY(ftruncate(file, 5002));
  SAY(ftruncate(file, 5001));
  SAY(pwrite(file, bytes, 5001, 0));
  SAY(pwrite(file, bytes, 5002, 0));
  SAY(pwrite(file, bytes, 2, 5000));
  SAY(pwrite(file, bytes + 1, 1000, 4500));
  SAY(pwrite(file, bytes, 1, 5000));
  SAY(pwrite(file, bytes, 1, 5001));
  SAY(pwrite(file, bytes, 0, 9000));
  SAY(pwrite(file, (void *)8, 4, 9000));
  struct iovec pieces[2] = {{bytes, 5000}, {bytes, 2}};
  SAY(pwritev(file, pieces, 2, 0));
  SAY(lseek(file, 0, SEEK_CUR));
  SAY(fallocate(file, 0, 0, 5001));
  SAY(fallocate(file, 0, 0, 5002));
  SAY(fallocate(file, FALLOC_FL_KEEP_SIZE, 4096, 5000));
  SAY(fallocate(file, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 9000));
  SAY(lseek(file, 0, SEEK_END));
  SAY(map(file, PROT_READ | PROT_WRITE, MAP_SHARED));
  file = made(8192);
  SAY(add(file, GROW));
  SAY(pwrite(file, bytes, 8193, 0));
  SAY(pwrite(file, bytes + 1, 8193, 0));
  SAY(pwrite(file, bytes + 1, 8193, 4000));
  SAY(pwrite(file, bytes, 100, 8100));
}

static void writes(void) {
  int file = made(8192), other = made(8192);
  SAY(add(file, WRITE));
  SAY(write(file, bytes, 1));
  SAY(write(file, bytes, 0));
  SAY(pwrite(file, bytes, 1, 9000));
  SAY(ftruncate(file, 9000));
  SAY(ftruncate(file, 8000));
  SAY(fallocate(file, 0, 0, 10000));
  SAY(fallocate(file, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 1));
  SAY(syscall(SYS_sendfile64, file, other, 0, 10));
  SAY(read(file, bytes, 10));
  SAY(map(file, PROT_READ | PROT_WRITE, MAP_SHARED));
  SAY(map(file, PROT_READ, MAP_SHARED));
  SAY(map(file, PROT_READ | PROT_WRITE, MAP_PRIVATE));
  SAY(map(file, PROT_READ, MAP_PRIVATE));
  SAY(change(file, PROT_READ, MAP_PRIVATE, PROT_READ | PROT_WRITE));
  SAY(add(file, WRITE));
  SAY(add(file, FUTURE_WRITE));
  SAY(fcntl(file, F_GET_SEALS));
  SAY(fcntl(other, F_GET_SEALS));
}

static void *page;
static int shared_file;
static void seal_in_child(void) {
  SAY(add(shared_file, WRITE));
  SAY(munmap(page, 4096));
  SAY(add(shared_file, WRITE));
}
static void busy(void) {
  int file = shared_file = made(8192);
  page = mmap(0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  SAY(add(file, WRITE));
  SAY(add(file, WRITE | SHRINK));
  SAY(fcntl(file, F_GET_SEALS));
  SAY(munmap((char *)page + 4096, 4096));
  SAY(add(file, WRITE));
  SAY(mprotect(page, 4096, PROT_READ));
  SAY(add(file, WRITE));
  waitpid(child(seal_in_child), 0, 0);
  void *moved = mremap(page, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)page + 4096);
  SAY(moved == (char *)page + 4096);
  SAY(add(file, WRITE));
  SAY(munmap(moved, 4096));
  SAY(add(file, WRITE));
  file = made(4096);
  page = mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0);
  SAY(add(file, WRITE));
  munmap(page, 4096);
  page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  *(char *)page = 1;
  SAY(add(file, WRITE));
  munmap(page, 4096);
}

static void future(void) {
  int file = made(4096);
  char *old = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  SAY(add(file, FUTURE_WRITE));
  SAY(write(file, "x", 1));
  SAY(fallocate(file, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 1));
  SAY(ftruncate(file, 5000));
  old[0] = 'y';
  SAY(pread(file, bytes, 1, 0) == 1 ? bytes[0] : -2);
  SAY(map(file, PROT_READ | PROT_WRITE, MAP_SHARED));
  SAY(map(file, PROT_READ, MAP_SHARED));
  SAY(change(file, PROT_READ, MAP_SHARED, PROT_READ | PROT_WRITE));
  SAY(change(file, PROT_READ, MAP_PRIVATE, PROT_READ | PROT_WRITE));
  SAY(madvise(old, 4096, MADV_REMOVE));
  SAY(mprotect(old, 4096, PROT_READ));
  SAY(madvise(old, 4096, MADV_REMOVE));
  SAY(mprotect(old, 4096, PROT_READ | PROT_WRITE));
  SAY(add(file, WRITE));
  munmap(old, 4096);
  void *new = mmap(0, 4096, PROT_READ, MAP_SHARED, file, 0);
  SAY(add(file, WRITE));
  munmap(new, 4096);
  SAY(add(file, WRITE));
  SAY(fcntl(file, F_GET_SEALS));
}

static void truncated_by_open(void) {
  char path[40];
  int file = made(10);
  if (access("/proc/self", F_OK) != 0) syscall(SYS_mount, "proc", "/proc", "proc", 0, 0);
  sprintf(path, "/proc/self/fd/%d", file);
  SAY(add(file, SHRINK));
  SAY(close(open(path, O_RDWR)));
  SAY(open(path, O_RDWR | O_TRUNC));
  SAY(truncate(path, 3));
  SAY(truncate(path, 11));
  SAY(add(file, GROW | WRITE));
  SAY(truncate(path, 12));
  SAY(truncate(path, 11));
  int reader = open(path, O_RDONLY);
  SAY(map(reader, PROT_READ, MAP_SHARED));
  SAY(add(reader, SEAL));
  SAY(fcntl(reader, F_GET_SEALS));
  SAY(lseek(file, 0, SEEK_END));
}

int main(void) {
  setvbuf(stdout, 0, _IOLBF, 0);
  errors();
  sizes();
  writes();
  busy();
  future();
  truncated_by_open();
  return 0;
}
