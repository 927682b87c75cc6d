// SPDX-License-Identifier: Apache-2.0
/* The way back from a signal handler, for programs that name none of their own (SA_RESTORER): the
 * kernel makes one of these the handler's return address, with sp where the signal frame begins, and
 * finds them by their instructions, which debuggers look for, too.
 *
 * An unwinder takes the address in front of a return address for the place of the call; hence the
 * nop, which stands under the same entry. Behind the call nothing may follow: it does not return. */

        .syntax unified
        .arm

        .macro  way_back number
        nop
        mov     r7, #\number
        svc     #0
        udf     #0xfdee
        .endm

        .section .text.signal_return, "ax", %progbits
        .balign 4
        way_back 119                    /* sigreturn: a ucontext, whose registers are 32 bytes on */
        way_back 173                    /* rt_sigreturn: the same behind a siginfo of 128 bytes */
