/* The image's way to the kernel: the only place in it that holds an svc. Arguments are where the
 * system call wants them already; r7 takes the number (Linux' EABI). */

        .syntax unified
        .arm

        .macro  ask     name, number
        .section .text.\name, "ax", %progbits
        .balign 4
        .globl  \name
        .hidden \name
        .type   \name, %function
\name:
        push    {r7, lr}
        movw    r7, #\number
        svc     #0
        pop     {r7, pc}
        .size   \name, . - \name
        .endm

        ask     vdso_ask_clock_gettime64, 403
        ask     vdso_ask_clock_gettime, 263
        ask     vdso_ask_clock_getres64, 406
        ask     vdso_ask_clock_getres, 264
        ask     vdso_ask_gettimeofday, 78
        ask     vdso_ask_getcpu, 345
