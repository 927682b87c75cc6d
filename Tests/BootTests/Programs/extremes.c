// SPDX-License-Identifier: Apache-2.0
/* Numbers at the ends of their types, in calls of every kind: every line as Linux 6.1 prints it, in
 * extremes.txt. Linux's init makes its devices and /proc itself; here they are there already. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "answers.h"

enum { PAGE = 4096 };
#define CALL(name, ...) syscall(SYS_##name, __VA_ARGS__)
#define KERNEL 0xc0000000u

static char buffer[2 * PAGE] __attribute__((aligned(4096)));
static int file, folder, null, zero, noise, processes;

static void say_long(const char *what, long done, int64_t position) {
  if (done < 0) printf("%s = error %d\n", what, errno);
  else printf("%s = %lld\n", what, (long long)position);
}
/* _llseek, and where the descriptor then is. */
static void far(int descriptor, uint32_t high, uint32_t low, int whence) {
  char what[80];
  int64_t result = -1, here = -1;
  snprintf(what, sizeof what, "_llseek(%d, %x, %x, %d)", descriptor, high, low, whence);
  say_long(what, CALL(_llseek, descriptor, high, low, &result, whence), result);
  CALL(_llseek, descriptor, 0, 0, &here, SEEK_CUR);
  printf("  then at %lld\n", (long long)here);
}

static void seeks(void) {
  int all[] = {file, folder, null, zero, noise, processes};
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
    int d = all[i];
    printf("descriptor %d\n", d);
    SAY(CALL(lseek, d, 0x7fffffff, SEEK_SET));
    SAY(CALL(lseek, d, 1, SEEK_CUR));
    SAY(CALL(lseek, d, 0, SEEK_CUR));
    SAY(CALL(lseek, d, 0x80000000, SEEK_SET));
    SAY(CALL(lseek, d, 0x80000000, SEEK_CUR));
    SAY(CALL(lseek, d, 1, 0xffffffff));
    SAY(CALL(lseek, d, 0, 5));
    far(d, 0, 0x80000000, SEEK_SET);
    far(d, 0, 0x80000041, SEEK_SET);
    far(d, 1, 0, SEEK_SET);
    far(d, 0xfff, 0xfffff000, SEEK_SET);
    far(d, 0xfff, 0xfffff001, SEEK_SET);
    far(d, 0x7fffffff, 0xffffffff, SEEK_SET);
    far(d, 0x80000000, 0, SEEK_SET);
    far(d, 0x7fffffff, 0xffffffff, SEEK_CUR);
    far(d, 0xffffffff, 0xffffffff, SEEK_SET);
    far(d, 0xffffffff, 0x80000000, SEEK_CUR);
    SAY(CALL(lseek, d, 0, SEEK_SET));
  }
}

/* A folder beyond all that it holds. */
static void folders(void) {
  uint32_t places[] = {0x7fffffff, 0x80000000, 0x80000040, 0x80000041, 0xffffffff};
  for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
    far(folder, 0, places[i], SEEK_SET);
    SAY(CALL(getdents64, folder, buffer, sizeof buffer));
    far(folder, 5, places[i], SEEK_SET);
    SAY(CALL(getdents64, folder, buffer, sizeof buffer));
  }
  far(folder, 0, 0, SEEK_SET);
  SAY(CALL(getdents64, folder, buffer, 8));
  SAY(CALL(getdents64, folder, 8, 1000));
  SAY(CALL(getdents64, folder, buffer, 0xffffffff) > 40);
}

static void reads(void) {
  int all[] = {file, null, zero, noise, folder};
  uint32_t counts[] = {0, 1, 0x7fffefff, 0x7ffff000, 0x7fffffff, 0x80000000, 0x90000000, 0xffffffff};
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
    for (unsigned c = 0; c < sizeof counts / sizeof *counts; c++) {
      /* Calls that fill memory get small counts. */
      if (all[i] != null && all[i] != folder && c > 1 && counts[c] < 0x80000000) continue;
      printf("read %d, %x\n", all[i], counts[c]);
      SAY(CALL(read, all[i], buffer, counts[c]));
      SAY(CALL(read, all[i], 8, counts[c]));
      SAY(CALL(read, all[i], KERNEL, counts[c]));
      SAY(CALL(read, all[i], 0xffffffff, counts[c]));
      SAY(CALL(pread64, all[i], buffer, counts[c], 0, 0x40000000, 0));
    }
  SAY(CALL(pread64, file, buffer, 1, 0, 0xffffffff, 0x7fffffff));
  SAY(CALL(pread64, file, buffer, 1, 0, 0, 0x80000000));
  SAY(CALL(pread64, file, buffer, 0x80000000, 0, 0, 0));
  uint32_t sizes[] = {0, 1, 10, 0x7ffff000, 0x7fffffff, 0x80000000, 0xffffffff};
  for (unsigned c = 0; c < sizeof sizes / sizeof *sizes; c++) {
    printf("write %x\n", sizes[c]);
    SAY(CALL(write, null, buffer, sizes[c]));
    SAY(CALL(write, null, 8, sizes[c]));
    SAY(CALL(write, null, 0, sizes[c]));
    SAY(CALL(write, null, KERNEL, sizes[c]));
    SAY(CALL(write, null, 0xffffffff, sizes[c]));
    SAY(CALL(write, zero, 8, sizes[c]));
    SAY(CALL(write, folder, 8, sizes[c]));
    SAY(CALL(write, 77, 8, sizes[c]));
  }
}

