// SPDX-License-Identifier: Apache-2.0
/* The invariants after any batch: time does not go back, the vDSO's pages are unchanged, and all
 * memory is free again. */
#include "fuzz.h"
#include "../bench/vdso_symbol.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef int (*clock_function)(int, int64_t *);
static clock_function vdso_clock;
static uint32_t image_sum;

/* Nanoseconds of a time in two words of 64 bits, as clock_gettime64 stores it. */
static uint64_t nanoseconds(const int64_t *time) { return (uint64_t)time[0] * 1000000000u + (uint32_t)time[1]; }
static uint64_t by_call(int clock) {
  int64_t time[2] = {0, 0};
  call(403, clock, (uint32_t)(uintptr_t)time, 0, 0, 0, 0);
  return nanoseconds(time);
}
static uint64_t by_vdso(int clock) {
  int64_t time[2] = {0, 0};
  if (vdso_clock(clock, time)) return 0;
  return nanoseconds(time);
}

/* 0 if the times by call, vDSO and call are in order, else the number of the wrong pair. */
static uint32_t disorder(int clock, uint64_t *last) {
  uint64_t before = by_call(clock);
  uint64_t between = vdso_clock ? by_vdso(clock) : before;
  uint64_t after = by_call(clock);
  uint32_t wrong = before < *last ? 1 : between < before ? 2 : after < between ? 3 : 0;
  *last = after;
  return wrong;
}

void check_time(struct watch *watch) {
  uint64_t last = watch->last;
  uint32_t wrong = disorder(1, &watch->last);
  if (!wrong) return;
  shared->detail[0] = wrong;
  shared->detail[1] = (uint32_t)(last >> 32), shared->detail[2] = (uint32_t)last;
  shared->detail[3] = (uint32_t)watch->last;
  shared->finding = FINDING_TIME_BACK;
}

static uint32_t sum(uint32_t from, uint32_t to) {
  uint32_t result = 1;
  for (uint32_t at = from; at < to; at += 4) result = result * 31 + *(const volatile uint32_t *)(uintptr_t)at;
  return result;
}

/* The number after `name` in a file; -1 if there is none. Without stdio, which allocates memory. */
static long number_in(const char *path, const char *name) {
  static char text[4096];
  int file = open(path, O_RDONLY);
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  text[count < 0 ? 0 : count] = 0;
  const char *line = strstr(text, name);
  return line ? strtol(line + strlen(name), NULL, 10) : -1;
}
long free_memory(void) { return number_in("/proc/meminfo", "MemFree:"); }

/* --- Between batches. */
static uint64_t last_times[2];
static const int clocks[2] = {1, 7}; /* MONOTONIC and BOOTTIME, which no program can set */

void remember_machine(void) {
  vdso_clock = (clock_function)vdso_symbol("__vdso_clock_gettime64");
  image_sum = sum(vdso_pages, vdso_end_page);
}

const char *check_machine(void) {
  if (sum(vdso_pages, vdso_end_page) != image_sum) return "the vDSO's image has changed";
  sum(vvar_page, vdso_pages); /* must be readable */
  for (uint32_t i = 0; i < 2; i++)
    if (disorder(clocks[i], &last_times[i])) return "time went back";
  /* No program runs that could set this clock between the three reads, so they are ordered too. */
  uint64_t none = 0;
  if (disorder(0, &none)) return "the vDSO and the system call disagree";
  return 0;
}

/* Writes to every writable page of init. After a fork this gives init its private copies, so that
 * init lives on when a batch uses up all memory. */
void touch_own_pages(void) {
  static uint32_t ranges[16][2], count;
  if (!count) {
    static char text[4096];
    int file = open("/proc/self/maps", O_RDONLY);
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    text[size < 0 ? 0 : size] = 0;
    for (char *line = text; line && *line && count < 16; line = strchr(line, '\n'), line += line != 0) {
      char *rest;
      uint32_t from = strtoul(line, &rest, 16), to = strtoul(rest + 1, &rest, 16);
      if (strncmp(rest, " rw-p", 5) == 0) ranges[count][0] = from, ranges[count++][1] = to;
    }
  }
  for (uint32_t i = 0; i < count; i++)
    for (uint32_t at = ranges[i][0]; at < ranges[i][1]; at += PAGE) {
      volatile char *byte = (volatile char *)(uintptr_t)at;
      *byte = *byte;
    }
}

void touch_own_file(void) {
  int file = open("/init", O_RDONLY);
  off_t size = lseek(file, 0, SEEK_END);
  const volatile char *bytes = mmap(0, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes != MAP_FAILED) {
    for (off_t at = 0; at < size; at += PAGE) (void)bytes[at];
    munmap((void *)bytes, size);
  }
  close(file);
}
