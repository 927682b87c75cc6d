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

/* Makes room for a message in a lane whose lock the thread has, for the receiver of `endpoint`: asks
 * how many were taken. Releases the lock if there is none. */
KIT_INLINE int32_t vqueue_make_room(
    struct vqueue_me me, uint32_t endpoint, uint32_t slot, volatile struct vqueue_lane *lane) {
  int32_t result = -KIT_GONE;
  /* Found under the lock: another thread may have sent to the next member of the slot before. */
  uint32_t generation = vqueue_generation(endpoint);
  if (generation) {
    uint32_t sent = lane->sent[0];
    if (lane->receiver != generation) {
      /* The receiver looks at the counts only if the lane is for it. */
      lane->receiver = 0;
      kit_barrier();
      lane->first = sent;
      kit_barrier();
      lane->receiver = generation;
    }
    uint32_t taken = vqueue_taken(me, slot, lane);
    if (sent - taken < VQUEUE_DEPTH) {
      /* Before the message that is written in place of one that was taken. The branch would order the
       * two as well (Tests/Models/queue_room.litmus), but ThreadSanitizer knows barriers only. */
      kit_load_barrier();
      lane->limit = taken + VQUEUE_DEPTH;
      return 0;
    }
    me.pages->full++;
    result = -KIT_FULL;
  }
  vqueue_unlock(&lane->lock);
  return result;
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

/* Announces the last message of a lane if its type has a notification, releases the lock, and wakes
 * those that wait for such a message or for any. Not inline: most receivers have neither. */
static __attribute__((noinline)) int32_t vqueue_announce(
    uint32_t slot, volatile struct vqueue_lane *lane) {
  struct vqueue_me me = vqueue_me();
  uint32_t last = lane->sent[0];
  other_member *receiver = kit_vqueue_member(slot);
  uint32_t notification = 0;
  if (receiver->has_types)
    notification = vqueue_notification(slot, lane->ring[(last - 1) % VQUEUE_DEPTH].type);
  /* A receiver that finds this count finds the message, too: there was a barrier in between. */
  if (notification) lane->sent[notification] = last;
  vqueue_unlock(&lane->lock);
  kit_barrier();
  /* They have said that they sleep before they looked for the last time. */
  if (receiver->sleepers[0] | receiver->sleepers[notification]) vqueue_ring(me, slot);
  return vqueue_result(0);
}

/* Puts a message into a lane that has room behind the first `sent`, and releases the lock, which the
 * thread has. */
KIT_INLINE int32_t vqueue_put(const char *base, uint32_t slot, volatile struct vqueue_lane *lane,
    uint32_t sent, const struct vqueue_message *message) {
  vqueue_copy((struct vqueue_entry *)&lane->ring[sent % VQUEUE_DEPTH], &message->type);
  kit_barrier();
  lane->sent[0] = sent + 1;
  /* Before the look for sleepers, and before the release of the lock. */
  kit_barrier();
  other_member *receiver = (other_member *)(vqueue_whole(base + slot * VQUEUE_BYTES) + VQUEUE_MEMBERS);
  if (receiver->has_types | receiver->sleepers[0]) return vqueue_announce(slot, lane);
  lane->lock = 0;
  return 0;
}

/* Puts a message into a lane that is for another receiver, or may have no room. The thread has the
 * lock. Not inline: a lane needs it once in VQUEUE_DEPTH messages. */
static __attribute__((noinline)) int32_t vqueue_put_carefully(
    uint32_t endpoint, const struct vqueue_message *message, volatile struct vqueue_lane *lane) {
  uint32_t slot = endpoint % KIT_MEMBERS;
  int32_t result = vqueue_make_room(vqueue_me(), endpoint, slot, lane);
  return result ? result : vqueue_put(vqueue_base(), slot, lane, lane->sent[0], message);
}

int32_t vqueue_try_send(uint32_t endpoint, const struct vqueue_message *message) {
  const char *base = vqueue_base();
  uint32_t number = vqueue_own_number(base);
  uint32_t slot = endpoint % KIT_MEMBERS;
  if (!number) return vqueue_result(-KIT_NO_MEMBER);
  /* A bad address is met here, where no lock is held: a signal handler may jump away. */
  (void)*(const volatile uint32_t *)&message->type;
  (void)*(const volatile uint32_t *)&message->body[15];
  const char *pages = vqueue_whole(base + number * VQUEUE_BYTES);
  volatile struct vqueue_lane *lane = (volatile struct vqueue_lane *)vqueue_whole(
      pages + slot * sizeof(struct vqueue_lane) + (VQUEUE_LANES + VQUEUE_MEMBERS - VQUEUE_BYTES));
  if (!vqueue_lock(&lane->lock)) return vqueue_result(-KIT_BUSY);
  uint32_t receiver = lane->receiver, sent = lane->sent[0];
  /* A lane for none has no room: its limit and its count are 0. */
  if (vqueue_slot_generation(base, slot) != receiver ||
      vqueue_endpoint(slot, receiver) != endpoint || sent == lane->limit)
    return vqueue_put_carefully(endpoint, message, lane);
  return vqueue_put(base, slot, lane, sent, message);
}

int32_t vqueue_send(uint32_t endpoint, const struct vqueue_message *message,
    const struct vqueue_time *deadline) {
  int32_t result = vqueue_try_send(endpoint, message);
  struct vqueue_me me = vqueue_me();
  if (result != -KIT_FULL || !me.pages) return result == -KIT_BUSY ? -KIT_AGAIN : result;
  volatile struct vqueue_lane *lane = &me.pages->lanes[endpoint % KIT_MEMBERS];
  if (!vqueue_begin_sleep(&lane->sleepers)) return -KIT_AGAIN;
  uint32_t rung = vqueue_bell(me);
  result = vqueue_try_send(endpoint, message);
  if (result == -KIT_FULL) result = vqueue_slept(vqueue_sleep(me, rung, deadline));
  vqueue_end_sleep(&lane->sleepers);
  return result == -KIT_BUSY ? -KIT_AGAIN : result;
}