static struct iovec pieces[1030];
/* writev or readv of up to three pieces. */
static void vectors(int d, uint32_t a, uint32_t b, uint32_t c) {
  memset(pieces, 0, sizeof pieces);
  for (int i = 0; i < 3; i++) pieces[i].iov_base = buffer;
  pieces[0].iov_len = a, pieces[1].iov_len = b, pieces[2].iov_len = c;
  printf("vector on %d of %x %x %x\n", d, a, b, c);
  SAY(CALL(writev, d, pieces, 3));
  if (d == null) SAY(CALL(readv, d, pieces, 3));
}
static void all_vectors(void) {
  vectors(null, 0x40000000, 0x40000000, 0x40000000);
  vectors(null, 0x7fffffff, 0x7fffffff, 0x7fffffff);
  vectors(null, 0x7ffff000, 0, 0);
  vectors(null, 0x7fffefff, 1, 1);
  vectors(null, 0x7fffffff, 0, 0);
  vectors(null, 1, 0x7fffffff, 1);
  vectors(null, 0x80000000, 0, 0);
  vectors(null, 1, 0x80000000, 0);
  vectors(null, 1, 1, 0xffffffff);
  vectors(null, 0, 0, 0);
  vectors(folder, 1, 0, 0x80000000);
  vectors(folder, 1, 0, 0);
  vectors(77, 0x80000000, 0, 0);
  SAY(CALL(writev, null, 8, 1));
  SAY(CALL(writev, null, KERNEL, 1));
  SAY(CALL(writev, null, 8, 0));
  SAY(CALL(writev, null, pieces, 1024));
  SAY(CALL(writev, null, pieces, 1025));
  SAY(CALL(writev, null, pieces, 0x80000000));
  SAY(CALL(writev, null, pieces, 0xffffffff));
  memset(pieces, 0, sizeof pieces);
  pieces[0].iov_base = (void *)8, pieces[0].iov_len = 5;
  SAY(CALL(writev, null, pieces, 1));
  pieces[0].iov_base = (void *)KERNEL;
  SAY(CALL(writev, null, pieces, 1));
  pieces[1].iov_base = (void *)8, pieces[1].iov_len = 0xffffffff;
  SAY(CALL(writev, null, pieces, 2));
  pieces[0].iov_base = buffer, pieces[1].iov_base = (void *)KERNEL, pieces[1].iov_len = 5;
  SAY(CALL(writev, null, pieces, 2));
  SAY(CALL(readv, zero, pieces, 2));
  pieces[1].iov_base = (void *)8;
  SAY(CALL(readv, zero, pieces, 2));
  for (int i = 0; i < 1024; i++) pieces[i].iov_base = buffer, pieces[i].iov_len = 0x7fffffff;
  SAY(CALL(writev, null, pieces, 1024));
}

