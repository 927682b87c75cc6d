/* The way back from a signal handler, for programs that name none of their own (SA_RESTORER): the
 * kernel makes one of these the handler's return address, with sp where the signal frame begins, and
 * finds them by their instructions, which debuggers look for, too.
 *
 * An unwinder takes the address in front of a return address for the place of the call; hence the
 * nop, which stands under the same entry. Behind the call nothing may follow: it does not return. */

        .syntax unified
        .arm

/* `registers`: where r0 to r15 lie in the frame. From r4 on they are popped, sp and pc among them; the
 * four below are nobody's across a call. */
        .macro  way_back number, registers
        .fnstart
        .unwind_raw 0, 0x8f, 0xff       /* the last is undone first */
        .unwind_raw 0, (\registers + 16 - 4) >> 2
        nop
        mov     r7, #\number
        svc     #0
        udf     #0xfdee
        .fnend
        .endm

        .section .text.signal_return, "ax", %progbits
        .balign 4
        way_back 119, 32                /* sigreturn: flags, link, stack, three words, registers */
        way_back 173, 32 + 128          /* rt_sigreturn: the same behind siginfo */
