// SPDX-License-Identifier: Apache-2.0
/* The sigreturn trampolines, for signal handlers without SA_RESTORER. The kernel puts the address
 * of one into lr at the handler's entry, and sp at the signal frame. Kernel and debuggers recognise
 * the trampolines by their instructions.
 *
 * An unwinder takes the instruction before a return address for the call; hence the nop, which has
 * the same unwind entry. Nothing may follow the svc, because it does not return. */

        .syntax unified
        .arm

        .macro  trampoline number
        nop
        mov     r7, #\number
        svc     #0
        udf     #0xfdee
        .endm

        .section .text.signal_return, "ax", %progbits
        .balign 4
        trampoline 119                  /* sigreturn: a ucontext, with registers at offset 32 */
        trampoline 173                  /* rt_sigreturn: a siginfo of 128 bytes, then a ucontext */
