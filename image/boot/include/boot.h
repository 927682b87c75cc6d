// SPDX-License-Identifier: Apache-2.0
/* What the start code and the linker script provide to the kernel. Addresses are virtual unless a
 * name says otherwise. A linker symbol has an address and no content. */
#ifndef APUS_BOOT_H
#define APUS_BOOT_H

#include <stdint.h>

/* Stored once by start.S before any Swift code runs. */
struct boot_facts {
  uint32_t device_tree; /* physical address of the device tree, from r2 */
  uint32_t ram_base;    /* physical address that 0x80000000 maps to */
  uint32_t counter_lo;  /* CNTVCT at the first instruction */
  uint32_t counter_hi;
};
extern struct boot_facts boot_facts;

/* The kernel's own first-level table (16 KiB) and eight second-level tables (1 KiB each). */
extern uint32_t boot_first_level[4096];
extern uint32_t boot_second_level[8][256];

/* Memory for the one system of the kernel, at a fixed address: so each access to a part of it is one
 * instruction shorter than through a pointer. */
extern char boot_system[], boot_system_end[];
static inline __attribute__((always_inline)) void *boot_system_place(void) { return boot_system; }
static inline uint32_t boot_system_size(void) { return (uint32_t)(boot_system_end - boot_system); }

/* Bounds of the sections, page aligned (kernel.ld). */
extern char __text_start[], __text_end[], __boot_text_start[], __boot_text_end[];
extern char __rodata_start[], __rodata_end[];
extern char __data_start[], __kernel_end[], __vectors_start[];
extern char __boot_stack_guard[], __boot_stack_top[], __panic_stack_guard[], __panic_stack_top[];
extern char __vdso_data_start[], __vdso_text_start[], __vdso_text_end[], __vdso_id_start[];
extern char __kits_start[], __kits_end[];
extern char __init_kernel_start[], __init_kernel_end[];
extern char __build_id_start[]; /* a GNU note: 16 bytes of header, 20 of SHA-1 */

/* Always inlined, because every access to a frame's memory calls it. */
static inline __attribute__((always_inline)) uint32_t boot_ram_base(void) { return boot_facts.ram_base; }
static inline uint32_t boot_device_tree(void) { return boot_facts.device_tree; }
static inline uint64_t boot_first_count(void) {
  return (uint64_t)boot_facts.counter_hi << 32 | boot_facts.counter_lo;
}
static inline uint32_t *boot_first_level_table(void) { return boot_first_level; }
static inline uint32_t *boot_second_level_tables(void) { return boot_second_level[0]; }

/* The physical address at which a CPU sleeps permanently with its MMU off (start.S). */
extern char boot_park[];
static inline uint32_t boot_park_address(void) {
  return (uint32_t)(uintptr_t)boot_park - 0x80000000u + boot_facts.ram_base;
}

/* The physical address at which a secondary CPU starts: number in r0, MMU off (start.S). */
extern char boot_secondary[];
static inline uint32_t boot_secondary_address(void) {
  return (uint32_t)(uintptr_t)boot_secondary - 0x80000000u + boot_facts.ram_base;
}
/* The lower half's translation table while a CPU enables its MMU. */
extern uint32_t boot_identity[2048];
static inline uint32_t *boot_identity_table(void) { return boot_identity; }

/* Linker symbols as functions: Swift would import an array and copy its contents. */
#define APUS_SYMBOL(name) \
  static inline uint32_t boot_##name(void) { return (uint32_t)(uintptr_t)__##name; }
APUS_SYMBOL(text_start)
APUS_SYMBOL(text_end)
APUS_SYMBOL(boot_text_start)
APUS_SYMBOL(boot_text_end)
APUS_SYMBOL(rodata_start)
APUS_SYMBOL(rodata_end)
APUS_SYMBOL(data_start)
APUS_SYMBOL(kernel_end)
APUS_SYMBOL(vectors_start)
APUS_SYMBOL(boot_stack_guard)
APUS_SYMBOL(boot_stack_top)
APUS_SYMBOL(panic_stack_guard)
APUS_SYMBOL(panic_stack_top)
APUS_SYMBOL(vdso_data_start)
APUS_SYMBOL(vdso_text_start)
APUS_SYMBOL(vdso_text_end)
APUS_SYMBOL(vdso_id_start)
APUS_SYMBOL(kits_start)
APUS_SYMBOL(kits_end)
APUS_SYMBOL(init_kernel_start)
APUS_SYMBOL(init_kernel_end)
APUS_SYMBOL(build_id_start)
#undef APUS_SYMBOL

#endif
