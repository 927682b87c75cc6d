/* What the image needs from below Swift: its page, a barrier, and the way to the kernel. */
#ifndef VDSO_IMAGE_H
#define VDSO_IMAGE_H

#include <stdint.h>
#include "vdso_page.h"

/* The page's address in two instructions: the linker splits the distance from here to the symbol
 * over two group relocations (ELF for the Arm Architecture, 5.6.1.6) and leaves none in the image.
 * The result is opaque, so the compiler computes it once and knows nothing about what is there. */
VDSO_INLINE const void *_Nonnull vdso_image_page(void) {
  const void *_Nonnull page;
  __asm__(
      "1: .reloc 1b, R_ARM_ALU_PC_G0_NC, __vdso_data_start\n\tsub %0, pc, #8\n"
      "2: .reloc 2b, R_ARM_ALU_PC_G1, __vdso_data_start\n\tsub %0, %0, #4"
      : "=r"(page));
  return page;
}

/* Orders loads before it against loads after it, and keeps the compiler from moving any. */
VDSO_INLINE void vdso_image_load_barrier(void) { __asm__ volatile("dmb ish" ::: "memory"); }

/* `index` with bit 0 of `count` as its bit 3. */
VDSO_INLINE uint32_t vdso_image_select(uint32_t index, uint32_t count) {
  __asm__("bfi %0, %1, #3, #1" : "+r"(index) : "r"(count));
  return index;
}

/* ask.S: the system calls; 0 or a negative error number. */
int32_t vdso_ask_clock_gettime64(int32_t clock, void *_Nullable time);
int32_t vdso_ask_clock_gettime(int32_t clock, void *_Nullable time);
int32_t vdso_ask_clock_getres64(int32_t clock, void *_Nullable resolution);
int32_t vdso_ask_clock_getres(int32_t clock, void *_Nullable resolution);
int32_t vdso_ask_gettimeofday(void *_Nullable time, void *_Nullable zone);

#endif
