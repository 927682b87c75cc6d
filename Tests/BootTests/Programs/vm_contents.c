// SPDX-License-Identifier: Apache-2.0
/* Each memory call, and the content of memory afterwards: of files, and of memory that was moved, grown, freed,
 * split or never touched. The expectations are Linux's; the program passes there as well.
 */
#define _GNU_SOURCE
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096u
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

static char *fresh(size_t pages) {
  char *area = mmap(0, pages * PAGE, RW, PRIVATE, -1, 0);
  CHECK(area != MAP_FAILED, "mmap of %zu pages: %d", pages, errno);
  for (size_t i = 0; i < pages; i++) memset(area + i * PAGE, (int)i + 1, PAGE);
  return area;
}

/* Whether the page at `page` is full of `byte`. */
static int full_of(const char *page, int byte) {
  for (unsigned i = 0; i < PAGE; i++)
    if (page[i] != (char)byte) return 0;
  return 1;
}

static int resident(const void *page) {
  unsigned char state = 2;
  return mincore((void *)page, PAGE, &state) ? -errno : state & 1;
}

static long faults(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) ? -1 : usage.ru_minflt;
}

static void demand(void) {
  char *area = mmap(0, 64 * PAGE, RW, PRIVATE, -1, 0);
  long before = faults();
  for (int i = 0; i < 64; i++) CHECK(area[i * PAGE] == 0, "page %d is not zero", i);
  long loads = faults() - before;
  CHECK(loads >= 64 && loads < 70, "64 first loads: %ld faults", loads);
  for (int i = 0; i < 64; i++) area[i * PAGE + 5] = (char)i;
  CHECK(faults() - before >= 128, "64 first stores after the loads: %ld faults", faults() - before);
  before = faults();
  for (int i = 0; i < 64; i++) CHECK(area[i * PAGE + 5] == (char)i, "page %d", i);
  CHECK(faults() == before, "touching again: %ld faults", faults() - before);
  munmap(area, 64 * PAGE);
}

static void split_and_join(void) {
  char *area = fresh(6);
  CHECK(!munmap(area + 2 * PAGE, PAGE), "munmap: %d", errno);
  CHECK(full_of(area + PAGE, 2) && full_of(area + 3 * PAGE, 4), "beside a hole");
  CHECK(resident(area + 2 * PAGE) == -ENOMEM, "the hole: %d", resident(area + 2 * PAGE));
  CHECK(mmap(area + 2 * PAGE, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0) == area + 2 * PAGE, "fill");
  CHECK(full_of(area + 2 * PAGE, 0), "a new page is not zero");
  CHECK(!mprotect(area, 6 * PAGE, PROT_READ) && !mprotect(area, 6 * PAGE, RW), "mprotect");
  CHECK(full_of(area, 1) && full_of(area + 5 * PAGE, 6), "after mprotect");
  CHECK(!mprotect(area, PAGE, PROT_NONE) && !mprotect(area, PAGE, PROT_READ), "PROT_NONE");
  CHECK(full_of(area, 1), "PROT_NONE and back");
  munmap(area, 6 * PAGE);
}

