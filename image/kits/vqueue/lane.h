// SPDX-License-Identifier: Apache-2.0
/* What the sources of vqueue share: members, lanes, locks, bells. */
#ifndef VQUEUE_LANE_H
#define VQUEUE_LANE_H

#include "call.h"
#include "vqueue_image.h"
#include "words.h"

typedef volatile struct vqueue_member own_member;
typedef const volatile struct vqueue_member other_member;

/* The parts of the group follow each other as kit.h says, and vqueue has no shared pages: with the
 * address of the process's page, those of the others are sums. */
_Static_assert(sizeof(struct kit_members) <= KIT_PAGE_BYTES, "the kernel's page is not the one before");
_Static_assert(sizeof(struct kit_member) <= KIT_PAGE_BYTES, "the members' pages are not the next ones");

/* What `vqueue_copy` copies. */
_Static_assert(sizeof(struct vqueue_entry) == VQUEUE_COPIED, "an entry is of another size");
_Static_assert(sizeof(struct vqueue_message) == offsetof(struct vqueue_message, type) + VQUEUE_COPIED,
    "a message is of another size");

enum {
  VQUEUE_BYTES = (sizeof(struct vqueue_member) + KIT_PAGE_BYTES - 1) / KIT_PAGE_BYTES * KIT_PAGE_BYTES,
  VQUEUE_LANES = offsetof(struct vqueue_member, lanes),
  /* From the address that a call computes once to the pages of the member in slot 0. The words before
   * the receipts and the kernel's page are within the offset of a load (DDI 0406C A8.8.63). */
  VQUEUE_RECEIPTS = offsetof(struct vqueue_member, receipts),
  VQUEUE_MEMBERS = KIT_PAGE_BYTES - VQUEUE_RECEIPTS,
};

/* That address: some words behind the beginning of the process's page. */
KIT_INLINE const char *vqueue_base(void) {
  KIT_ADDRESS_BEHIND("__kit_own_pages", VQUEUE_RECEIPTS);
}

/* One more than the slot of this process; 0: it is no member. */
KIT_INLINE uint32_t vqueue_own_number(const char *base) {
  return ((const volatile struct kit_member *)(base - VQUEUE_RECEIPTS))->slot;
}

/* The generation of `slot`, which is less than KIT_MEMBERS. */
KIT_INLINE uint32_t vqueue_slot_generation(const char *base, uint32_t slot) {
  const char *members = base - VQUEUE_RECEIPTS - KIT_PAGE_BYTES;
  return ((const volatile struct kit_members *)members)->generations[slot];
}

/* This process as a member. */
struct vqueue_me {
  own_member *pages; /* 0: it is none */
  uint32_t slot, generation;
};

KIT_INLINE struct vqueue_me vqueue_me(void) {
  const volatile struct kit_member *own = kit_kit_member();
  uint32_t slot = own->slot - 1;
  /* The kernel writes the slot after the generation. */
  kit_load_barrier();
  own_member *pages = (own_member *)kit_vqueue_member(slot);
  __builtin_assume(pages != 0);
  if (slot == ~0u) pages = 0;
  struct vqueue_me me = {pages, slot, own->generation};
  return me;
}

/* An endpoint: 28 bits of the generation, 4 bits of the slot. */
KIT_INLINE uint32_t vqueue_endpoint(uint32_t slot, uint32_t generation) {
  return generation << 4 | slot;
}

/* The generation of the slot's member, if that is the one with this endpoint; 0: it has left. */
KIT_INLINE uint32_t vqueue_generation(uint32_t endpoint) {
  uint32_t generation = kit_kit_members()->generations[endpoint % KIT_MEMBERS];
  return generation & 1 && generation << 4 == (endpoint & ~15u) ? generation : 0;
}

/* The generation of the last member of `slot`, also after it has left. */
KIT_INLINE uint32_t vqueue_last_generation(uint32_t slot) {
  return (kit_kit_members()->generations[slot] - 1) | 1;
}

