// SPDX-License-Identifier: Apache-2.0
/* Receiving: the receiver copies a message, and then says in its own pages that it has taken it. */
#include "vqueue_image.h"

/* From the member of `slot` to this one. */
KIT_INLINE const volatile struct vqueue_lane *vqueue_lane_from(struct vqueue_me me, uint32_t slot) {
  return &kit_vqueue_member(slot)->lanes[me.slot % KIT_MEMBERS];
}

/* Whether the lane from `slot` has a message for this process that `notification` announces; with 0,
 * any message. What a new member finds there may be the last one's, because the kernel is clearing
 * the pages. */
KIT_INLINE bool vqueue_has(struct vqueue_me me, uint32_t slot, uint32_t notification) {
  const volatile struct vqueue_lane *lane = vqueue_lane_from(me, slot);
  const volatile struct vqueue_receipt *receipt = &me.pages->receipts[slot];
  if (lane->receiver != me.generation) return false;
  uint32_t last = vqueue_last_generation(slot);
  kit_load_barrier();
  uint32_t sent = lane->sent[0];
  uint32_t announced = notification ? lane->sent[notification] : sent;
  uint32_t taken = lane->first;
  if (receipt->sender == last) {
    kit_load_barrier();
    taken = receipt->taken;
  }
  /* An announced message is one of those that are there, so a receiver that takes these makes progress. */
  return sent - taken <= VQUEUE_DEPTH && announced - taken - 1 < sent - taken;
}

/* Looks at the lane from `slot`, and makes the receipt one for its sender: that one's generation,
 * or 0 if there is nothing for this process. The thread has the lock of the receipt. */
KIT_INLINE uint32_t vqueue_begin_taking(
    struct vqueue_me me, uint32_t slot, volatile struct vqueue_receipt *receipt) {
  const volatile struct vqueue_lane *lane = vqueue_lane_from(me, slot);
  uint32_t generation = vqueue_readable_generation(slot);
  kit_load_barrier();
  if (!generation || lane->receiver != me.generation) return 0;
  kit_load_barrier();
  if (receipt->sender != generation) {
    /* The sender looks at the count only if the receipt is for it. */
    receipt->sender = 0;
    kit_barrier();
    receipt->taken = lane->first;
    kit_barrier();
    receipt->sender = generation;
  }
  return generation;
}

/* Takes the oldest message from `slot`. The thread has the lock of the receipt. */
KIT_INLINE int32_t vqueue_take(struct vqueue_me me, uint32_t slot,
    volatile struct vqueue_receipt *receipt, struct vqueue_message *message) {
  const volatile struct vqueue_lane *lane = vqueue_lane_from(me, slot);
  uint32_t generation = vqueue_begin_taking(me, slot, receipt);
  if (!generation) return -KIT_EMPTY;
  uint32_t taken = receipt->taken;
  uint32_t count = lane->sent[0] - taken;
  /* More than the ring holds is nonsense: its sender alone has spoilt the lane. */
  if (count - 1 >= VQUEUE_DEPTH) return -KIT_EMPTY;
  kit_load_barrier();
  message->sender = vqueue_endpoint(slot, generation);
  vqueue_copy(&message->type, (const struct vqueue_entry *)&lane->ring[taken % VQUEUE_DEPTH]);
  kit_load_barrier();
  /* Before the kernel clears the pages for a new member, the generation is increased twice. */
  if (vqueue_last_generation(slot) != generation) return -KIT_EMPTY;
  receipt->taken = taken + 1;
  receipt->received++;
  return 0;
}

/* Drops what the sender with `endpoint` has put. The thread has the lock of the receipt. */
KIT_INLINE int32_t vqueue_drop(struct vqueue_me me, uint32_t endpoint, uint32_t slot,
    volatile struct vqueue_receipt *receipt) {
  uint32_t generation = vqueue_begin_taking(me, slot, receipt);
  if (!generation) return 0;
  uint32_t sent = vqueue_lane_from(me, slot)->sent[0];
  kit_load_barrier();
  if (generation << 4 != (endpoint & ~15u) || vqueue_last_generation(slot) != generation)
    return -KIT_GONE;
  receipt->taken = sent;
  return 0;
}

/* Wakes the threads of the member in `slot` that wait until there is room. They have said that they
 * sleep before they looked for the last time. */
KIT_INLINE void vqueue_wake_senders(struct vqueue_me me, uint32_t slot) {
  kit_barrier();
  if (vqueue_lane_from(me, slot)->sleepers) vqueue_ring(me, slot);
}

/* The slot of `slots` that has a message that `notification` announces, from `cursor` on; with 0, any
 * message. KIT_MEMBERS: none. */
