// SPDX-License-Identifier: Apache-2.0
/* 64-bit division and shifts, which the compiler calls by name: Run-time ABI for the ARM
 * Architecture (IHI 0043), 4.2. Too slow for hot paths: a division takes up to 64 rounds of 8. */
#if defined(__arm__)
  .syntax unified
  .arm
  .arch_extension idiv

  .section .text.uldivmod, "ax", %progbits
/* {r0:r1 = quotient, r2:r3 = remainder} __aeabi_uldivmod(r0:r1 dividend, r2:r3 divisor).
 * Shift and subtract, beginning at the divisor's highest useful position. */
  .globl __aeabi_uldivmod
  .type __aeabi_uldivmod, %function
__aeabi_uldivmod:
  orrs  r12, r1, r3
  beq   4f
  push  {r4-r7}
  orrs  r12, r2, r3
  beq   5f
  clz   r4, r1                      @ leading zeros of the dividend...
  cmp   r1, #0
  clzeq r4, r0
  addeq r4, r4, #32
  clz   r5, r3                      @ ... and of the divisor
  cmp   r3, #0
  clzeq r5, r2
  addeq r5, r5, #32
  subs  r4, r5, r4                  @ how far the divisor can be shifted
  mov   r6, #0                      @ quotient
  mov   r7, #0
  blt   3f
  rsb   r5, r4, #32                 @ divisor <<= r4
  sub   r12, r4, #32
  lsl   r3, r3, r4
  orr   r3, r3, r2, lsr r5
  orr   r3, r3, r2, lsl r12
  lsl   r2, r2, r4
2:
  adds  r6, r6, r6
  adc   r7, r7, r7
  subs  r5, r0, r2
  sbcs  r12, r1, r3
  movhs r0, r5
  movhs r1, r12
  orrhs r6, r6, #1
  lsrs  r3, r3, #1
  rrx   r2, r2
  subs  r4, r4, #1
  bge   2b
3:
  mov   r2, r0
  mov   r3, r1
  mov   r0, r6
  mov   r1, r7
  pop   {r4-r7}
  bx    lr
4:                                  @ both fit 32 bits
  cmp   r2, #0
  beq   6f
  udiv  r12, r0, r2
  mls   r2, r12, r2, r0
  mov   r0, r12
  bx    lr
5:
  pop   {r4-r7}
6:
  udf   #0                          @ division by zero: Swift code checks for it before

  .section .text.ldivmod, "ax", %progbits
/* __aeabi_ldivmod divides signed numbers. The quotient is rounded towards 0; the remainder has the
 * sign of the dividend. Registers as in __aeabi_uldivmod: quotient in r0:r1, remainder in r2:r3. */
  .globl __aeabi_ldivmod
  .type __aeabi_ldivmod, %function
__aeabi_ldivmod:
  push  {r4, r5, r6, lr}
  mov   r4, r1                      @ sign of the remainder
  eor   r5, r1, r3                  @ sign of the quotient
  cmp   r1, #0
  bge   1f
  rsbs  r0, r0, #0
  rsc   r1, r1, #0
1:
  cmp   r3, #0
  bge   2f
  rsbs  r2, r2, #0
  rsc   r3, r3, #0
2:
  bl    __aeabi_uldivmod
  cmp   r5, #0
  bge   3f
  rsbs  r0, r0, #0
  rsc   r1, r1, #0
3:
  cmp   r4, #0
  bge   4f
  rsbs  r2, r2, #0
  rsc   r3, r3, #0
4:
  pop   {r4, r5, r6, pc}

  .section .text.llsl, "ax", %progbits
/* r0:r1 << r2; r2 is below 64 */
  .globl __aeabi_llsl
  .type __aeabi_llsl, %function
__aeabi_llsl:
  rsb   r3, r2, #32
  sub   r12, r2, #32
  lsl   r1, r1, r2
  orr   r1, r1, r0, lsr r3
  orr   r1, r1, r0, lsl r12
  lsl   r0, r0, r2
  bx    lr

  .section .text.llsr, "ax", %progbits
/* r0:r1 >> r2, filled with zeros; r2 is below 64 */
  .globl __aeabi_llsr
  .type __aeabi_llsr, %function
__aeabi_llsr:
  rsb   r3, r2, #32
  sub   r12, r2, #32
  lsr   r0, r0, r2
  orr   r0, r0, r1, lsl r3
  orr   r0, r0, r1, lsr r12
  lsr   r1, r1, r2
  bx    lr

  .section .text.lasr, "ax", %progbits
/* r0:r1 >> r2, filled with the sign; r2 is below 64 */
  .globl __aeabi_lasr
  .type __aeabi_lasr, %function
__aeabi_lasr:
  subs  r12, r2, #32
  rsb   r3, r2, #32
  lsr   r0, r0, r2
  orr   r0, r0, r1, lsl r3
  orrpl r0, r0, r1, asr r12
  asr   r1, r1, r2
  bx    lr
#endif
