// SPDX-License-Identifier: Apache-2.0
/* Code for programs at fixed addresses: what Linux calls kernel-provided user helpers
 * (Documentation/arch/arm/kernel_user_helpers.rst). Programs that run on processors before ARMv7,
 * too, call it for atomic operations, barriers and the thread pointer; Debian's Go is one. It is
 * the end of the vectors' page at 0xffff0000, which programs may read and execute.
 *
 * A helper may change r0, r3, ip, lr and the flags. An exclusive reservation does not survive an
 * interrupt, so no sequence needs to be restarted.
 */
#if defined(__arm__)
  .syntax unified
  .arm

  .section .helpers, "ax", %progbits
  .balign 32

/* 0xffff0f60: r0 and r1 are the addresses of an old and a new value of 64 bits, r2 that of a place.
 * Stores the new value if the place has the old one: then r0 is 0 and C is set. */
  push  {r4-r7}
  ldrd  r4, r5, [r0]
  ldrd  r6, r7, [r1]
  dmb   ish
1:
  ldrexd r0, r1, [r2]
  cmp   r0, r4
  cmpeq r1, r5
  bne   2f
  strexd r3, r6, r7, [r2]
  cmp   r3, #0
  bne   1b
2:
  movne r3, #1
  dmb   ish
  rsbs  r0, r3, #0                  @ C is set if r3 is 0
  pop   {r4-r7}
  bx    lr

/* 0xffff0fa0: a barrier. */
  dmb   ish
  bx    lr
exchanged:
  movne r3, #1
  dmb   ish
  rsbs  r0, r3, #0
  bx    lr

  .balign 32
/* 0xffff0fc0: the same as the first with values of 32 bits, in r0 and r1. */
  dmb   ish
1:
  ldrex r3, [r2]
  cmp   r3, r0
  bne   exchanged
  strex r3, r1, [r2]
  cmp   r3, #0
  bne   1b
  b     exchanged

/* 0xffff0fe0: the thread pointer. */
  mrc   p15, 0, r0, c13, c0, 3
  bx    lr
  .space 20
/* 0xffff0ffc: the number of helpers. */
  .word 5
#endif
