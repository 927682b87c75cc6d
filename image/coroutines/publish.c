// SPDX-License-Identifier: Apache-2.0
/* The program's word of the CPU, whose layout is in vsched_page.h: TPIDRURW (ARM DDI 0406C B4.1.151).
 * A kit's code must not write a register of the CPU, so this is code of the program. */
#include "publish.h"

#include "vsched_kit.h"

static uint32_t load(void) {
  uint32_t word;
  __asm__ volatile("mrc p15, 0, %0, c13, c0, 2" : "=r"(word));
  return word;
}

static void store(uint32_t word) {
  __asm__ volatile("mcr p15, 0, %0, c13, c0, 2" : : "r"(word));
}

bool coroutine_publish(uint32_t priority) {
  uint32_t published = priority == VSCHED_PRIORITIES ? 0 : priority + 1;
  uint32_t turn = load() << VSCHED_TURN_SHIFT >> VSCHED_TURN_SHIFT;
  store(published << (32 - VSCHED_TURN_SHIFT) | turn);
  /* If a turn began before the store, the word is not the record's; or it is of a newer turn, and the
   * kernel stored with it what it knows. */
  return vsched_cpu() >= 0 && load() >> (32 - VSCHED_TURN_SHIFT) == published;
}
