// SPDX-License-Identifier: Apache-2.0
/* The journal: which counters this process changed, the last TALLY_LOG times. It is private data: a
 * child begins with a copy of its parent's. Threads that add at the same time may lose an entry.
 */
#include "tally_image.h"

static struct {
  uint8_t entries[TALLY_LOG];
  uint8_t *next;  /* where the next entry is made */
  uint32_t count; /* of all entries that were ever made */
} journal = {.next = journal.entries};

void tally_note(uint32_t index) {
  uint8_t *last = journal.entries + TALLY_LOG - 1;
  *journal.next = (uint8_t)index;
  journal.next = journal.next == last ? journal.entries : journal.next + 1;
  journal.count++;
}

uint32_t tally_logged(void) { return journal.count; }

int32_t tally_last(void) {
  uint8_t *last = journal.entries + TALLY_LOG - 1;
  if (!journal.count) return -KIT_OUT_OF_RANGE;
  return journal.next == journal.entries ? *last : journal.next[-1];
}
