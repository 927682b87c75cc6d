// SPDX-License-Identifier: Apache-2.0
/* The per-CPU area, whose address is in TPIDRPRW. Shared by assembly and Swift. */
#ifndef APUS_CPU_AREA_H
#define APUS_CPU_AREA_H

#define CPU_LIMIT      8  /* the most CPUs, a power of two: RTOSCore/PerCPU.swift */

#define CPU_NUMBER     0  /* below CPU_LIMIT */
#define CPU_RESCHEDULE 4  /* not 0: reschedule before the return to user mode */
#define CPU_TASK       8  /* number of the running task */
#define CPU_SCRATCH    16 /* four words for a fault's first registers, and one before them */
#define CPU_INTERRUPTS 32 /* depth of nested interrupts */
#define CPU_OWNER      36 /* owner word of the running task */
#define CPU_STACK      44 /* initial stack pointer of a secondary CPU */
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
  uint32_t watched; /* not 0: the test kernel measures how long interrupts are masked */
  uint32_t stack;
  uint32_t phase;  /* of its start or stop (PortARMv7A/ProcessorArea.swift) */
  uint32_t signal; /* its bit in the interrupt controller's target masks */
  uint32_t frame; /* address of the trap frame of the last interrupt */
  uint32_t identity; /* its MIDR */
  uint32_t counts[2]; /* interrupts: 0 without a handler, 1 spurious */
  uint32_t padding[14];
};
_Static_assert(offsetof(struct port_cpu_area, number) == CPU_NUMBER, "number");
_Static_assert(offsetof(struct port_cpu_area, reschedule) == CPU_RESCHEDULE, "reschedule");
_Static_assert(offsetof(struct port_cpu_area, task) == CPU_TASK, "task");
_Static_assert(offsetof(struct port_cpu_area, interrupts) == CPU_INTERRUPTS, "interrupts");
_Static_assert(offsetof(struct port_cpu_area, owner) == CPU_OWNER, "owner");
_Static_assert(offsetof(struct port_cpu_area, scratch) == CPU_SCRATCH, "scratch");
_Static_assert(offsetof(struct port_cpu_area, stack) == CPU_STACK, "stack");
_Static_assert(sizeof(struct port_cpu_area) == 1 << CPU_AREA_SHIFT, "size");
_Static_assert((CPU_LIMIT & (CPU_LIMIT - 1)) == 0, "the limit is a mask's");

/* As many bytes as CPUs: Swift compares the number with its own (PortARMv7A/ProcessorArea.swift). */
struct port_cpu_limit {
  uint8_t bytes[CPU_LIMIT];
};
#endif
#endif
