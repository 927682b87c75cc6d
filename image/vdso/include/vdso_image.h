// SPDX-License-Identifier: Apache-2.0
/* What the image needs beyond Swift: addresses of the pages, loads, a barrier and system calls. */
#ifndef VDSO_IMAGE_H
#define VDSO_IMAGE_H

#include <stdint.h>
#include "vdso_page.h"

/* The address of the time page's table of resolutions, made as that of the banks below. */
VDSO_INLINE const void *_Nonnull vdso_image_resolutions(void) {
  const void *_Nonnull resolutions;
  __asm__(
      "1: .reloc 1b, R_ARM_ALU_PC_G0_NC, __vdso_resolutions\n\tsub %0, pc, #8\n"
      "2: .reloc 2b, R_ARM_ALU_PC_G1, __vdso_resolutions\n\tsub %0, %0, #4"
      : "=r"(resolutions));
  return resolutions;
}

/* The address of the time page's bank 0, in two instructions. The linker splits the distance from
 * here to the symbol over two group relocations (ELF for the Arm Architecture, 5.6.1.6), which
 * leave no relocation in the image. The result is opaque to the compiler, which computes it once
 * and assumes nothing about the contents. The count is at offset 0, a record at its index. */
#define VDSO_MAKE_BANKS                                                            \
  "1: .reloc 1b, R_ARM_ALU_PC_G0_NC, __vdso_banks\n\tsub %0, pc, #8\n"             \
  "2: .reloc 2b, R_ARM_ALU_PC_G1, __vdso_banks\n\tsub %0, %0, #4"
VDSO_INLINE const void *_Nonnull vdso_image_banks(void) {
  const void *_Nonnull banks;
  __asm__(VDSO_MAKE_BANKS : "=r"(banks));
  return banks;
}

/* The address of bank 0, recomputed, where keeping it in a register would cost more. */
VDSO_INLINE const void *_Nonnull vdso_image_banks_recomputed(void) {
  const void *_Nonnull banks;
  __asm__ volatile(VDSO_MAKE_BANKS : "=r"(banks));
  return banks;
}

/* The banks with clock `index`'s record: those of the process's own page for clocks 2 and 3, else
 * `banks`. Three instructions, where the compiler would branch. */
VDSO_INLINE const void *_Nonnull vdso_image_banks_of(const void *_Nonnull banks, uint32_t index) {
  uint32_t pair;
  __asm__("bic %1, %2, #1\n\tcmp %1, #2\n\tsubeq %0, %0, %3"
          : "+r"(banks), "=&r"(pair)
          : "r"(index), "i"(VDSO_PROCESS_PAGE_BEFORE)
          : "cc");
  return banks;
}

/* The CPU number in the process's own page, or VDSO_NO_PROCESSOR. It is one word, consistent by
 * itself, so it is read without the count. */
VDSO_INLINE int32_t vdso_image_processor(void) {
  const void *word;
  __asm__(
      "1: .reloc 1b, R_ARM_ALU_PC_G0_NC, __vdso_own_processor\n\tsub %0, pc, #8\n"
      "2: .reloc 2b, R_ARM_ALU_PC_G1, __vdso_own_processor\n\tsub %0, %0, #4"
      : "=r"(word));
  return (int32_t)vdso_page_word(word, 0);
}

/* Orders earlier loads before later loads, also for the compiler. */
VDSO_INLINE void vdso_image_load_barrier(void) { __asm__ volatile("dmb ish" ::: "memory"); }

/* `index` with bit 0 of `count` as its bit VDSO_BANK_BIT. */
VDSO_INLINE uint32_t vdso_image_select(uint32_t index, uint32_t count) {
  __asm__("bfi %0, %1, %2, #1" : "+r"(index) : "r"(count), "i"(VDSO_BANK_BIT));
  return index;
}

/* The seconds of REALTIME in the bank of `count`, in registers that need not be saved. */
VDSO_INLINE uint64_t vdso_image_seconds(const void *_Nonnull banks, uint32_t count) {
  register uint32_t low __asm__("r2");
  register uint32_t high __asm__("r3");
  __asm__ volatile("ldrd %0, %1, [%2, %3]"
                   : "=r"(low), "=r"(high)
                   : "r"((const char *)banks + (count & 1) * VDSO_BANK_STRIDE),
                     "i"(VDSO_BANK_CLOCKS)
                   : "memory");
  return (uint64_t)high << 32 | low;
}

/* A record, and the distance of the counter from its sample. */
struct vdso_image_sample {
  uint32_t seconds_low, seconds_high, fraction, nanoseconds;
  uint32_t distance_low, distance_high; /* negative, in 64 bits, if the sample is newer */
  uint32_t mult, limit;
  uint32_t zero; /* 0, computed from the counter */
};