KIT_INLINE uint32_t vqueue_find(
    struct vqueue_me me, uint32_t slots, uint32_t notification, uint32_t cursor) {
  /* Bit n is for the slot n behind the first one. */
  uint32_t left = (slots << KIT_MEMBERS | (slots & ((1u << KIT_MEMBERS) - 1))) >> cursor % KIT_MEMBERS;
  left &= (1u << KIT_MEMBERS) - 1;
#pragma unroll
  for (uint32_t i = 0; i < KIT_MEMBERS; i++) {
    if (!left) return KIT_MEMBERS;
    uint32_t slot = (cursor + (uint32_t)__builtin_ctz(left)) % KIT_MEMBERS;
    if (vqueue_has(me, slot, notification)) return slot;
    left &= left - 1;
  }
  return KIT_MEMBERS;
}

/* Takes the oldest message from `slot`, if there is one. */
KIT_INLINE int32_t vqueue_receive_from(
    struct vqueue_me me, uint32_t slot, struct vqueue_message *message) {
  volatile struct vqueue_receipt *receipt = &me.pages->receipts[slot];
  /* A bad address is met here, where no lock is held: a signal handler may jump away. */
  *(volatile uint32_t *)&message->sender = 0;
  *(volatile uint32_t *)&message->body[15] = 0;
  /* A lane that fails now leaves the next turn to the others. */
  me.pages->cursor = slot + 1;
  if (!vqueue_lock(&receipt->lock)) return -KIT_BUSY;
  int32_t result = vqueue_take(me, slot, receipt, message);
  uint32_t taken = receipt->taken;
  vqueue_unlock(&receipt->lock);
  if (result) return result;
  if (taken % VQUEUE_BURST) me.pages->cursor = slot;
  vqueue_wake_senders(me, slot);
  return 0;
}

/* Takes a message from the first lane that has one. Not inline: most messages are in the lane of the
 * one before. */
static __attribute__((noinline)) int32_t vqueue_receive_any(struct vqueue_message *message) {
  struct vqueue_me me = vqueue_me();
  uint32_t slot = vqueue_find(me, kit_kit_members()->joined, 0, me.pages->cursor);
  return slot == KIT_MEMBERS ? -KIT_EMPTY : vqueue_receive_from(me, slot, message);
}

/* Ends what `vqueue_try_receive` began: releases the receipt, wakes those that wait for room, and after
 * a burst gives the next turn to another lane that has a message. Not inline: it is seldom needed. */
static __attribute__((noinline)) int32_t vqueue_end_receiving(
    uint32_t slot, volatile struct vqueue_receipt *receipt) {
  struct vqueue_me me = vqueue_me();
  uint32_t taken = receipt->taken;
  vqueue_unlock(&receipt->lock);
  vqueue_wake_senders(me, slot);
  if (taken % VQUEUE_BURST == 0) {
    uint32_t next = vqueue_find(me, kit_kit_members()->joined, 0, slot + 1);
    if (next != KIT_MEMBERS) me.pages->cursor = next;
  }
  return vqueue_result(0);
}

/* Takes a message from the lane of the last one: what is to be returned then. False: it has none, or
 * another thread takes one there. */
KIT_INLINE bool vqueue_receive_next(struct vqueue_message *message, int32_t *result) {
  *result = -KIT_NO_MEMBER;
  const char *base = vqueue_base();
  uint32_t number = vqueue_own_number(base);
  if (!number) return true;
  /* Behind the words that are not of a slot. */
  char *receipts = vqueue_whole(
      vqueue_whole(base + number * VQUEUE_BYTES) + (KIT_PAGE_BYTES - VQUEUE_BYTES));
  uint32_t slot = ((own_member *)(receipts - VQUEUE_RECEIPTS))->cursor % KIT_MEMBERS;
  volatile struct vqueue_receipt *receipt = (volatile struct vqueue_receipt *)vqueue_whole(
      receipts + slot * sizeof(struct vqueue_receipt));
  const volatile struct vqueue_lane *lane = (const volatile struct vqueue_lane *)(
      vqueue_whole(base + slot * VQUEUE_BYTES + number * sizeof(struct vqueue_lane)) +
      (VQUEUE_MEMBERS + VQUEUE_LANES - sizeof(struct vqueue_lane)));
  /* As in `vqueue_receive_from`. */
  *(volatile uint32_t *)&message->sender = slot;
  *(volatile uint32_t *)&message->body[15] = slot;
  if (!vqueue_lock(&receipt->lock)) return false;
  /* A receipt is for a member whose lane was for this one: it has been since, and its messages are
   * there until the generation is the next member's. */
  uint32_t taken = receipt->taken;
  if (lane->sent[0] - taken - 1 < VQUEUE_DEPTH) {
    kit_load_barrier();
    message->sender = vqueue_endpoint(slot, receipt->sender);
    vqueue_copy(&message->type, (const struct vqueue_entry *)&lane->ring[taken % VQUEUE_DEPTH]);
    kit_load_barrier();
    if (((vqueue_slot_generation(base, slot) - 1) | 1) == receipt->sender) {
      taken++;
      receipt->taken = taken;
      receipt->received++;
      /* Before the look for sleepers, and before the release of the lock. */
      kit_barrier();
      *result = 0;
      if (lane->sleepers || taken % VQUEUE_BURST == 0) *result = vqueue_end_receiving(slot, receipt);
      else receipt->lock = 0;
      return true;
    }
  }
  vqueue_unlock(&receipt->lock);
  return false;
}

