// SPDX-License-Identifier: Apache-2.0
/* What must hold whatever a batch did: time goes on, the vDSO's pages are as they were, memory came back. */
#include "fuzz.h"
#include "../bench/vdso_symbol.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*clock_function)(int, int64_t *);
static clock_function vdso_clock;
static uint32_t image_sum;

/* Seconds and nanoseconds as two words of 64 bits, as clock_gettime64 stores them. */
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

/* 0 if call, vDSO and call give times in order, else which pair is not. */
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

/* A number behind a name in a file; -1 without one. Without stdio, which takes memory of its own. */
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
static const int clocks[2] = {1, 7}; /* monotonic and of the boot: nobody sets them */

void remember_machine(void) {
  vdso_clock = (clock_function)vdso_symbol("__vdso_clock_gettime64");
  image_sum = sum(vdso_pages, vdso_end_page);
}

const char *check_machine(void) {
  if (sum(vdso_pages, vdso_end_page) != image_sum) return "the vDSO's image has changed";
  sum(vvar_page, vdso_pages); /* readable */
  for (uint32_t i = 0; i < 2; i++)
    if (disorder(clocks[i], &last_times[i])) return "time went back";
  /* The clock that programs set stands still between these three, so they are in order as well. */
  uint64_t none = 0;
  if (disorder(0, &none)) return "the vDSO and the call tell different times";
  return 0;
}

/* Writes to every page that init may write to. After a fork this makes them its own, so that a batch
 * that takes all memory does not take init's. */
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