/* Loads record `index`, which includes the bank bit, and then reads CNTVCT (ARM DDI 0406C B8.1.2
 * requires the isb). A load whose address depends on `zero` is made after the counter read; a
 * memory barrier does not order the two. One asm block: the `ldm` of a record leaves no choice of
 * registers. */
VDSO_INLINE struct vdso_image_sample vdso_image_sample(const void *_Nonnull banks, uint32_t index) {
  register uint32_t r4 __asm__("r4");
  register uint32_t r5 __asm__("r5");
  register uint32_t r6 __asm__("r6");
  register uint32_t r7 __asm__("r7");
  register uint32_t r8 __asm__("r8");
  register uint32_t r9 __asm__("r9");
  register uint32_t r10 __asm__("r10");
  register uint32_t r11 __asm__("r11");
  uint32_t low, high;
  __asm__ volatile("ldm %8, {r4-r11}\n\tisb\n\tmrrc p15, 1, %8, %9, c14\n\t"
                   "subs r8, %8, r8\n\tsbc r9, %9, r9\n\teor %8, r8, r8"
                   : "=r"(r4), "=r"(r5), "=r"(r6), "=r"(r7), "=r"(r8), "=r"(r9), "=r"(r10),
                     "=r"(r11), "=&r"(low), "=&r"(high)
                   : "8"((const char *)banks + index * VDSO_RECORD_STRIDE)
                   : "memory", "cc");
  return (struct vdso_image_sample){r4, r5, r6, r7, r8, r9, r10, r11, low};
}

/* Loads the resolution of clock `index` in one instruction, into the registers for the store. */
VDSO_INLINE struct vdso_resolution vdso_image_resolution(
    const void *_Nonnull resolutions, uint32_t index) {
  register uint32_t r2 __asm__("r2");
  register uint32_t r3 __asm__("r3");
  register uint32_t r12 __asm__("r12");
  __asm__ volatile("ldm %3, {r2, r3, r12}"
                   : "=r"(r2), "=r"(r3), "=r"(r12)
                   : "r"((const char *)resolutions + index * VDSO_RESOLUTION_STRIDE)
                   : "memory");
  return (struct vdso_resolution){r2, r3, r12, 0};
}

/* Stores `resolution` as a 64-bit timespec unless `buffer` is NULL; returns 0. */
VDSO_INLINE int32_t vdso_image_store_resolution(
    struct vdso_resolution resolution, void *_Nullable buffer) {
  register int32_t r0 __asm__("r0") = 0;
  register uint32_t r2 __asm__("r2") = resolution.seconds;
  register uint32_t r3 __asm__("r3") = resolution.nanoseconds;
  register uint32_t r12 __asm__("r12") = resolution.none;
  __asm__ volatile("cmp %1, #0\n\tstmne %1, {r0, r2, r3, r12}"
                   : "+r"(r0)
                   : "r"(buffer), "r"(r2), "r"(r3), "r"(r12)
                   : "memory", "cc");
  return r0;
}

/* `value` shifted left by the low byte of `amount`, which is below 32. */
VDSO_INLINE uint32_t vdso_image_shift(uint32_t value, uint32_t amount) {
  uint32_t result;
  __asm__("lsl %0, %1, %2" : "=r"(result) : "r"(value), "r"(amount));
  return result;
}

/* A time and its normalisation, for nanoseconds below two seconds. Four instructions, where the
 * compiler would use ten. */
struct vdso_image_time {
  uint32_t seconds_low, seconds_high, nanoseconds;
};
VDSO_INLINE struct vdso_image_time vdso_image_normalized(struct vdso_image_time time) {
  __asm__("cmp %2, %3\n\tsubhs %2, %2, %3\n\tadcs %0, %0, #0\n\tadc %1, %1, #0"
          : "+r"(time.seconds_low), "+r"(time.seconds_high), "+r"(time.nanoseconds)
          : "r"(1000000000)
          : "cc");
  return time;
}

/* ask.S: the system calls; 0 or a negative error number. */
int32_t vdso_ask_clock_gettime64(int32_t clock, void *_Nullable time);
int32_t vdso_ask_clock_gettime(int32_t clock, void *_Nullable time);
int32_t vdso_ask_clock_getres64(int32_t clock, void *_Nullable resolution);
int32_t vdso_ask_clock_getres(int32_t clock, void *_Nullable resolution);
int32_t vdso_ask_gettimeofday(void *_Nullable time, void *_Nullable zone);
int32_t vdso_ask_getcpu(void *_Nullable processor, void *_Nullable node);

#endif
