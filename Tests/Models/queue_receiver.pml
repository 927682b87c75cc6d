/* SPDX-License-Identifier: Apache-2.0 */
/* A lane of image/kits/vqueue whose receiver dies; its slot gets a new member, which sleeps if there is
 * nothing. Two threads of a sender send one message to each of the two. There is room for all messages.
 * Barriers make each step visible before the next one. The kernel increases a bell and wakes in one step,
 * and it compares and sleeps in one; it rings when the member joins.
 *
 * Shown for every order: the new member gets all messages that were sent to it, once and in their order,
 * and does not sleep while there is one. Each of these breaks it and must fail
 * (Tests/KitBuilderTests/QueueModelTests):
 *
 *     EARLY_CHECK  a thread finds out whether the receiver has left before it takes the lock, not after
 *     NO_FIRST     a new receiver counts from 0 in a lane that had another one
 */
#define MESSAGE(to, number) ((to) * 8 + (number) + 1)

/* The kernel's page: the member of the receiver's slot, 0 if there is none. */
byte generation = 1, bell = 0;
/* The sender's pages. */
byte receiver = 0, sent = 0, first = 0;
bool send_lock = false;
byte ring[4];
/* The receiver's pages. */
bool has_receipt = false;            /* the receipt is for this sender */
byte taken = 0;
bool sleeper = false;

bool asleep = false;
byte put = 0, got = 0;               /* messages to the new member, and those that it has */

inline send(to) {
#ifdef EARLY_CHECK
  is_gone = (generation != to);
#endif
  atomic { !send_lock -> send_lock = true };
#ifndef EARLY_CHECK
  is_gone = (generation != to);
#endif
  if
  :: is_gone
  :: else ->
     if
     :: receiver != to ->
        receiver = 0;
        first = sent;
        receiver = to
     :: else
     fi;
     ring[sent % 4] = MESSAGE(to, (to == 2 -> put : 0));
     atomic {
       sent++;
       if
       :: to == 2 -> put++
       :: else
       fi
     }
  fi;
  send_lock = false;
  if
  :: !is_gone && sleeper -> atomic { bell++; asleep = false }
  :: else
  fi
}

active [2] proctype Sender() {
  bool is_gone;
  send(1);
  generation == 2;
  send(2)
}

active proctype Kernel() {
  generation = 0;
  has_receipt = false; taken = 0; sleeper = false;
  generation = 2;
  atomic { bell++; asleep = false };
  run Receiver()
}

#ifdef NO_FIRST
#define BEGIN 0
#else
#define BEGIN first
#endif
#define IS_THERE (receiver == 2 && sent != (has_receipt -> taken : BEGIN))

proctype Receiver() {
  byte noted;
  do
  :: got == 2 -> break
  :: got < 2 ->
     if
     :: IS_THERE ->
        if
        :: !has_receipt -> taken = BEGIN; has_receipt = true
        :: else
        fi;
        assert(ring[taken % 4] == MESSAGE(2, got));
        taken++;
        got++
     :: else ->
        sleeper = true;
        noted = bell;
        if
        :: IS_THERE
        :: else ->
           atomic {
             if
             :: bell == noted -> asleep = true
             :: else
             fi
           };
           !asleep
        fi;
        sleeper = false
     fi
  od
}

active proctype End() {
  timeout -> assert(put == 2 && got == 2)
}