int32_t vqueue_try_receive(struct vqueue_message *message) {
  int32_t result;
  return vqueue_receive_next(message, &result) ? result : vqueue_receive_any(message);
}

/* Waits for a message from one of `slots` that `notification` announces; with 0, any message. */
static __attribute__((noinline)) int32_t vqueue_wait_for(
    uint32_t slots, uint32_t notification, const struct vqueue_time *deadline) {
  struct vqueue_me me = vqueue_me();
  if (!me.pages) return -KIT_NO_MEMBER;
  volatile uint32_t *sleepers = &me.pages->sleepers[notification];
  if (!vqueue_begin_sleep(sleepers)) return -KIT_AGAIN;
  uint32_t rung = vqueue_bell(me);
  int32_t result = 0;
  if (vqueue_find(me, slots & kit_kit_members()->joined, notification, 0) == KIT_MEMBERS)
    result = vqueue_slept(vqueue_sleep(me, rung, deadline));
  vqueue_end_sleep(sleepers);
  return result;
}

int32_t vqueue_wait(uint32_t slots, const struct vqueue_time *deadline) {
  return vqueue_wait_for(slots, 0, deadline);
}

int32_t vqueue_await(uint32_t notification, const struct vqueue_time *deadline) {
  if (notification - 1 >= VQUEUE_NOTIFICATIONS) return -KIT_OUT_OF_RANGE;
  return vqueue_wait_for(~0u, notification, deadline);
}

/* The place of a type in the list, or a free one; 0: there is neither. The thread has the lock. */
KIT_INLINE volatile struct vqueue_type *vqueue_place(struct vqueue_me me, uint32_t type) {
  volatile struct vqueue_type *place = 0;
#pragma unroll
  for (uint32_t i = 0; i < VQUEUE_TYPES; i++) {
    volatile struct vqueue_type *listed = &me.pages->types[i];
    if (listed->notification && listed->type == type) return listed;
    if (!listed->notification) place = listed;
  }
  return place;
}

/* Lists a type with its notification, 0: none. The thread has the lock. */
KIT_INLINE int32_t vqueue_list(struct vqueue_me me, uint32_t type, uint32_t notification) {
  volatile struct vqueue_type *place = vqueue_place(me, type);
  if (!place) return notification ? -KIT_FULL : 0;
  /* A sender looks at the type only if the place is not free. */
  place->type = type;
  kit_barrier();
  place->notification = notification;
  return 0;
}

int32_t vqueue_notify(uint32_t type, uint32_t notification) {
  struct vqueue_me me = vqueue_me();
  if (!me.pages) return -KIT_NO_MEMBER;
  if (notification > VQUEUE_NOTIFICATIONS) return -KIT_OUT_OF_RANGE;
  if (!vqueue_lock(&me.pages->types_lock)) return -KIT_BUSY;
  int32_t result = 0;
  if (type == VQUEUE_OTHER_TYPES) me.pages->others = notification;
  else result = vqueue_list(me, type, notification);
  me.pages->has_types = 1;
  vqueue_unlock(&me.pages->types_lock);
  return result;
}

int32_t vqueue_receive(struct vqueue_message *message, const struct vqueue_time *deadline) {
  int32_t result;
  if (vqueue_receive_next(message, &result)) return result;
  /* It looks at the other lanes, too. */
  result = vqueue_wait(~0u, deadline);
  if (result && result != -KIT_AGAIN) return result;
  result = vqueue_try_receive(message);
  return result == -KIT_EMPTY || result == -KIT_BUSY ? -KIT_AGAIN : result;
}

int32_t vqueue_close(uint32_t endpoint) {
  struct vqueue_me me = vqueue_me();
  if (!me.pages) return -KIT_NO_MEMBER;
  uint32_t slot = endpoint % KIT_MEMBERS;
  volatile struct vqueue_receipt *receipt = &me.pages->receipts[slot];
  if (vqueue_last_generation(slot) << 4 != (endpoint & ~15u)) return -KIT_GONE;
  if (!vqueue_lock(&receipt->lock)) return -KIT_BUSY;
  int32_t result = vqueue_drop(me, endpoint, slot, receipt);
  vqueue_unlock(&receipt->lock);
  if (!result) vqueue_wake_senders(me, slot);
  return result;
}

int32_t vqueue_counts(struct vqueue_counts *counts) {
  struct vqueue_me me = vqueue_me();
  if (!me.pages) return -KIT_NO_MEMBER;
  struct vqueue_counts sums = {.full = me.pages->full, .wakes = me.pages->wakes};
#pragma unroll
  for (uint32_t slot = 0; slot < KIT_MEMBERS; slot++) {
    sums.sent += me.pages->lanes[slot].sent[0];
    sums.received += me.pages->receipts[slot].received;
  }
  *counts = sums;
  return 0;
}
