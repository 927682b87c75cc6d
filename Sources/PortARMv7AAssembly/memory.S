/* Memory in bulk: the routines that the compiler calls by name, and a page of zeros.
 * Names and results: Run-time ABI for the ARM Architecture (IHI 0043), 4.3.4; ISO C 7.24. */
#if defined(__arm__)
  .syntax unified
  .arm

  .section .text.port_zero_page, "ax", %progbits
/* void port_zero_page(void *page): 4 KiB, 512 bytes a step. */
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

  .section .text.memset, "ax", %progbits
/* __aeabi_memclr*(p, n), __aeabi_memset*(p, n, c), memset(p, c, n) */
  .globl __aeabi_memclr, __aeabi_memclr4, __aeabi_memclr8
  .type __aeabi_memclr, %function
  .type __aeabi_memclr4, %function
  .type __aeabi_memclr8, %function
__aeabi_memclr:
__aeabi_memclr4:
__aeabi_memclr8:
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
3:
  subs  r2, r2, #16
  blo   4f
  stmia r12!, {r1, r3}
  stmia r12!, {r1, r3}
  b     3b
4:
  add   r2, r2, #16
5:
  subs  r2, r2, #1
  bxlo  lr
  strb  r1, [r12], #1
  b     5b

  .section .text.memcpy, "ax", %progbits
/* memmove and its kin: (destination, source, count), overlapping allowed. */
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
  push  {r0, r4-r6, lr}
  sub   r3, r0, r1
  cmp   r3, r2
  blo   5f                          @ destination inside source: from the end
  orr   r3, r0, r1
  tst   r3, #3
  bne   3f
1:
  subs  r2, r2, #16
  blo   2f
  ldmia r1!, {r3-r6}
  stmia r0!, {r3-r6}
  b     1b
2:
  add   r2, r2, #16
3:
  subs  r2, r2, #1
  blo   4f
  ldrb  r3, [r1], #1
  strb  r3, [r0], #1
  b     3b
4:
  pop   {r0, r4-r6, pc}
5:
  add   r0, r0, r2
  add   r1, r1, r2
6:
  subs  r2, r2, #1
  blo   4b
  ldrb  r3, [r1, #-1]!
  strb  r3, [r0, #-1]!
  b     6b
#endif
