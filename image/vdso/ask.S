/* The image's way to the kernel: the only place in it that holds an svc. Arguments are where the
 * system call wants them already; r7 takes the number (Linux' EABI). Each has its unwind entry, so
 * that a backtrace from the kernel's side of the call finds the caller. */

        .syntax unified
        .arm

        .macro  ask     name, number
        .section .text.\name, "ax", %progbits
        .balign 4
        .globl  \name
        .hidden \name
        .type   \name, %function
\name:
        .fnstart
        .save   {r7, lr}
        push    {r7, lr}
        movw    r7, #\number
        svc     #0
        pop     {r7, pc}
        .fnend
        .size   \name, . - \name
        .endm

        ask     vdso_ask_clock_gettime64, 403
        ask     vdso_ask_clock_gettime, 263
        ask     vdso_ask_clock_getres64, 406
        ask     vdso_ask_clock_getres, 264
        ask     vdso_ask_gettimeofday, 78
        ask     vdso_ask_getcpu, 345

/* Compact unwind entries name this routine; lld wants it defined, and nobody calls it here. */
        .section .text.__aeabi_unwind_cpp_pr0, "ax", %progbits
        .balign 4
        .globl  __aeabi_unwind_cpp_pr0
        .hidden __aeabi_unwind_cpp_pr0
        .type   __aeabi_unwind_cpp_pr0, %function
__aeabi_unwind_cpp_pr0:
        .fnstart
        .cantunwind
        bx      lr
        .fnend
        .size   __aeabi_unwind_cpp_pr0, . - __aeabi_unwind_cpp_pr0
