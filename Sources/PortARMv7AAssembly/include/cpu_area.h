// SPDX-License-Identifier: Apache-2.0
/* What each CPU has of its own; TPIDRPRW points to it. Shared by assembly and Swift. */
#ifndef APUS_CPU_AREA_H
#define APUS_CPU_AREA_H

#define CPU_NUMBER     0  /* 0 up to 7 */
#define CPU_RESCHEDULE 4  /* not 0: a task switch is due before user mode */
#define CPU_TASK       8  /* number of the task that runs */
#define CPU_SCRATCH    16 /* four words where a fault's first registers wait, and one before */
#define CPU_INTERRUPTS 32 /* how many interrupts are being served */
#define CPU_OWNER      36 /* what the task's owner has at hand while it runs */
#define CPU_STACK      44 /* where a further CPU's stack begins, until it has run */
#define CPU_AREA_SHIFT 7  /* 128 bytes, two cache lines */

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct port_cpu_area {
  uint32_t number;
  uint32_t reschedule;
  uint32_t task;
  uint32_t before_scratch;
  uint32_t scratch[4];
  uint32_t interrupts;
  uint32_t owner;
  uint32_t watched; /* not 0: the test kernel watches how long interrupts are masked */
  uint32_t stack;
  uint32_t phase;  /* how far its start, or its end, has come (PortARMv7A/ProcessorArea.swift) */
  uint32_t signal; /* how the interrupt controller calls it, as a bit */
  uint32_t frame; /* where the registers of a CPU lie that a panic has stopped: a trap frame */
  uint32_t identity; /* its MIDR */
  uint32_t counts[8]; /* interrupts: the tick's, from 1 on the signals', at 5 those of nobody, at 6 spurious */
  uint32_t padding[8];
};
_Static_assert(offsetof(struct port_cpu_area, number) == CPU_NUMBER, "number");
_Static_assert(offsetof(struct port_cpu_area, reschedule) == CPU_RESCHEDULE, "reschedule");
_Static_assert(offsetof(struct port_cpu_area, task) == CPU_TASK, "task");
_Static_assert(offsetof(struct port_cpu_area, interrupts) == CPU_INTERRUPTS, "interrupts");
_Static_assert(offsetof(struct port_cpu_area, owner) == CPU_OWNER, "owner");
_Static_assert(offsetof(struct port_cpu_area, scratch) == CPU_SCRATCH, "scratch");
_Static_assert(offsetof(struct port_cpu_area, stack) == CPU_STACK, "stack");
_Static_assert(sizeof(struct port_cpu_area) == 1 << CPU_AREA_SHIFT, "size");
#endif
#endif