/* The generation of the member whose messages are in the pages of `slot`; 0: there are none, because
 * the kernel clears the pages for the next member, or there was none. */
KIT_INLINE uint32_t vqueue_readable_generation(uint32_t slot) {
  const volatile struct kit_members *members = kit_kit_members();
  uint32_t generation = members->generations[slot];
  if (!(generation & 1)) return generation ? generation - 1 : 0;
  kit_load_barrier();
  return members->processes[slot] ? generation : 0;
}

/* Takes a lock that threads of this process share, in one of two tries: one may fail because the
 * thread was interrupted. */
KIT_INLINE bool vqueue_lock(volatile uint32_t *lock) {
  return vqueue_try_lock((void *)lock) || vqueue_try_lock((void *)lock);
}

KIT_INLINE void vqueue_unlock(volatile uint32_t *lock) {
  kit_barrier();
  *lock = 0;
}

/* What the kernel answers to a wait that ended without a wake. */
enum { VQUEUE_INTERRUPTED = -4, VQUEUE_CHANGED = -11, VQUEUE_TIMED_OUT = -110 };

/* Rings the bell of the member in `slot`: all its threads that sleep look again, and so does one that is
 * about to sleep. */
KIT_INLINE void vqueue_ring(struct vqueue_me me, uint32_t slot) {
  me.pages->wakes++;
  (void)vqueue_call(240, (uintptr_t)&kit_kit_members()->bells[slot], 1, 0x7fffffff, 0, 0, 0); /* FUTEX_WAKE */
}

/* How often the bell of this process was rung. What is looked at afterwards is as new as that. */
KIT_INLINE uint32_t vqueue_bell(struct vqueue_me me) {
  uint32_t rung = kit_kit_members()->bells[me.slot % KIT_MEMBERS];
  kit_load_barrier();
  return rung;
}

/* Waits until the bell of this process is rung or the deadline, if it was not rung since it was as often
 * as `rung` (FUTEX_WAIT_BITSET, whose deadline is absolute). */
KIT_INLINE int32_t vqueue_sleep(
    struct vqueue_me me, uint32_t rung, const struct vqueue_time *deadline) {
  const volatile uint32_t *bell = &kit_kit_members()->bells[me.slot % KIT_MEMBERS];
  return vqueue_call(422, (uintptr_t)bell, 9, rung, (uintptr_t)deadline, 0, ~0u);
}

/* What a sleep means: the caller looks again, the deadline has come, or an argument is wrong. */
KIT_INLINE int32_t vqueue_slept(int32_t result) {
  if (result >= 0 || result == VQUEUE_CHANGED || result == VQUEUE_INTERRUPTED) return -KIT_AGAIN;
  return result == VQUEUE_TIMED_OUT ? -KIT_TIMED_OUT : -KIT_OUT_OF_RANGE;
}

/* Adds to a counter of sleepers in one of four tries. */
KIT_INLINE bool vqueue_add(volatile uint32_t *sleepers, uint32_t change) {
  return kit_try_add((void *)sleepers, change) || kit_try_add((void *)sleepers, change) ||
         kit_try_add((void *)sleepers, change) || kit_try_add((void *)sleepers, change);
}

/* Says that this thread is going to sleep: what it looks at afterwards is as new as that. */
KIT_INLINE bool vqueue_begin_sleep(volatile uint32_t *sleepers) {
  bool is_done = vqueue_add(sleepers, 1);
  kit_barrier();
  return is_done;
}

/* Takes that back, in one of 16 tries. If other threads interrupt all of them, the counter stays
 * too high: later messages are followed by a wake without a sleeper, but no wake is left out. */
KIT_INLINE void vqueue_end_sleep(volatile uint32_t *sleepers) {
  (void)(vqueue_add(sleepers, -1u) || vqueue_add(sleepers, -1u) || vqueue_add(sleepers, -1u) ||
         vqueue_add(sleepers, -1u));
}

#endif
