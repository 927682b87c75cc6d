// SPDX-License-Identifier: Apache-2.0
/* The system calls of the image. Outside of this file only the sigreturn trampolines have an svc.
 * Arguments are already in the registers of the system call; the number goes to r7 (Linux' EABI)
 * and is passed in r12. One body serves all calls; the verifier checks every entry to it. */

        .syntax unified
        .arm
        .section .text.ask, "ax", %progbits
        .balign 4

        .macro  ask     name, number
        .globl  \name
        .hidden \name
        .type   \name, %function
\name:
        movw    r12, #\number
        .endm

        .macro  ask_by_body name, number
        ask     \name, \number
        b       1f
        .size   \name, . - \name
        .endm

        ask_by_body vdso_ask_clock_gettime64, 403
        ask_by_body vdso_ask_clock_gettime, 263
        ask_by_body vdso_ask_clock_getres64, 406
        ask_by_body vdso_ask_clock_getres, 264
        ask_by_body vdso_ask_gettimeofday, 78
        ask         vdso_ask_getcpu, 345
1:
        push    {r7, lr}
        mov     r7, r12
        svc     #0
        pop     {r7, pc}
        .size   vdso_ask_getcpu, . - vdso_ask_getcpu
