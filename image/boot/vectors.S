// SPDX-License-Identifier: Apache-2.0
/* The exception vectors, and all entries to the kernel and exits from it.
 *
 * The kernel runs on the SVC stack of the interrupted task, after a trap frame of 18 words
 * (layout.h). A fault in the kernel is examined before it touches that stack: if the stack has run
 * into its guard page, the kernel panics on another stack and does not fault again and again.
 */
#if defined(__arm__)
#include "cpu_area.h"
#include "layout.h"
#include "trap_frame.h"

  .syntax unified
  .arm

/* The page at 0xffff0000 (SCTLR.V), which is also the image's first: the loader enters at the reset
 * vector. At its end are the helpers of programs (helpers.S), which may read it. */
  .section .vectors, "ax", %progbits
  .balign 32
  .globl vectors
vectors:
  b     _start
  ldr   pc, 1f
  ldr   pc, 1f + 4
  ldr   pc, 1f + 8
  ldr   pc, 1f + 12
  ldr   pc, 1f + 16
  ldr   pc, 1f + 20
  ldr   pc, 1f + 24
1:
  .word trap_undefined, trap_system_call, trap_prefetch, trap_data
  .word trap_unused, trap_interrupt, trap_fast_interrupt

  .section .text.traps, "ax", %progbits

/* A system call: number in r7, arguments in r0 to r6. Each is counted, in 64 bits.
 *
 * getppid, the benchmark for the cost of a call, reads a word at the top of the stack. It changes
 * no register but r0, so none is saved. Interrupts stay masked, so there is no new work before the
 * return and no other task has run: an exclusive reservation may survive. */
