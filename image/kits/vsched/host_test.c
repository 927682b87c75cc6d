// SPDX-License-Identifier: Apache-2.0
/* The kit's functions, on a page that this test writes in the kernel's place. */
#include <assert.h>

#include "vsched_image.h"

static struct vsched_page page;
void *kit_host_pages[3] = {&page};
uint32_t vsched_host_turn, vsched_host_stale, vsched_host_yields;

/* Puts a word of CPU 3. */
static void put(int field, uint32_t value) { page.words[3 * VSCHED_CPU_WORDS + field] = value; }

/* Puts the number of a turn in the record of CPU 3. */
static void put_turn(uint32_t turn) { put(VSCHED_TURN, turn << VSCHED_TURN_SHIFT); }

static void unknown(void) {
  assert(vsched_cpu() == -KIT_BUSY && vsched_slice() == -KIT_BUSY && vsched_rank() == -KIT_BUSY);
  assert(vsched_priority() == -KIT_BUSY && vsched_first_rank() == -KIT_BUSY);
  assert(vsched_is_ready(5) == -KIT_BUSY && vsched_deadline() == -KIT_BUSY && vsched_tick() == 0);
  uint32_t yields = vsched_host_yields;
  assert(vsched_yield_if_needed() == 1 && vsched_host_yields == yields + 1);
}

static void ranks(void) {
  static const int expected[][2] = {{0, 0}, {1, 0}, {11, 0}, {12, 99}, {110, 1}, {111, 0}, {123, 0}};
  for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++) {
    put(VSCHED_RANK, expected[i][0]);
    assert(vsched_rank() == expected[i][0] && vsched_priority() == expected[i][1]);
  }
  put(VSCHED_FIRST_READY, 124);
  for (uint32_t rank = 0; rank <= 123; rank++) {
    if (rank) put(VSCHED_READY + (rank - 1) / 32, 0x80000000 >> (rank - 1) % 32);
    if (!rank) put(VSCHED_FIRST_READY, 0);
    for (uint32_t other = 0; other <= 123; other++)
      assert(vsched_is_ready(other) == (other == rank));
    if (rank) put(VSCHED_READY + (rank - 1) / 32, 0);
    put(VSCHED_FIRST_READY, 124);
  }
  assert(vsched_is_ready(124) == -KIT_OUT_OF_RANGE);
  assert(vsched_is_ready(UINT32_MAX) == -KIT_OUT_OF_RANGE);
}

static void deadlines(void) {
  put(VSCHED_TICK, 0xfffffff0);
  put(VSCHED_RANK, 5), put(VSCHED_FIRST_READY, 5);
  put(VSCHED_DEADLINE, 2), put(VSCHED_FIRST_DEADLINE, 1);
  assert(vsched_deadline() == VSCHED_NO_END);
  put(VSCHED_RANK, 0);
  assert(vsched_deadline() == 18);
  put(VSCHED_FIRST_READY, 0);
  assert(vsched_deadline() == 17);
  put(VSCHED_RANK, 5), put(VSCHED_FIRST_DEADLINE, 0xffffffe0);
  assert(vsched_deadline() == 0);
}

/* What the program publishes, above the turn's number, does not change what the readers answer. */
static void publications(void) {
  for (uint32_t published = 0; published < 256; published++) {
    vsched_host_turn = published << (32 - VSCHED_TURN_SHIFT) | 0x103;
    assert(vsched_cpu() == 3 && vsched_slice() == 17 && vsched_tick() == 99);
    vsched_host_turn += VSCHED_CPUS;
    assert(vsched_cpu() == -KIT_BUSY);
  }
  vsched_host_turn = 0x103;
}

int main(void) {
  /* As before the first turn: a number of another CPU. */
  page.words[VSCHED_TURN] = ~0u;
  put_turn(~3u);
  unknown();
  vsched_host_turn = ~3u;
  page.words[4 * VSCHED_CPU_WORDS] = ~4u;
  unknown();
  vsched_host_turn = 0x103;
  unknown();
  put_turn(0x203);
  unknown();
  put_turn(0x103);
  put(VSCHED_SLICE, 17), put(VSCHED_TICK, 99), put(VSCHED_FIRST_READY, 44);
  assert(vsched_cpu() == 3 && vsched_slice() == 17 && vsched_tick() == 99);
  assert(vsched_first_rank() == 44);
  publications();
  ranks();
  deadlines();

  uint32_t yields = vsched_host_yields;
  put(VSCHED_RANK, 60), put(VSCHED_FIRST_READY, 61);
  assert(vsched_yield_if_needed() == 0 && vsched_host_yields == yields);
  vsched_host_stale = 1;
  assert(vsched_slice() == 17 && !vsched_host_stale);
  vsched_host_stale = 1;
  assert(vsched_yield_if_needed() == 0 && !vsched_host_stale && vsched_host_yields == yields);
  vsched_host_stale = 2;
  assert(vsched_slice() == -KIT_BUSY && !vsched_host_stale);
  vsched_host_stale = 2;
  assert(vsched_yield_if_needed() == 1 && vsched_host_yields == ++yields);
  put(VSCHED_FIRST_READY, 60);
  assert(vsched_yield_if_needed() == 1 && vsched_host_yields == yields + 1);
  put(VSCHED_FIRST_READY, 0);
  assert(vsched_yield_if_needed() == 1 && vsched_host_yields == yields + 2);
  /* Of two deadlines the earlier one is the more urgent, also across the lower half's end. */
  put(VSCHED_RANK, 0), put(VSCHED_DEADLINE, 0xfffffff0), put(VSCHED_FIRST_DEADLINE, 4);
  assert(vsched_yield_if_needed() == 0 && vsched_host_yields == yields + 2);
  put(VSCHED_DEADLINE, 4);
  assert(vsched_yield_if_needed() == 1 && vsched_host_yields == yields + 3);
  return 0;
}
