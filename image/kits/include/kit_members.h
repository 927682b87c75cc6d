// SPDX-License-Identifier: Apache-2.0
/* What the kernel writes for a kit with member pages: the members, and which one this process is.
 *
 * A process that maps the kit for writing is a member: it has one of KIT_MEMBERS slots, and may
 * write the pages of this slot only. It leaves when its address space ends, by exit or exec. The
 * kernel increases the slot's generation when a member joins and when it leaves, so it is odd as
 * long as there is one. A slot and its generation name a member, and no later one.
 *
 * When a member joins, the kernel increases the generation, then zeroes the slot's pages, then
 * writes the process. So a reader that reads a page and then finds the generation as it was before
 * has read what the member of that generation wrote.
 *
 * A FUTEX_WAKE at a bell, by any process, first increases it: a thread that is about to sleep there for
 * the old value does not, although no one but the kernel can write the word. The kernel rings all bells
 * after a member has joined or left.
 */
#ifndef KIT_MEMBERS_H
#define KIT_MEMBERS_H

#include <stdint.h>

#include "kit.h"

/* The page that the kernel writes for all. */
struct kit_members {
  uint8_t layout_hash[8];
  uint32_t joined; /* bit n: slot n has had a member since the kit was mapped first */
  uint32_t processes[KIT_MEMBERS];   /* the member's number as its process has it; 0: none */
  uint32_t generations[KIT_MEMBERS]; /* odd: a member */
  uint32_t bells[KIT_MEMBERS]; /* for each slot a futex at which its member sleeps */
};

/* The page that the kernel writes for this process; all zeros if it is no member, as the child of a
 * fork. */
struct kit_member {
  uint32_t slot; /* 1 to KIT_MEMBERS: one more than the number of the slot; 0: no member */
  uint32_t generation;
};

#endif