trap_system_call:
  cmp   r7, #CALL_GETPPID
  beq   parent
  srsdb sp!, #MODE_SVC              @ pc and cpsr of the caller
  sub   sp, sp, #FRAME_PC
  stmia sp, {r0-r14}^
  cpsie i
  ldr   r3, [sp, #FRAME_SIZE + CALL_COUNT]
  adds  r3, r3, #1
  str   r3, [sp, #FRAME_SIZE + CALL_COUNT]
  blcs  carry
  ldr   r1, [sp, #FRAME_SIZE + CALL_PROCESS]
  mov   r0, sp
  movw  r2, #CALL_CLOCK_TIME64
  cmp   r7, r2
  mov   r7, #0                      @ a backtrace ends here
  bne   1f
  bl    port_clock_time64

  .globl port_return_to_user
port_return_to_user:
return_to_user:
  cpsid i
  mrc   p15, 0, r1, c13, c0, 4
  ldr   r1, [r1, #CPU_RESCHEDULE]
  cmp   r1, #0
  bne   reschedule
  clrex                             @ a reservation must not survive an exception
  ldmia sp, {r0-r14}^
  add   sp, sp, #FRAME_PC
  rfeia sp!
reschedule:
  mov   r0, sp
  bl    port_reschedule
  b     return_to_user
1:
  bl    port_system_call
  b     return_to_user
parent:
  ldr   r0, [sp, #CALL_COUNT]
  adds  r0, r0, #1
  str   r0, [sp, #CALL_COUNT]
  bcs   2f
  ldr   r0, [sp, #CALL_PARENT]
  movs  pc, lr
2:
  ldr   r0, [sp, #CALL_CARRY]
  add   r0, r0, #1
  str   r0, [sp, #CALL_CARRY]
  ldr   r0, [sp, #CALL_PARENT]
  movs  pc, lr
carry:
  ldr   r3, [sp, #FRAME_SIZE + CALL_CARRY]
  add   r3, r3, #1
  str   r3, [sp, #FRAME_SIZE + CALL_CARRY]
  bx    lr

/* void port_enter_user(frame): the first exit to user mode. The frame may be anywhere on this
 * task's stack. It is moved to the stack's top, below the area at the end of the slot, where every
 * trap puts its frame. */
  .globl port_enter_user
  .type port_enter_user, %function
port_enter_user:
  ldr   r1, =STACK_SLOT - 1
  orr   r2, r0, r1
  sub   r2, r2, #CALL_AREA - 1      @ below the slot's end; copied from the last word down
  add   r1, r0, #FRAME_SIZE
1:
  ldr   r3, [r1, #-4]!
  str   r3, [r2, #-4]!
  cmp   r1, r0
  bne   1b
  mov   sp, r2
  b     return_to_user
  .ltorg

trap_interrupt:
  sub   lr, lr, #4
  srsdb sp!, #MODE_SVC
  cps   #MODE_SVC
  sub   sp, sp, #FRAME_PC
  stmia sp, {r0-r14}^
  str   lr, [sp, #FRAME_SVC_LR]
  mov   r0, sp
  mov   r4, sp
  bic   sp, sp, #7                  @ AAPCS: the interrupted code may have any multiple of 4
  bl    port_interrupt
  mov   sp, r4
return_from_trap:
  ldr   r0, [sp, #FRAME_CPSR]
  tst   r0, #0xf
  beq   return_to_user
  @ Preempts a kernel task (one without an owner). It holds no spin lock, because interrupts were
  @ unmasked.
  mrc   p15, 0, r1, c13, c0, 4
  ldr   r2, [r1, #CPU_OWNER]
  ldr   r3, [r1, #CPU_RESCHEDULE]
  cmp   r2, #0
  cmpeq r3, #1
  bne   1f
  mov   r4, sp
  bic   sp, sp, #7
  bl    port_preempt
  mov   sp, r4
1:
  ldr   lr, [sp, #FRAME_SVC_LR]
  clrex
  ldmia sp, {r0-r12}
  add   sp, sp, #FRAME_PC
  rfeia sp!

/* A fault: r0, r1, pc and cpsr are kept in this CPU's scratch area until the SVC stack is known to
 * have room. \kind is an argument of port_fault (PortARMv7A/FaultTriage.swift). */
.macro fault kind, adjust
  .if \adjust
  sub   lr, lr, #\adjust
  .endif
  stmia sp, {r0, r1, lr}
  mrs   r1, spsr
  str   r1, [sp, #12]
  mov   r0, sp
  mov   r1, #\kind
  b     fault_common
.endm

trap_undefined:
  fault 1, 4
trap_prefetch:
  fault 2, 4
trap_data:
  fault 3, 8
  .globl trap_reset
trap_reset:
trap_unused:
trap_fast_interrupt:
  mov   sp, #0
  mrc   p15, 0, sp, c13, c0, 4
  add   sp, sp, #CPU_SCRATCH
  fault 4, 4

fault_common:
  cps   #MODE_SVC
  sub   sp, sp, #FRAME_SIZE
  @ A slot is 16 KiB: guard page below, stack above. Is the frame still inside the stack?
  push_check = STACK_SLOT - 1
  str   r2, [r0, #-4]               @ the word before the scratch area is unused
  ldr   r2, =push_check
  and   r2, sp, r2
  cmp   r2, #PAGE
  movlo r1, #5                      @ no: report that, on the panic stack
  ldrlo sp, =__panic_stack_top - FRAME_SIZE
  ldr   r2, [r0, #-4]
  str   r1, [r0, #-4]
  add   r1, sp, #8
  stmia r1, {r2-r12}
  add   r1, sp, #52
  stmia r1, {r13, r14}^
  str   lr, [sp, #FRAME_SVC_LR]
  ldmia r0, {r2, r3, r5, r6}
  stmia sp, {r2, r3}
  str   r5, [sp, #FRAME_PC]
  str   r6, [sp, #FRAME_CPSR]
  ldr   r1, [r0, #-4]
  mov   r0, sp
  mov   r4, sp
  bic   sp, sp, #7
  bl    port_fault
  mov   sp, r4
  b     return_from_trap
  .ltorg
#endif
