// SPDX-License-Identifier: Apache-2.0
/* What vectors.S keeps at the top of a task's kernel stack. Shared by assembly and Swift. */
#ifndef APUS_TRAP_FRAME_H
#define APUS_TRAP_FRAME_H

/* The trap frame: 18 words, r0 at the lowest address (UserSpace/ABI/ARM/ARMRegisters.swift). */
#define FRAME_SIZE    72
#define FRAME_SVC_LR  60
#define FRAME_PC      64
#define FRAME_CPSR    68

/* The call area, above the frame of every trap from user mode: words that entry code reads and
 * writes without a free register (UserSpace/Process/CallArea.swift). */
#define CALL_AREA      16
#define CALL_COUNT      0
#define CALL_CARRY      4
#define CALL_PARENT     8
#define CALL_PROCESS   12

/* The numbers of the calls that have an entry of their own. A test compares them with Swift's table
 * (UserSpace/ABI/ARM/ARMCallNumber.swift). */
#define CALL_GETPPID      64
#define CALL_CLOCK_TIME64 403

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct port_trap_frame {
  uint32_t r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12;
  uint32_t sp, lr; /* of user mode */
  uint32_t svc_lr; /* the kernel's lr, if the trap interrupted the kernel */
  uint32_t pc, cpsr;
};
_Static_assert(offsetof(struct port_trap_frame, r7) == 7 * 4, "r7");
_Static_assert(offsetof(struct port_trap_frame, svc_lr) == FRAME_SVC_LR, "svc_lr");
_Static_assert(offsetof(struct port_trap_frame, pc) == FRAME_PC, "pc");
_Static_assert(offsetof(struct port_trap_frame, cpsr) == FRAME_CPSR, "cpsr");
_Static_assert(sizeof(struct port_trap_frame) == FRAME_SIZE, "trap frame");

struct port_call_area {
  uint64_t calls;   /* number of system calls made */
  uint32_t parent;  /* the result of getppid */
  uint32_t process; /* address of the process record */
};
_Static_assert(offsetof(struct port_call_area, calls) == CALL_COUNT, "calls");
_Static_assert(CALL_CARRY == CALL_COUNT + 4, "the high word of calls");
_Static_assert(offsetof(struct port_call_area, parent) == CALL_PARENT, "parent");
_Static_assert(offsetof(struct port_call_area, process) == CALL_PROCESS, "process");
_Static_assert(sizeof(struct port_call_area) == CALL_AREA, "call area");
#endif
#endif
