// SPDX-License-Identifier: Apache-2.0
/* The instructions that Swift cannot express: system call, counter read, call by address. */
#include "init.h"

#include "../bench/measure.h"
#include "../bench/vdso_symbol.h"

enum { CALLS = 1024 };

static clock_call *in_vdso(void) { return (clock_call *)vdso_symbol("__vdso_clock_gettime64"); }

int tour_gettime_by_call(int id, void *time) { return clock_gettime64_by_call(id, time); }

int tour_gettime_in_vdso(int id, void *time) {
  clock_call *call = in_vdso();
  return call ? call(id, time) : -ENOSYS;
}

uint32_t tour_cost_by_call(int id) { return cost_of_calls(clock_gettime64_by_call, id, CALLS); }
uint32_t tour_cost_in_vdso(int id) { return cost_of_calls(in_vdso(), id, CALLS); }
uint32_t tour_counter_frequency(void) { return counter_frequency(); }

bool tour_counts_instructions(void) {
  for (uint32_t counts = 512; counts <= 2048; counts *= 2) {
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < 8; i++) {
      uint64_t begun = stamp();
      spin(counts * INSTRUCTIONS_PER_COUNT / 2);
      uint64_t took = stamp() - begun;
      if (took < least) least = took;
    }
    if (least < counts || least > counts + 1) return false;
  }
  return true;
}

void tour_use_lines(void) { setvbuf(stdout, NULL, _IOLBF, 0); }
