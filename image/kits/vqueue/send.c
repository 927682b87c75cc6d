// SPDX-License-Identifier: Apache-2.0
/* Sending: the sender writes the message, then its count, both in its own pages. */
#include "vqueue_image.h"

uint32_t vqueue_self(void) {
  struct vqueue_me me = vqueue_me();
  return me.pages ? vqueue_endpoint(me.slot, me.generation) : 0;
}

uint32_t vqueue_open(uint32_t process) {
  const volatile struct kit_members *members = kit_kit_members();
  uint32_t found = 0;
#pragma unroll
  for (uint32_t slot = 0; slot < KIT_MEMBERS; slot++) {
    uint32_t generation = members->generations[slot];
    kit_load_barrier();
    if (process && members->processes[slot] == process && generation & 1)
      found = vqueue_endpoint(slot, generation);
  }
  return found;
}

/* How many messages of this process the receiver in `slot` has taken. What it says may be wrong. */
KIT_INLINE uint32_t vqueue_taken(struct vqueue_me me, uint32_t slot) {
  const volatile struct vqueue_receipt *receipt =
      &kit_vqueue_member(slot)->receipts[me.slot % KIT_MEMBERS];
  if (receipt->sender != me.generation) return 0;
  kit_load_barrier();
  return receipt->taken;
}

/* Puts a message into a lane whose lock the thread has. */
KIT_INLINE int32_t vqueue_put(struct vqueue_me me, volatile struct vqueue_lane *lane, uint32_t slot,
    uint32_t generation, const struct vqueue_message *message) {
  if (lane->receiver != generation) {
    /* The receiver looks at the count only if the lane is for it. */
    lane->receiver = 0;
    kit_load_barrier();
    lane->sent = 0;
    kit_load_barrier();
    lane->receiver = generation;
  }
  uint32_t sent = lane->sent;
  if (sent - vqueue_taken(me, slot) >= VQUEUE_DEPTH) return -KIT_FULL;
  struct vqueue_entry *entry = (struct vqueue_entry *)&lane->ring[sent % VQUEUE_DEPTH];
  entry->type = message->type;
  entry->reply_type = message->reply_type;
  __builtin_memcpy(entry->body, message->body, sizeof entry->body);
  kit_load_barrier();
  lane->sent = sent + 1;
  return 0;
}

int32_t vqueue_try_send(uint32_t endpoint, const struct vqueue_message *message) {
  struct vqueue_me me = vqueue_me();
  uint32_t slot = endpoint % KIT_MEMBERS;
  uint32_t generation = vqueue_generation(endpoint);
  if (!me.pages) return -KIT_NO_MEMBER;
  if (!generation) return -KIT_GONE;
  volatile struct vqueue_lane *lane = &me.pages->lanes[slot];
  if (!vqueue_lock(&lane->lock)) return -KIT_BUSY;
  int32_t result = vqueue_put(me, lane, slot, generation, message);
  vqueue_unlock(&lane->lock);
  if (result) {
    me.pages->counts.full++;
    return result;
  }
  me.pages->counts.sent++;
  kit_load_barrier();
  /* A receiver says that it sleeps before it looks for the last time. */
  if (kit_vqueue_member(slot)->sleepers) {
    me.pages->counts.wakes++;
    vqueue_wake(&lane->sent);
  }
  return 0;
}

int32_t vqueue_send(uint32_t endpoint, const struct vqueue_message *message,
    const struct vqueue_time *deadline) {
  int32_t result = vqueue_try_send(endpoint, message);
  struct vqueue_me me = vqueue_me();
  if (result != -KIT_FULL || !me.pages) return result == -KIT_BUSY ? -KIT_AGAIN : result;
  uint32_t slot = endpoint % KIT_MEMBERS;
  const volatile struct vqueue_receipt *receipt =
      &kit_vqueue_member(slot)->receipts[me.slot % KIT_MEMBERS];
  volatile struct vqueue_lane *lane = &me.pages->lanes[slot];
  const volatile struct kit_members *members = kit_kit_members();
  if (!vqueue_count(&lane->sleepers, 1)) return -KIT_AGAIN;
  kit_load_barrier();
  uint32_t change = members->change;
  uint32_t taken = receipt->taken;
  kit_load_barrier();
  result = vqueue_try_send(endpoint, message);
  if (result == -KIT_FULL) {
    struct vqueue_futex futexes[2] = {
        {taken, (uintptr_t)&receipt->taken, 2, 0},
        {change, (uintptr_t)&members->change, 2, 0},
    };
    result = vqueue_slept(vqueue_sleep_any(futexes, 2, deadline));
  }
  (void)vqueue_count(&lane->sleepers, -1u);
  return result == -KIT_BUSY ? -KIT_AGAIN : result;
}
