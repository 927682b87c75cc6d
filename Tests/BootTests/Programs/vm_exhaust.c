// SPDX-License-Identifier: Apache-2.0
/* Allocates all memory of a small machine, gets ENOMEM, frees it, and finds as much as before. */
#define _GNU_SOURCE
#include "check.h"
#include "meminfo.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u

int main(void) {
  free_kib(); /* The pages that it touches come now. */
  long before = free_kib();
  for (int round = 0; round < 3; round++) {
    size_t size = 64u << 20;
    char *all = mmap(0, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(all != MAP_FAILED, "a reservation beyond the machine's memory: %d", errno);
    CHECK(mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
              && errno == ENOMEM, "more than the machine has was promised");
    CHECK(mlock(all, size) == -1 && errno == ENOMEM, "64 MiB locked: %d", errno);
    CHECK(free_kib() < 256, "memory was left: %ld KiB", free_kib());
    /* Full: a page that needs a frame is refused, present pages work. */
    all[0] = 1;
    char *one = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (one != MAP_FAILED) {
      CHECK(mlock(one, PAGE) == -1 && errno == ENOMEM, "a frame out of nothing: %d", errno);
      munmap(one, PAGE);
    }
    CHECK(munmap(all, size) == 0, "munmap: %d", errno);
    long now = free_kib();
    CHECK(now == before, "round %d: %ld KiB of %ld came back", round, now, before);
  }
  char *page = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(page != MAP_FAILED, "after recovery: %d", errno);
  memset(page, 7, PAGE);
  CHECK(page[PAGE - 1] == 7, "after recovery: %d", page[PAGE - 1]);
  return verdict("vm_exhaust");
}
