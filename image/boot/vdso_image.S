// SPDX-License-Identifier: Apache-2.0
/* The time page, and directly after it the vDSO's image, as the build made it (tools/build-vdso).
 * The linker script defines __vdso_data_start, __vdso_text_start and __vdso_text_end around them.
 * Both are mapped into programs, so nothing else may share their pages. */
#if defined(__arm__)
#include "layout.h"

        .section .data.vdso.datapage, "aw", %progbits
        .balign PAGE
        .skip   PAGE

        .section .data.vdso.text, "aw", %progbits
        .balign PAGE
        .incbin ".build/apus/vdso.so"
        .balign PAGE

/* The build ID that the kernel expects in the image. */
        .section .rodata.vdso_id, "a", %progbits
        .globl  __vdso_id_start
__vdso_id_start:
        .incbin ".build/apus/vdso.id"
#endif
