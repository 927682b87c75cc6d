// SPDX-License-Identifier: Apache-2.0
/* Copies between the kernel and the process whose address space is active.
 *
 * Single words and bytes of user memory are accessed by ldrt and strt, which the processor checks like accesses in
 * user mode (ARM DDI 0406C, A4.6.5). These have no form for several registers. Blocks of 32 bytes are therefore
 * copied by ldm and stm after a check that the range is in the user half; every page there has the same permissions
 * for both modes (PortARMv7A/Tables/UserDescriptor.swift).
 * Words may be misaligned (A3.2.1), blocks may not.
 *
 * After a fault that cannot be resolved a copy continues at user_copy_fault, in a block at user_copy_block_fault
 * (PortARMv7A/FaultTriage.swift).
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
  bne   copy_in_words
  cmp   r2, #32
  bhs   copy_in_blocks
copy_in_words:
  subs  r2, r2, #4
  blo   1f
  ldrt  r3, [r1], #4
  str   r3, [r0], #4
  b     copy_in_words
1:
  adds  r2, r2, #4
  beq   3f
2:
  ldrbt r3, [r1], #1
  strb  r3, [r0], #1
  subs  r2, r2, #1
  bne   2b
3:
  mov   r0, #1
  bx    lr

/* bool port_copy_out(uint32_t destination, const void *source, uint32_t count) */
  .globl port_copy_out
  .type port_copy_out, %function
port_copy_out:
  orr   r3, r0, r1
  tst   r3, #3
  bne   copy_out_words
  cmp   r2, #32
  bhs   copy_out_blocks
copy_out_words:
  subs  r2, r2, #4
  blo   1f
  ldr   r3, [r1], #4
  strt  r3, [r0], #4
  b     copy_out_words
1:
  adds  r2, r2, #4
  beq   3f
2:
  ldrb  r3, [r1], #1
  strbt r3, [r0], #1
  subs  r2, r2, #1
  bne   2b
3:
  mov   r0, #1
  bx    lr

  .globl user_copy_block_start
user_copy_block_start:

/* The whole blocks of 32 bytes of an aligned copy of at least one; the rest is copied by words. Both keep r4 to r10
 * on the stack. */
  .macro copy_blocks user, rest
  push  {r4-r10}
  sub   r12, r2, #1
  adds  r12, r12, \user             @ the last byte: a carry or bit 31 is outside the user half
  bcs   user_copy_block_fault
  bmi   user_copy_block_fault
  subs  r2, r2, #64
  blo   1f
0:                                  @ 64 bytes per step
  .rept 2
  ldm   r1!, {r3-r10}
  stm   r0!, {r3-r10}
  .endr
  subs  r2, r2, #64
  bhs   0b
1:
  adds  r2, r2, #32
  ldmpl r1!, {r3-r10}
  stmpl r0!, {r3-r10}
  and   r2, r2, #31
  pop   {r4-r10}
  b     \rest
  .endm

copy_in_blocks:
  copy_blocks r1, copy_in_words
copy_out_blocks:
  copy_blocks r0, copy_out_words
  .globl user_copy_block_end
user_copy_block_end:

/* uint32_t port_copy_string(void *destination, uint32_t source, uint32_t room) */
  .globl port_copy_string
  .type port_copy_string, %function
port_copy_string:
  mov   r12, r1
  cmp   r2, #0
  beq   2f
1:
  ldrbt r3, [r1], #1
  strb  r3, [r0], #1
  cmp   r3, #0
  subsne r2, r2, #1                 @ until the zero, or the end of the room
  bne   1b
  cmp   r3, #0
  sub   r0, r1, r12                 @ counts the zero, which makes it the length plus 1
  addne r0, r0, #1
  bx    lr
2:
  mov   r0, #1
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

  .globl user_copy_block_fault
user_copy_block_fault:
  pop   {r4-r10}
  .globl user_copy_fault
user_copy_fault:
  mov   r0, #0
  bx    lr
  .globl user_copy_end
user_copy_end:
#endif
