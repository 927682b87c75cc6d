// SPDX-License-Identifier: Apache-2.0
/* Bulk memory operations: the routines that the compiler calls by name, and page clearing.
 * Names and results: Run-time ABI for the ARM Architecture (IHI 0043), 4.3.4; ISO C 7.24. */
#if defined(__arm__)
  .syntax unified
  .arm

  .section .text.port_zero_page, "ax", %progbits
/* void port_zero_page(void *page): clears 4 KiB, 512 bytes per step. */
  .globl port_zero_page
  .type port_zero_page, %function
port_zero_page:
  push  {r4-r10, lr}
  add   lr, r0, #4096
  mov   r3, #0
  mov   r4, #0
  mov   r5, #0
  mov   r6, #0
  mov   r7, #0
  mov   r8, #0
  mov   r9, #0
  mov   r10, #0
1:
  .rept 16
  stmia r0!, {r3-r10}
  .endr
  cmp   r0, lr
  bne   1b
  pop   {r4-r10, pc}

  .section .text.port_clean_page, "ax", %progbits
/* void port_clean_page(uint32_t address): cleans a page's data to the point of unification
 * (DCCMVAU), in steps of 64 bytes, the line size of the Cortex-A7 and -A15 (CTR.DminLine). */
  .globl port_clean_page
  .type port_clean_page, %function
port_clean_page:
  add   r1, r0, #4096
1:
  .rept 8
  mcr   p15, 0, r0, c7, c11, 1
  add   r0, r0, #64
  .endr
  cmp   r0, r1
  bne   1b
  bx    lr

  .section .text.memset, "ax", %progbits
/* __aeabi_memclr*(p, n), __aeabi_memset*(p, n, c), memset(p, c, n) */
  .globl __aeabi_memclr, __aeabi_memclr4, __aeabi_memclr8
  .type __aeabi_memclr, %function
  .type __aeabi_memclr4, %function
  .type __aeabi_memclr8, %function
__aeabi_memclr4:
__aeabi_memclr8:
  mov   r2, r1
  mov   r1, #0
  mov   r12, r0
  b     2f
__aeabi_memclr:
  mov   r2, r1
  mov   r1, #0
  b     memset
  .globl __aeabi_memset, __aeabi_memset4, __aeabi_memset8
  .type __aeabi_memset, %function
  .type __aeabi_memset4, %function
  .type __aeabi_memset8, %function
__aeabi_memset:
__aeabi_memset4:
__aeabi_memset8:
  mov   r3, r1
  mov   r1, r2
  mov   r2, r3
  .globl memset
  .type memset, %function
memset:
  mov   r12, r0
  and   r1, r1, #0xff
  orr   r1, r1, r1, lsl #8
  orr   r1, r1, r1, lsl #16
1:
  tst   r12, #3                     @ bytes up to a word
  beq   2f
  subs  r2, r2, #1
  bxlo  lr
  strb  r1, [r12], #1
  b     1b
2:
  mov   r3, r1
  subs  r2, r2, #64
  blo   4f
  push  {r4-r9}
  mov   r4, r1
  mov   r5, r1
  mov   r6, r1
  mov   r7, r1
  mov   r8, r1
  mov   r9, r1
3:                                  @ 64 bytes per step
  stmia r12!, {r1, r3-r9}
  stmia r12!, {r1, r3-r9}
  subs  r2, r2, #64
  bhs   3b
  tst   r2, #32                     @ the count is 64 too low
  stmiane r12!, {r1, r3-r9}
  bicne r2, r2, #32
  pop   {r4-r9}
4:
  and   r2, r2, #63
5:                                  @ two words per step
  subs  r2, r2, #8
  stmiahs r12!, {r1, r3}
  bhi   5b
  bxeq  lr
  tst   r2, #4                      @ a word; the count is 8 too low
  strne r1, [r12], #4
  and   r2, r2, #3
6:                                  @ and bytes
  subs  r2, r2, #1
  bxlo  lr
  strb  r1, [r12], #1
  b     6b

  .section .text.memcpy, "ax", %progbits
/* memmove and its aliases: (destination, source, count); the ranges may overlap. */
  .globl memcpy, memmove, __aeabi_memcpy, __aeabi_memcpy4, __aeabi_memcpy8
  .type memmove, %function
  .type __aeabi_memcpy, %function
  .type __aeabi_memcpy4, %function
  .type __aeabi_memcpy8, %function
  .globl __aeabi_memmove, __aeabi_memmove4, __aeabi_memmove8
  .type __aeabi_memmove, %function
  .type __aeabi_memmove4, %function
  .type __aeabi_memmove8, %function
  .type memcpy, %function
memcpy:
memmove:
__aeabi_memcpy:
__aeabi_memcpy4:
__aeabi_memcpy8:
__aeabi_memmove:
__aeabi_memmove4:
__aeabi_memmove8:
  push  {r0, r4-r10, lr}
  sub   r3, r0, r1
  cmp   r3, r2
  blo   7f                          @ destination overlaps the source's end: copy backwards
  orr   r3, r0, r1
  tst   r3, #3
  bne   3f
  subs  r2, r2, #128
  blo   9f
10:                                 @ 128 bytes per step
  .rept 4
  ldmia r1!, {r3-r10}
  stmia r0!, {r3-r10}
  .endr
  subs  r2, r2, #128
  bhs   10b
9:
  adds  r2, r2, #128 - 32
  bmi   2f
1:                                  @ 32 bytes per step
  ldmia r1!, {r3-r10}
  stmia r0!, {r3-r10}
  subs  r2, r2, #32
  bhs   1b
2:                                  @ words; the count is a multiple of 32 too low
  tst   r2, #31
  beq   6f
  tst   r2, #16
  ldmiane r1!, {r3-r6}
  stmiane r0!, {r3-r6}
  tst   r2, #8
  ldmiane r1!, {r3-r4}
  stmiane r0!, {r3-r4}
  tst   r2, #4
  ldrne r3, [r1], #4
  strne r3, [r0], #4
4:
  and   r2, r2, #3
5:                                  @ and bytes
  subs  r2, r2, #1
  blo   6f
  ldrb  r3, [r1], #1
  strb  r3, [r0], #1
  b     5b
6:
  pop   {r0, r4-r10, pc}
3:                                  @ words that are misaligned (A3.2.1)
  subs  r2, r2, #4
  ldrhs r3, [r1], #4
  strhs r3, [r0], #4
  bhi   3b
  b     4b
7:
  add   r0, r0, r2
  add   r1, r1, r2
8:
  subs  r2, r2, #1
  blo   6b
  ldrb  r3, [r1, #-1]!
  strb  r3, [r0, #-1]!
  b     8b
#endif
