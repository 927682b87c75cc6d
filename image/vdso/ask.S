// SPDX-License-Identifier: Apache-2.0
/* The image's way to the kernel: beside the ways back from signal handlers the only place in it that
 * holds an svc. Arguments are where the system call wants them already; r7 takes the number (Linux'
 * EABI), which comes in r12. One body serves all calls; the verifier looks at every way into it. */

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