static void move(void) {
  char *area = fresh(4);
  char *wall = mmap(area + 4 * PAGE, PAGE, PROT_NONE, PRIVATE, -1, 0);
  char *moved = mremap(area, 4 * PAGE, 9 * PAGE, MREMAP_MAYMOVE);
  CHECK(moved != MAP_FAILED, "mremap: %d", errno);
  for (int i = 0; i < 9; i++) CHECK(full_of(moved + i * PAGE, i < 4 ? i + 1 : 0), "page %d", i);
  char *place = mmap(0, 9 * PAGE, PROT_NONE, PRIVATE, -1, 0);
  CHECK(mremap(moved + PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place,
        "a part, to an address: %d", errno);
  CHECK(full_of(place, 2) && full_of(place + PAGE, 3) && full_of(moved, 1), "after it moved");
  CHECK(resident(moved + PAGE) == -ENOMEM, "its old address: %d", resident(moved + PAGE));
  CHECK(mremap(place, 2 * PAGE, PAGE, 0) == place && full_of(place, 2), "shrunk");
  munmap(moved, 9 * PAGE);
  munmap(place, 9 * PAGE);
  munmap(wall, PAGE);
}

static void forget(void) {
  char *area = fresh(3);
  CHECK(!madvise(area + PAGE, PAGE, MADV_DONTNEED), "MADV_DONTNEED: %d", errno);
  CHECK(!resident(area + PAGE), "it is still there");
  CHECK(full_of(area, 1) && full_of(area + PAGE, 0) && full_of(area + 2 * PAGE, 3), "its content");
  CHECK(!madvise(area, PAGE, MADV_FREE), "MADV_FREE: %d", errno);
  area[0] = 9;
  CHECK(area[0] == 9, "written after MADV_FREE");
  munmap(area, 3 * PAGE);
}

static char *move_break(char *end) { return (char *)syscall(SYS_brk, end); } /* musl's has none */

static void heap(void) {
  char *end = move_break(0);
  CHECK(move_break(end + 3 * PAGE) == end + 3 * PAGE, "brk, 3 pages more");
  memset(end, 7, 3 * PAGE);
  CHECK(move_break(end + PAGE) == end + PAGE && move_break(end + 3 * PAGE) == end + 3 * PAGE,
        "down and up");
  CHECK(end[0] == 7 && end[3 * PAGE - 1] == 0, "freed memory is zero again");
  CHECK(move_break(end) == end && move_break(0) == end, "and back");
}

static void shared(void) {
  char *one = mmap(0, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  char *other = mremap(one, 0, 2 * PAGE, MREMAP_MAYMOVE);
  CHECK(other != MAP_FAILED && other != one, "a second mapping: %d", errno);
  one[5] = 1;
  other[PAGE + 5] = 2;
  CHECK(other[5] == 1 && one[PAGE + 5] == 2, "they do not see each other");
  munmap(one, 2 * PAGE);
  CHECK(other[5] == 1, "gone with the other");
  munmap(other, 2 * PAGE);
}

/* The program's own file: its first bytes are an ELF header's, and its size is not a multiple of the page size. */
static void file(void) {
  int file = open("/init", O_RDONLY);
  off_t size = lseek(file, 0, SEEK_END);
  CHECK(file >= 0 && size > 0, "/init: %d", errno);
  size_t rest = (size_t)size % PAGE, last = (size_t)size - rest;
  char *copy = mmap(0, PAGE, RW, MAP_PRIVATE, file, 0);
  char *same = mmap(0, PAGE, PROT_READ, MAP_SHARED, file, 0);
  CHECK(copy != MAP_FAILED && same != MAP_FAILED, "mmap of a file: %d", errno);
  CHECK(!memcmp(copy, "\177ELF", 4), "its content");
  copy[0] = 'x';
  CHECK(copy[0] == 'x' && same[0] == '\177', "a store to a copy");
  char byte = 0;
  CHECK(pread(file, &byte, 1, 0) == 1 && byte == '\177', "the file after a store to a copy");
  CHECK(mprotect(same, PAGE, RW) == -1 && errno == EACCES, "writing to a file that is not: %d", errno);
  char *tail = mmap(0, PAGE, PROT_READ, MAP_PRIVATE, file, (off_t)last);
  static char read_back[PAGE];
  CHECK(pread(file, read_back, rest, (off_t)last) == (ssize_t)rest, "pread: %d", errno);
  CHECK(tail != MAP_FAILED && !memcmp(tail, read_back, rest), "its last page");
  for (size_t i = rest; i < PAGE; i++) CHECK(!tail[i], "after its end: %zu", i);
  close(file);
  CHECK(same[1] == 'E', "after close");
  munmap(copy, PAGE), munmap(same, PAGE), munmap(tail, PAGE);
}

static void large(void) {
  size_t size = 500u << 20;
  char *area = mmap(0, size, PROT_NONE, PRIVATE | MAP_NORESERVE, -1, 0);
  CHECK(area != MAP_FAILED, "500 MB: %d", errno);
  char *middle = area + (250u << 20);
  CHECK(!mprotect(middle, 16 * PAGE, RW), "a part of them: %d", errno);
  memset(middle, 5, 16 * PAGE);
  CHECK(full_of(middle + 15 * PAGE, 5) && resident(area) == 0, "a part of them");
  CHECK(!munmap(area, size), "munmap: %d", errno);
}

/* 4,096 regions that do not join, each with its own content. */
static void many(void) {
  enum { COUNT = 4096 };
  static char *region[COUNT];
  for (int i = 0; i < COUNT; i++) {
    region[i] = mmap(0, PAGE, RW, PRIVATE, -1, 0);
    if (region[i] == MAP_FAILED) {
      CHECK(0, "region %d: %d", i, errno);
      return;
    }
    *(int *)region[i] = i;
    if (i & 1) mprotect(region[i], PAGE, PROT_READ);
  }
  for (int i = 0; i < COUNT; i++) CHECK(*(int *)region[i] == i, "region %d", i);
  for (int i = 0; i < COUNT; i += 2) munmap(region[i], PAGE);
  for (int i = 1; i < COUNT; i += 2) CHECK(*(int *)region[i] == i, "region %d, with holes", i);
  for (int i = 1; i < COUNT; i += 2) munmap(region[i], PAGE);
}

/* Memory that grows down when touched, up to 256 KiB away from the next mapping below. */
static void grows_down(void) {
  char *area = mmap((void *)0x30000000, PAGE, RW, PRIVATE | MAP_GROWSDOWN | MAP_FIXED, -1, 0);
  CHECK(area == (void *)0x30000000, "MAP_GROWSDOWN: %d", errno);
  for (int i = 1; i <= 64; i++) area[-i * (int)PAGE] = (char)i;
  for (int i = 1; i <= 64; i++) CHECK(area[-i * (int)PAGE] == (char)i, "%d pages below", i);
  munmap(area - 64 * PAGE, 65 * PAGE);
}

int main(void) {
  demand();
  split_and_join();
  move();
  forget();
  heap();
  shared();
  file();
  large();
  many();
  grows_down();
  return verdict("vm_contents");
}
