// SPDX-License-Identifier: Apache-2.0
/* The switch between coroutines: what the procedure call standard has a function preserve (AAPCS,
 * 6.1.1 and 6.1.2.1), 104 bytes. r3 only keeps the stack pointer a multiple of eight. */
        .arm
        .fpu    neon
        .section .text.coroutine_switch, "ax", %progbits
        .balign 4
        .globl  coroutine_switch
        .type   coroutine_switch, %function
coroutine_switch:
        push    {r3-r11, lr}
        vpush   {d8-d15}
        str     sp, [r0]
        mov     sp, r1
        mov     r0, r2
        vpop    {d8-d15}
        pop     {r3-r11, pc}
        .size   coroutine_switch, . - coroutine_switch
        .section .note.GNU-stack, "", %progbits
