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
  /* The slot may have had another member when its generation was read. */
  kit_load_barrier();
  return vqueue_generation(found) ? found : 0;
}

/* How many of the lane's messages the receiver in `slot` has taken. What it says may be wrong. */
KIT_INLINE uint32_t vqueue_taken(
    struct vqueue_me me, uint32_t slot, volatile struct vqueue_lane *lane) {
  const volatile struct vqueue_receipt *receipt =
      &kit_vqueue_member(slot)->receipts[me.slot % KIT_MEMBERS];
  if (receipt->sender != me.generation) return lane->first;
  kit_load_barrier();
  return receipt->taken;
}

/* Puts a message into a lane whose lock the thread has. */
KIT_INLINE int32_t vqueue_put(struct vqueue_me me, volatile struct vqueue_lane *lane, uint32_t slot,
    uint32_t endpoint, const struct vqueue_message *message) {
  /* Found under the lock: another thread may have sent to the next member of the slot before. */
  uint32_t generation = vqueue_generation(endpoint);
  if (!generation) return -KIT_GONE;
  uint32_t sent = lane->sent[0];
  if (lane->receiver != generation) {
    /* The receiver looks at the counts only if the lane is for it. */
    lane->receiver = 0;
    kit_barrier();
    lane->first = sent;
    kit_barrier();
    lane->receiver = generation;
  }
  if (sent - vqueue_taken(me, slot, lane) >= VQUEUE_DEPTH) return -KIT_FULL;
  struct vqueue_entry *free = (struct vqueue_entry *)&lane->ring[sent % VQUEUE_DEPTH];
  free->type = message->type;
  free->reply_type = message->reply_type;
  __builtin_memcpy(free->body, message->body, sizeof free->body);
  kit_barrier();
  lane->sent[0] = sent + 1;
  return 0;
}

/* Wakes the threads of the receiver in `slot` that wait for what was put into the lane. They have
 * said that they sleep before they looked for the last time. */
KIT_INLINE void vqueue_wake_receivers(struct vqueue_me me, uint32_t slot,
    const volatile struct vqueue_lane *lane, uint32_t notification) {
  if (!kit_vqueue_member(slot)->sleepers[notification]) return;
  me.pages->counts.wakes++;
  vqueue_wake(&lane->sent[notification]);
}

/* Unlocks a lane into which a message was put, and wakes who waits for any. */
KIT_INLINE void vqueue_finish(
    struct vqueue_me me, uint32_t slot, volatile struct vqueue_lane *lane) {
  vqueue_unlock(&lane->lock);
  me.pages->counts.sent++;
  kit_barrier();
  vqueue_wake_receivers(me, slot, lane, 0);
}

/* The notification of the receiver in `slot` that announces messages of a type; 0: there is none.
 * What the receiver says may be wrong. */
KIT_INLINE uint32_t vqueue_notification(uint32_t slot, uint32_t type) {
  other_member *receiver = kit_vqueue_member(slot);
  uint32_t notification = receiver->others;
#pragma unroll
  for (uint32_t i = 0; i < VQUEUE_TYPES; i++) {
    uint32_t listed = receiver->types[i].notification;
    if (listed && receiver->types[i].type == type) notification = listed;
  }
  return notification <= VQUEUE_NOTIFICATIONS ? notification : 0;
}

/* `vqueue_finish` for a message to a receiver that has types. Not inline: most have none. */
static __attribute__((noinline)) int32_t vqueue_finish_announced(
    struct vqueue_me me, uint32_t slot, volatile struct vqueue_lane *lane) {
  uint32_t last = lane->sent[0];
  uint32_t notification = vqueue_notification(slot, lane->ring[(last - 1) % VQUEUE_DEPTH].type);
  if (notification) {
    /* A receiver that finds this count finds the message, too. */
    kit_barrier();
    lane->sent[notification] = last;
  }
  vqueue_finish(me, slot, lane);
  if (notification) vqueue_wake_receivers(me, slot, lane, notification);
  return 0;
}

int32_t vqueue_try_send(uint32_t endpoint, const struct vqueue_message *message) {
  struct vqueue_me me = vqueue_me();
  uint32_t slot = endpoint % KIT_MEMBERS;
  if (!me.pages) return -KIT_NO_MEMBER;
  /* A bad address is met here, where no lock is held: a signal handler may jump away. */
  (void)*(const volatile uint32_t *)&message->type;
  (void)*(const volatile uint32_t *)&message->body[15];
  volatile struct vqueue_lane *lane = &me.pages->lanes[slot];
  if (!vqueue_lock(&lane->lock)) return -KIT_BUSY;
  int32_t result = vqueue_put(me, lane, slot, endpoint, message);
  if (result) {
    vqueue_unlock(&lane->lock);
    if (result == -KIT_FULL) me.pages->counts.full++;
    return result;
  }
  if (kit_vqueue_member(slot)->has_types) return vqueue_finish_announced(me, slot, lane);
  vqueue_finish(me, slot, lane);
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
  if (!vqueue_begin_sleep(&lane->sleepers)) return -KIT_AGAIN;
  uint32_t change = members->change;
  uint32_t sender = receipt->sender;
  uint32_t taken = receipt->taken;
  kit_load_barrier();
  result = vqueue_try_send(endpoint, message);
  if (result == -KIT_FULL) {
    /* A receipt of a sender before this one may begin again and come to the count that was noted,
     * but its sender has changed then. The kernel compares in this order, and the receiver writes
     * the sender before the count: one of the two differs, or there is a wake at the count. */
    struct vqueue_futex futexes[3] = {
        {taken, (uintptr_t)&receipt->taken, 2, 0},
        {sender, (uintptr_t)&receipt->sender, 2, 0},
        {change, (uintptr_t)&members->change, 2, 0},
    };
    result = vqueue_slept(vqueue_sleep_any(futexes, 3, deadline));
  }
  vqueue_end_sleep(&lane->sleepers);
  return result == -KIT_BUSY ? -KIT_AGAIN : result;
}
