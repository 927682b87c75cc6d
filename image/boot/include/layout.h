// SPDX-License-Identifier: Apache-2.0
/* Constants that the start code, the vectors and the linker script share. */
#define KERNEL_BASE     0x80000000 /* the linear map begins here: RAM base */
#define KERNEL_OFFSET   0x00010000 /* QEMU and Linux' protocol load the image here above RAM base */
#define VECTORS_BASE    0xffff0000 /* high vectors, SCTLR.V = 1 */
#define STACK_SLOT      0x4000     /* a kernel stack's slot: guard page, then 12 KiB of stack */
#define PAGE            0x1000

/* Processor modes (ARM DDI 0406C, B1.3.1). */
#define MODE_USR 0x10
#define MODE_IRQ 0x12
#define MODE_SVC 0x13
#define MODE_ABT 0x17
#define MODE_HYP 0x1a
#define MODE_UND 0x1b
