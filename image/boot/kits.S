// SPDX-License-Identifier: Apache-2.0
/* The kits that are built into the kernel, as the build made them (tools/build-kit), one after the
 * other: the number of bytes as a word, then the bytes, filled up to words; 0 ends them. */
#if defined(__arm__)
        .macro  kit name
        .word   2f - 1f
1:      .incbin ".build/apus/kits/\name\().kit"
2:      .balign 4
        .endm

        .section .rodata.kits, "a", %progbits
        .balign 4
        .globl  __kits_start
        .globl  __kits_end
__kits_start:
        kit     vstat
        kit     vsched
        .word   0
__kits_end:
#endif
