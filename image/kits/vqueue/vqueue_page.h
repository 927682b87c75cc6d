// SPDX-License-Identifier: Apache-2.0
/* The pages of the kit vqueue, and what its functions take.
 *
 * A lane is a ring of messages from one member to one other, in the sender's pages. How many the
 * receiver has taken is in the receiver's pages. Each word has one writer, so a member that dies or
 * writes nonsense spoils what it sends and what it has received, and nothing else.
 *
 * A member's threads all sleep at its bell, a word that the kernel increases whenever somebody rings it. A
 * thread says in its pages that it sleeps, notes the bell, looks once more, and sleeps if the bell is as
 * it noted it. Who finds that it sleeps rings.
 *
 * vqueue_close drops what was sent by a member and not taken. Senders that wait for room continue.
 *
 * A receiver lists in its pages which notification announces which types of messages. A sender that
 * has put one of such a type says so with a count of its own, for which the receiver's threads look.
 */
#ifndef VQUEUE_PAGE_H
#define VQUEUE_PAGE_H

#include <stdint.h>

#include "kit_members.h"
#include "vqueue_constants.h"

/* A message. Replies are as a sender and a receiver agree: the queue passes both types on. A call
 * that receives nothing may have changed it. */
struct vqueue_message {
  uint32_t sender; /* the sender's endpoint; the queue writes it when it is received */
  uint32_t type;
  uint32_t reply_type;
  uint32_t body[16];
};

/* A time of CLOCK_MONOTONIC, as the kernel's struct __kernel_timespec. */
struct vqueue_time {
  int64_t seconds;
  int64_t nanoseconds;
};

/* As a type of vqueue_notify: all that have no notification of their own. */
#define VQUEUE_OTHER_TYPES 0xffffffffu

/* What this process has done since it joined. */
struct vqueue_counts {
  uint32_t sent;
  uint32_t received;
  uint32_t full;  /* sends that found the lane full */
  uint32_t wakes; /* system calls that woke a receiver or a sender */
};

/* A message in a lane. Its sender is known from its place. */
struct vqueue_entry {
  uint32_t type;
  uint32_t reply_type;
  uint32_t body[16];
};

/* From the member whose pages these are to one receiver. */
struct vqueue_lane {
  uint32_t lock;     /* 1: a thread puts one */
  uint32_t receiver; /* the generation of the receiver's slot; 0: for none */
  /* How many were put here, for all receivers so far; in place n, how many there were after the last
   * one that the receiver's notification n announces. The next receiver counts
   * from where the messages of the last one ended. */
  uint32_t sent[1 + VQUEUE_NOTIFICATIONS];
  uint32_t first;    /* how many of these were put here before the receiver's */
  uint32_t limit;    /* up to this count there is room: the sender need not ask the receiver */
  uint32_t sleepers; /* threads that wait until there is room */
  struct vqueue_entry ring[VQUEUE_DEPTH];
};

/* To the member whose pages these are from one sender. */
struct vqueue_receipt {
  uint32_t lock;     /* 1: a thread takes one */
  uint32_t sender;   /* the generation of the sender's slot; 0: of none */
  uint32_t taken;    /* how many of its messages were taken, as its lane counts */
  uint32_t received; /* how many were received from this slot, from all its members */
};

/* Which notification announces messages of a type. */
struct vqueue_type {
  uint32_t type;
  uint32_t notification; /* 0: this place is free */
};

struct vqueue_member {
  uint32_t has_types; /* 1: some types have, or had, a notification */
  /* Threads that wait for a message; in place n, for one that notification n announces. */
  uint32_t sleepers[1 + VQUEUE_NOTIFICATIONS];
  uint32_t cursor; /* the slot where the next search begins */
  uint32_t full;   /* as in struct vqueue_counts */
  uint32_t wakes;
  struct vqueue_receipt receipts[KIT_MEMBERS];
  struct vqueue_lane lanes[KIT_MEMBERS];
  uint32_t types_lock; /* 1: a thread changes the types */
  uint32_t others;     /* the notification of all types that are not listed; 0: there is none */
  struct vqueue_type types[VQUEUE_TYPES];
};

_Static_assert((VQUEUE_DEPTH & (VQUEUE_DEPTH - 1)) == 0, "VQUEUE_DEPTH is no power of two");
_Static_assert((VQUEUE_BURST & (VQUEUE_BURST - 1)) == 0, "VQUEUE_BURST is no power of two");

#endif
