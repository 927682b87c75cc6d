// SPDX-License-Identifier: Apache-2.0
/* The kit's functions, on pages of this test, and with its call-out. */
#include <assert.h>
#include <string.h>

#include "tally_image.h"

static struct tally_shared shared;
void *kit_host_pages[3] = {0, 0, &shared};

static uint32_t told_index, told_value;
static int32_t full(uint32_t index, uint32_t value) {
  told_index = index;
  told_value = value;
  return 7;
}

int main(void) {
  assert(tally_last() == -KIT_OUT_OF_RANGE && tally_logged() == 0);
  assert(tally_add(3, 5) == 0 && tally_add(3, 6) == 0 && tally_add(0, 1) == 0);
  assert(tally_value(3) == 11 && shared.counters[3] == 11 && tally_value(0) == 1);
  assert(tally_logged() == 3 && tally_last() == 0);
  assert(tally_add(TALLY_COUNTERS, 1) == -KIT_OUT_OF_RANGE && tally_value(TALLY_COUNTERS) == 0);
  assert(tally_limit(TALLY_COUNTERS, 1) == -KIT_OUT_OF_RANGE);

  /* A call-out that was not given is an error, and what it was told about has happened. */
  assert(tally_limit(3, 12) == 0);
  assert(tally_add(3, 1) == -KIT_CALLOUT_MISSING && tally_value(3) == 12);
  struct tally_callouts table = {0};
  const uint64_t hash = TALLY_CALLOUT_HASH;
  assert(tally_give(0, sizeof table, hash) == -KIT_CALLOUT_MISSING);
  assert(tally_give(&table, sizeof table, hash) == -KIT_CALLOUT_MISSING);
  table.tally_full = full;
  assert(tally_give(&table, sizeof table, hash ^ 1) == -KIT_CALLOUT_LAYOUT);
  assert(tally_give(&table, sizeof table - 1, hash) == -KIT_CALLOUT_LAYOUT);
  assert(tally_add(3, 1) == -KIT_CALLOUT_MISSING);
  assert(tally_give(&table, sizeof table, hash) == 0);
  assert(tally_add(3, 1) == 7 && told_index == 3 && told_value == 14);

  for (uint32_t i = 0; i < 3 * TALLY_LOG; i++) assert(tally_add(i % TALLY_COUNTERS, 0) >= 0);
  assert(tally_last() == TALLY_COUNTERS - 1 && tally_logged() == 6 + 3 * TALLY_LOG);
  return 0;
}
