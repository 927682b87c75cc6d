// SPDX-License-Identifier: Apache-2.0
/* The page of the kit vsched: what the scheduler knows about each CPU.
 *
 * A rank is an urgency; the smaller number is the more urgent. 0 is a deadline (SCHED_DEADLINE);
 * 1 to 11 are LiteOS' priorities 0 to 10; 111 - p is the real-time priority p of Linux; 111 is
 * SCHED_OTHER; 112 to 121 are LiteOS' priorities 21 to 30; 122 is SCHED_IDLE; 123 is the idle task.
 *
 * The program's word of a CPU is a register, TPIDRURW. Its lower 24 bits are the number of the turn,
 * which the kernel stores. In the upper 8 bits the program publishes a priority for the kernel: that of
 * the most urgent of what this thread runs, 0 to 31, the smaller the more urgent, plus 1; 0 is none.
 */
#ifndef VSCHED_PAGE_H
#define VSCHED_PAGE_H

#include <stdint.h>

#define VSCHED_LAYOUT_HASH UINT64_C(0x5a7f688e4a861eb0)

enum {
  VSCHED_CPUS = 8,          /* the most CPUs of a machine */
  VSCHED_CPU_WORDS = 16,    /* the words of a CPU */
  VSCHED_RANK_OTHER = 111,  /* of SCHED_OTHER and SCHED_BATCH */
  VSCHED_RANK_IDLE = 123,   /* of the idle task: nothing else is ready */
  VSCHED_TURN_SHIFT = 8,    /* the upper bits of the program's word: what it publishes */
  VSCHED_PRIORITIES = 32,   /* that a program can publish; this number is for none of them */
  VSCHED_NO_END = INT32_MAX /* of a slice, or of a deadline: there is none */
};

/* The words of a CPU. */
enum {
  VSCHED_TURN,         /* the program's word of the CPU without its upper VSCHED_TURN_SHIFT bits, shifted to
                        * the left by as many: the number of the turn */
  VSCHED_RESERVED,
  VSCHED_RANK,         /* the rank of the task that runs */
  VSCHED_FIRST_READY,  /* the rank of the most urgent ready task; above all ranks if there is none */
  VSCHED_SLICE,        /* what is left of the slice, in ticks */
  VSCHED_TICK,         /* the tick when the turn began */
  VSCHED_DEADLINE,     /* the deadline of the task that runs, if its rank is 0: the lower half of a tick */
  VSCHED_FIRST_DEADLINE, /* that of the first ready task */
  VSCHED_READY,        /* four words of ready ranks: rank r + 1 is bit 31 - r % 32 of word r / 32 */
};

struct vsched_page {
  uint8_t layout_hash[8];
  uint8_t reserved[56];
  uint32_t words[VSCHED_CPUS * VSCHED_CPU_WORDS]; /* in the order of the CPUs */
};

#endif