static void maps_line(char *at) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[300], range[40];
  unsigned start, end, device_major, device_minor, inode;
  char rights[8];
  unsigned long long offset;
  while (fgets(line, sizeof line, maps)) {
    if (sscanf(line, "%x-%x %7s %llx %x:%x %u", &start, &end, rights, &offset, &device_major,
               &device_minor, &inode) < 4)
      continue;
    if (start < (uintptr_t)at || start >= (uintptr_t)at + 64 * PAGE) continue;
    char *text = strchr(line, ' ') + 1;
    text[strcspn(text + 5, " ") + 5] = 0;
    printf("  +%x..+%x %s\n", start - (unsigned)(uintptr_t)at, end - (unsigned)(uintptr_t)at, text);
  }
  fclose(maps);
}
#define RELATIVE(call)                                                                     \
  do {                                                                                     \
    errno = 0;                                                                             \
    long answer = (call);                                                                  \
    if (answer == -1) printf("%s = error %d\n", #call, errno);                             \
    else printf("%s = +%lx\n", #call, answer - (long)place);                               \
  } while (0)

static void far_maps(void) {
  char *place = mmap(0, 64 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  enum { FIXED = MAP_PRIVATE | MAP_FIXED };
  RELATIVE(CALL(mmap2, place, PAGE, PROT_READ, FIXED, file, 0xfffffffe));
  RELATIVE(CALL(mmap2, place, PAGE, PROT_READ, FIXED, file, 0xffffffff));
  RELATIVE(CALL(mmap2, place, 2 * PAGE, PROT_READ, FIXED, file, 0xfffffffe));
  RELATIVE(CALL(mmap2, place, PAGE, PROT_READ, FIXED, file, 0xfffffffe));
  munmap(place + PAGE, 20 * PAGE);
  RELATIVE(CALL(mremap, place, PAGE, PAGE, 0));
  RELATIVE(CALL(mremap, place, PAGE, 2 * PAGE, 0));
  RELATIVE(CALL(mremap, place, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
  RELATIVE(CALL(mremap, place, PAGE, 3 * PAGE, MREMAP_MAYMOVE));
  RELATIVE(CALL(mremap, place, PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place + 8 * PAGE));
  RELATIVE(CALL(munmap, place + PAGE, PAGE) + (long)place);
  RELATIVE(CALL(mmap2, place, 3 * PAGE, PROT_READ, FIXED, file, 0xfffffff0));
  munmap(place + PAGE, PAGE);
  maps_line(place);
  RELATIVE(CALL(mremap, place + 2 * PAGE, PAGE, 13 * PAGE, 0));
  RELATIVE(CALL(mremap, place + 2 * PAGE, PAGE, 14 * PAGE, 0));
  RELATIVE(CALL(mremap, place + 2 * PAGE, 13 * PAGE, 15 * PAGE, 0));
  maps_line(place);
  munmap(place + 3 * PAGE, PAGE);
  mprotect(place + 5 * PAGE, PAGE, PROT_NONE);
  maps_line(place);
  munmap(place, 64 * PAGE);
}

/* The rest of a private mapping of a file, and of one that grew. */
static void file_pages(void) {
  static char wanted[6 * PAGE];
  pread(file, wanted, sizeof wanted, 0);
  char *place = mmap(0, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mmap(place, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, PAGE);
  munmap(place + 2 * PAGE, 6 * PAGE);
  memset(place, 'x', 2 * PAGE);
  SAY(CALL(madvise, place, PAGE, MADV_DONTNEED));
  SAY(memcmp(place, wanted + PAGE, PAGE));
  SAY(place[PAGE] == 'x');
  SAY(CALL(madvise, place, 2 * PAGE, MADV_FREE));
  place[5] = 'y';
  pid_t child = fork();
  if (!child) {
    madvise(place, PAGE, MADV_DONTNEED);
    _exit(memcmp(place, wanted + PAGE, PAGE) ? 1 : 0);
  }
  int status;
  SAY(CALL(wait4, child, &status, 0, 0) == child && status == 0);
  SAY(place[5] == 'y');
  SAY(CALL(mremap, place, 2 * PAGE, 4 * PAGE, 0) == (long)place);
  SAY(memcmp(place + 2 * PAGE, wanted + 3 * PAGE, 2 * PAGE));
  SAY(mprotect(place, 4 * PAGE, PROT_READ));
  SAY(madvise(place, 4 * PAGE, MADV_DONTNEED));
  SAY(memcmp(place, wanted + PAGE, 4 * PAGE));
  CALL(lseek, file, 0, SEEK_SET);
  SAY(madvise(place, PAGE, MADV_DONTNEED));
  SAY(write(null, place, PAGE));
  SAY(madvise(place, PAGE, 22 /* MADV_POPULATE_READ */));
  SAY(memcmp(place, wanted + PAGE, PAGE));
  munmap(place, 4 * PAGE);
  char *code = (char *)((uintptr_t)&file_pages & ~4095u);
  SAY(madvise(code, PAGE, MADV_DONTNEED));
}

static void zero_maps(void) {
  int both = open("/dev/zero", O_RDWR);
  char *place = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, zero, 0);
  printf("read only, to write: %d %d\n", place == MAP_FAILED, errno);
  place = mmap(0, PAGE, PROT_READ, MAP_SHARED, zero, 0);
  SAY(place[7]);
  SAY(mprotect(place, PAGE, PROT_READ | PROT_WRITE));
  SAY(mprotect(place, PAGE, PROT_READ | PROT_EXEC));
  SAY(madvise(place, PAGE, MADV_REMOVE));
  munmap(place, PAGE);
  place = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, zero, 0);
  SAY(mprotect(place, PAGE, PROT_READ | PROT_WRITE));
  munmap(place, PAGE);
  place = mmap(0, PAGE, PROT_READ, MAP_SHARED, both, 0);
  SAY(mprotect(place, PAGE, PROT_READ | PROT_WRITE));
  place[3] = 'z';
  SAY(mprotect(place, PAGE, PROT_READ));
  SAY(madvise(place, PAGE, MADV_REMOVE));
  SAY(place[3]);
  munmap(place, PAGE);
  close(both);
  place = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  printf("file, to write: %d %d\n", place == MAP_FAILED, errno);
  place = mmap(0, PAGE, PROT_READ, MAP_SHARED, file, 0);
  SAY(mprotect(place, PAGE, PROT_READ | PROT_WRITE));
  munmap(place, PAGE);
}

static void locks(void) {
  for (int command = 5; command < 8; command++) {
    printf("fcntl %d and %d\n", command, command + 7);
    SAY(CALL(fcntl64, file, command, 8));
    SAY(CALL(fcntl64, file, command, KERNEL));
    SAY(CALL(fcntl64, file, command, 0xfffffff8));
    SAY(CALL(fcntl64, file, command + 7, 8));
    SAY(CALL(fcntl64, file, command + 7, KERNEL));
    SAY(CALL(fcntl64, 77, command, 8));
  }
}

/* The interval of a timer, after it was over once. */
static void interval(const char *what, int which, int64_t seconds, uint32_t nanoseconds, int is_ignored) {
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGALRM);
  sigprocmask(is_ignored ? SIG_UNBLOCK : SIG_BLOCK, &set, 0);
  signal(SIGALRM, is_ignored ? SIG_IGN : SIG_DFL);
  int timer = 0;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
  uint32_t wide[8] = {seconds, seconds >> 32, nanoseconds, 0, 0, 0, 1000000, 0}, now[8] = {0};
  CALL(timer_create, which, &event, &timer);
  printf("%s, clock %d%s: ", what, which, is_ignored ? ", ignored" : "");
  if (CALL(timer_settime64, timer, 0, wide, 0)) {
    printf("error %d\n", errno);
  } else {
    if (is_ignored) usleep(3000);
    else printf("signal %d, ", sigwaitinfo(&set, 0));
    CALL(timer_gettime64, timer, now);
    printf("every %llu.%09u, overrun %ld\n", (unsigned long long)now[1] << 32 | now[0], now[2],
           CALL(timer_getoverrun, timer));
  }
  CALL(timer_delete, timer);
}

static void timers(void) {
  static const struct { const char *what; int64_t seconds; uint32_t nanoseconds; } all[] = {
    {"2^31", 0x80000000, 0}, {"2^33", 0x200000000, 5}, {"2^63 ns less 1", 9223372036, 854775807},
    {"2^63 ns", 9223372036, 854775808}, {"2^34", 0x400000000, 0}, {"2^64 ns", 18446744073, 709551615},
    {"2^34.2", 20000000000, 0}, {"2^63 less 1", INT64_MAX, 999999999}, {"-1", -1, 0},
    {"-2^63", INT64_MIN, 0}, {"nanoseconds", 1, 1000000000},
  };
  for (int clock = CLOCK_REALTIME; clock <= CLOCK_MONOTONIC; clock++)
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
      for (int is_ignored = 0; is_ignored < 2; is_ignored++)
        interval(all[i].what, clock, all[i].seconds, all[i].nanoseconds, is_ignored);
  signal(SIGALRM, SIG_DFL);
  /* An absolute time at the far end, then the clock is set. */
  int timer;
  SAY(CALL(timer_create, CLOCK_REALTIME, 0, &timer));
  uint32_t wide[8] = {-1, 0x7fffffff, 999999999, 0, -1, 0x7fffffff, 999999999, 0};
  SAY(CALL(timer_settime64, timer, 1, wide, 0));
  uint32_t date[4] = {1700000000, 0, 0, 0};
  SAY(CALL(clock_settime64, CLOCK_REALTIME, date));
  SAY(CALL(timer_delete, timer));
}

int main(void) {
  mkdir("/proc", 0755), mkdir("/dev", 0755), mkdir("/sub", 0755);
  mount("proc", "/proc", "proc", 0, 0);
  mknod("/dev/zero", S_IFCHR | 0666, makedev(1, 5));
  mknod("/dev/urandom", S_IFCHR | 0666, makedev(1, 9));
  setvbuf(stdout, 0, _IOLBF, 0);
  file = open("/init", O_RDONLY);
  folder = open("/", O_RDONLY | O_DIRECTORY);
  null = open("/dev/null", O_RDWR);
  zero = open("/dev/zero", O_RDONLY);
  noise = open("/dev/urandom", O_RDONLY);
  processes = open("/proc", O_RDONLY | O_DIRECTORY);
  puts("== seeks"), seeks();
  puts("== folders"), folders();
  puts("== reads"), reads();
  puts("== vectors"), all_vectors();
  puts("== far maps"), far_maps();
  puts("== file pages"), file_pages();
  puts("== zero"), zero_maps();
  puts("== locks"), locks();
  puts("== timers"), timers();
  return 0;
}
