// SPDX-License-Identifier: Apache-2.0
/* Copies between the kernel and the process whose address space is active.
 *
 * User memory is accessed by ldrt and strt, which the processor checks like accesses in user mode
 * (ARM DDI 0406C, A4.6.5), so kernel addresses are refused. After a fault that cannot be resolved
 * the copy continues at user_copy_fault (PortARMv7A/FaultTriage.swift): the routines use no stack.
 * Aligned copies move blocks of 32 bytes, then words, then bytes.
 */
#if defined(__arm__)
  .syntax unified
  .arm
  .section .text.user_copy, "ax", %progbits
  .globl user_copy_start
user_copy_start:

/* bool port_copy_in(void *destination, uint32_t source, uint32_t count) */
  .globl port_copy_in
  .type port_copy_in, %function
port_copy_in:
  orr   r3, r0, r1
  tst   r3, #3
  bne   3f
  subs  r2, r2, #32
  blo   1f
0:
  .rept 4
  ldrt  r3, [r1], #4
  ldrt  r12, [r1], #4
  stm   r0!, {r3, r12}
  .endr
  subs  r2, r2, #32
  bhs   0b
1:
  add   r2, r2, #32
1:
  subs  r2, r2, #4
  blo   2f
  ldrt  r3, [r1], #4
  str   r3, [r0], #4
  b     1b
2:
  add   r2, r2, #4
3:
  subs  r2, r2, #1
  blo   4f
  ldrbt r3, [r1], #1
  strb  r3, [r0], #1
  b     3b
4:
  mov   r0, #1
  bx    lr

/* bool port_copy_out(uint32_t destination, const void *source, uint32_t count) */
  .globl port_copy_out
  .type port_copy_out, %function
port_copy_out:
  orr   r3, r0, r1
  tst   r3, #3
  bne   3f
  subs  r2, r2, #32
  blo   1f
0:
  .rept 4
  ldm   r1!, {r3, r12}
  strt  r3, [r0], #4
  strt  r12, [r0], #4
  .endr
  subs  r2, r2, #32
  bhs   0b
1:
  add   r2, r2, #32
1:
  subs  r2, r2, #4
  blo   2f
  ldr   r3, [r1], #4
  strt  r3, [r0], #4
  b     1b
2:
  add   r2, r2, #4
3:
  subs  r2, r2, #1
  blo   4f
  ldrb  r3, [r1], #1
  strbt r3, [r0], #1
  b     3b
4:
  mov   r0, #1
  bx    lr

/* uint32_t port_copy_string(void *destination, uint32_t source, uint32_t room) */
  .globl port_copy_string
  .type port_copy_string, %function
port_copy_string:
  mov   r12, r1
  add   r2, r2, r1                  @ the end of the room
1:
  cmp   r1, r2
  beq   2f
  ldrbt r3, [r1], #1
  strb  r3, [r0], #1
  cmp   r3, #0
  bne   1b
  sub   r0, r1, r12                 @ counts the zero, which makes it the length plus 1
  bx    lr
2:
  sub   r0, r1, r12
  add   r0, r0, #1
  bx    lr

/* bool port_store_time32(seconds, nanoseconds, uint32_t destination): a timespec of 8 bytes */
  .globl port_store_time32
  .type port_store_time32, %function
port_store_time32:
  strt  r0, [r2], #4
  strt  r1, [r2]
  mov   r0, #1
  bx    lr

/* bool port_store_time64(low, high, nanoseconds, uint32_t destination): a timespec of 16 bytes */
  .globl port_store_time64
  .type port_store_time64, %function
port_store_time64:
  strt  r0, [r3], #4
  mov   r0, #0
  strt  r1, [r3], #4
  strt  r2, [r3], #4
  strt  r0, [r3]
  mov   r0, #1
  bx    lr

  .globl user_copy_fault
user_copy_fault:
  mov   r0, #0
  bx    lr
  .globl user_copy_end
user_copy_end:
#endif
