// SPDX-License-Identifier: Apache-2.0
/* What the kit needs of the machine: the word that the kernel stores in a register of the CPU, and
 * the system call. A host's test has both as variables. */
#ifndef VSCHED_TURN_H
#define VSCHED_TURN_H

#include <stdint.h>

#include "kit_image.h"

#if defined(__arm__)
/* The number of the turn, below what the program publishes: TPIDRURW (ARM DDI 0406C B4.1.151). */
KIT_INLINE uint32_t vsched_turn(void) {
  uint32_t turn;
  __asm__ volatile("mrc p15, 0, %0, c13, c0, 2" : "=r"(turn));
  return turn;
}

/* sched_yield; returns 1. Not inlined: a caller that does not need it then saves no r7. */
static inline __attribute__((noinline)) int32_t vsched_yield(void) {
  register int32_t result __asm__("r0");
  register uint32_t number __asm__("r7") = 158;
  __asm__ volatile("svc 0" : "=r"(result) : "r"(number) : "memory");
  return 1;
}
#else
extern uint32_t vsched_host_turn, vsched_host_stale, vsched_host_yields;
/* As often as `vsched_host_stale` says, a new turn begins as soon as the register is read. */
static inline uint32_t vsched_turn(void) {
  return vsched_host_stale && vsched_host_stale-- ? vsched_host_turn - 8 : vsched_host_turn;
}
static inline int32_t vsched_yield(void) {
  vsched_host_yields++;
  return 1;
}
#endif

#endif
