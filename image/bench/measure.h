// SPDX-License-Identifier: Apache-2.0
/* Measures durations in units of the generic timer's virtual counter (CNTVCT).
 *
 * With QEMU's `-icount shift=0` an instruction takes 1 ns of virtual time and the counter runs at
 * 62.5 MHz, so one count is 16 instructions. The shortest of several batches, each shorter than a
 * tick, is then exact. Otherwise a count is real time. Runs on Linux and on Apus.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

enum { INSTRUCTIONS_PER_COUNT = 16 };

typedef int clock_call(int id, void *time);

/* Reads CNTVCT after all earlier instructions (Arm ARM DDI 0406C.d, B4.1.34). */
static inline uint64_t stamp(void) {
  uint32_t low, high;
  __asm__ volatile("isb\n\tmrrc p15, 1, %0, %1, c14" : "=r"(low), "=r"(high) : : "memory");
  return (uint64_t)high << 32 | low;
}

/* CNTFRQ: counts per second. */
static inline uint32_t counter_frequency(void) {
  uint32_t frequency;
  __asm__ volatile("mrc p15, 0, %0, c14, c0, 0" : "=r"(frequency));
  return frequency;
}

/* Runs 2 x `turns` instructions that access no memory. */
static inline void spin(uint32_t turns) {
  __asm__ volatile("1: subs %0, %0, #1\n\tbne 1b" : "+r"(turns) : : "cc");
}

/* The shortest function, one instruction: it measures the cost of a batch itself plus that one. */
__attribute__((naked)) static inline int no_call(int id, void *time) {
  __asm__ volatile("bx lr");
}

__attribute__((noinline)) static inline uint32_t batch(clock_call *call, int id, void *time,
                                                        unsigned n) {
  uint64_t begun = stamp();
  for (unsigned i = 0; i < n; i++) {
    call(id, time);
    __asm__ volatile("" ::: "memory");
  }
  return (uint32_t)(stamp() - begun);
}

/* The shortest of 24 batches of `n` calls, in counts: a tick disturbs one batch, not all. */
static inline uint32_t least_batch(clock_call *call, int id, unsigned n) {
  uint64_t time[4];
  uint32_t least = UINT32_MAX;
  batch(call, id, time, 4); /* the first calls may meet page faults */
  for (int i = 0; i < 24; i++) {
    uint32_t counts = batch(call, id, time, n);
    if (counts < least) least = counts;
  }
  return least;
}

/* The cost of `n` calls, in counts: from the callee's first instruction to its return, both
 * included. `n` is a multiple of 16. */
static inline uint32_t cost_of_calls(clock_call *call, int id, unsigned n) {
  return least_batch(call, id, n) - least_batch(no_call, id, n) + n / INSTRUCTIONS_PER_COUNT;
}

/* clock_gettime64 by system call, without libc: 0 or a negative errno. */
static inline int clock_gettime64_by_call(int id, void *time) {
  register int r0 __asm__("r0") = id;
  register void *r1 __asm__("r1") = time;
  __asm__ volatile("push {r7}\n\tmovw r7, #403\n\tsvc #0\n\tpop {r7}"
                   : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

#endif
