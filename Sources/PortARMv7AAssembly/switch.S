// SPDX-License-Identifier: Apache-2.0
/* The context switch. A task that does not run has its registers on its own stack.
 *
 * From the top: r4 to r11 and lr (36 bytes), the TLS register and FPSCR (8), d16 to d31, d0 to
 * d15 (256). No other file of the kernel has VFP instructions.
 */
#if defined(__arm__)
#include "cpu_area.h"
#include "trap_frame.h"
  .syntax unified
  .arm
  .fpu neon
  .section .text.port_switch, "ax", %progbits

/* void port_switch(uint32_t *saved_stack, uint32_t new_stack)
 * Interrupts are masked. Returns when the old task is switched in again. Thumb code, like its
 * callers: a jump to it needs no veneer. */
  .thumb
  .globl port_switch
  .type port_switch, %function
port_switch:
  push  {r4-r11, lr}
  mrc   p15, 0, r2, c13, c0, 3
  vmrs  r3, fpscr
  push  {r2, r3}
  vpush {d16-d31}
  vpush {d0-d15}
  str   sp, [r0]
  mov   sp, r1
  vpop  {d0-d15}
  vpop  {d16-d31}
  pop   {r2, r3}
  mcr   p15, 0, r2, c13, c0, 3
  vmsr  fpscr, r3
  pop   {r4-r11, pc}
  .size port_switch, . - port_switch
  .arm

/* uint32_t port_prepare_stack(uint32_t stack_top, void (*entry)(uint32_t), uint32_t argument)
 * Lays out a stack for port_switch. The task begins in entry(argument) with interrupts masked. */
  .globl port_prepare_stack
  .type port_prepare_stack, %function
port_prepare_stack:
  ldr   r3, =port_task_start
  str   r3, [r0, #-4]!              @ lr
  mov   r3, #0
  str   r3, [r0, #-4]!              @ r11 down to r6; r7 is 0: a backtrace ends here
  str   r3, [r0, #-4]!
  str   r3, [r0, #-4]!
  str   r3, [r0, #-4]!
  str   r3, [r0, #-4]!
  str   r3, [r0, #-4]!
  str   r1, [r0, #-4]!              @ r5: entry
  str   r2, [r0, #-4]!              @ r4: argument
  mov   r1, #66                     @ TLS, FPSCR and the 64 words of d0 to d31: all zero
1:
  str   r3, [r0, #-4]!
  subs  r1, r1, #1
  bne   1b
  bx    lr

/* uint32_t port_prepare_user(uint32_t stack_top, const void *frame, uint32_t tls)
 * Lays out a stack for port_switch. The task enters user mode with the registers in `frame`, which
 * is copied to the stack's top, with thread pointer `tls` and the VFP registers of the calling
 * task. */
  .globl port_prepare_user
  .type port_prepare_user, %function
port_prepare_user:
  push  {r4-r8, lr}
  sub   r0, r0, #FRAME_SIZE
  mov   r3, r0
  ldmia r1!, {r4-r8, r12}           @ 18 words
  stmia r3!, {r4-r8, r12}
  ldmia r1!, {r4-r8, r12}
  stmia r3!, {r4-r8, r12}
  ldmia r1!, {r4-r8, r12}
  stmia r3!, {r4-r8, r12}
  ldr   r3, =port_user_start
  str   r3, [r0, #-4]!              @ lr
  mov   r3, #0                      @ r11 down to r4: a backtrace ends here
  mov   r4, #0
  mov   r5, #0
  mov   r6, #0
  stmdb r0!, {r3-r6}
  stmdb r0!, {r3-r6}
  vmrs  r3, fpscr
  stmdb r0!, {r2, r3}
  vstmdb r0!, {d16-d31}
  vstmdb r0!, {d0-d15}
  pop   {r4-r8, pc}
  .size port_prepare_user, . - port_prepare_user

/* The start of a user task: its trap frame is on its stack, and the scheduler's lock is held. */
port_user_start:
  bl    port_task_started
  b     port_return_to_user

/* void port_save_vfp(uint32_t *words): d0 to d31, then FPSCR, of the running task */
  .globl port_save_vfp
  .type port_save_vfp, %function
port_save_vfp:
  vstmia r0!, {d0-d15}
  vstmia r0!, {d16-d31}
  vmrs  r1, fpscr
  str   r1, [r0]
  bx    lr
  .size port_save_vfp, . - port_save_vfp

/* void port_restore_vfp(const uint32_t *words) */
  .globl port_restore_vfp
  .type port_restore_vfp, %function
port_restore_vfp:
  vldmia r0!, {d0-d15}
  vldmia r0!, {d16-d31}
  ldr   r1, [r0]
  vmsr  fpscr, r1
  bx    lr
  .size port_restore_vfp, . - port_restore_vfp

/* void port_reset_user(void)
 * Clears the user registers outside of the trap frame, for a new program: VFP, FPSCR, thread
 * pointer. */
  .globl port_reset_user
  .type port_reset_user, %function
port_reset_user:
  mov   r0, #0
  mcr   p15, 0, r0, c13, c0, 3
  vmsr  fpscr, r0
  vmov  d0, r0, r0
  .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
  vmov  d\n, r0, r0
  .endr
  bx    lr
  .size port_reset_user, . - port_reset_user

port_task_start:
  mov   r0, r4
  blx   r5
  udf   #0                          @ a task's entry does not return
  .ltorg
#endif
