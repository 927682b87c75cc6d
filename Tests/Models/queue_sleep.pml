/* SPDX-License-Identifier: Apache-2.0 */
/* How a receiver of image/kits/vqueue sleeps: it says so, notes its bell, looks once more, and waits until
 * the bell has changed. The sender counts a message, then looks for sleepers, and rings. The kernel
 * increases a bell and wakes in one step, and it compares and sleeps in one.
 *
 * Shown for every order: the receiver takes all messages, and never sleeps while there is one. Each of
 * these breaks it and must fail (Tests/KitBuilderTests/QueueModelTests):
 *
 *     LATE_FLAG    the receiver says that it sleeps after it has looked
 *     LATE_NOTE    the receiver notes the bell after it has looked
 *     NO_RING      a wake does not change the bell
 *     EARLY_LOOK   the sender looks for sleepers before it counts the message
 *     NO_LOOK      the receiver does not look again before it sleeps
 */
#define MESSAGES 3

byte sent = 0, taken = 0, bell = 0;
bool sleeper = false, asleep = false;

inline ring() {
  atomic {
#ifndef NO_RING
    bell++;
#endif
    asleep = false
  }
}

active proctype Sender() {
  byte count = 0;
  bool must_wake;
  do
  :: count == MESSAGES -> break
  :: count < MESSAGES ->
#ifdef EARLY_LOOK
     must_wake = sleeper;
     sent++;
#else
     sent++;
     must_wake = sleeper;
#endif
     if
     :: must_wake -> ring()
     :: else
     fi;
     count++
  od
}

active proctype Receiver() {
  byte noted;
  do
  :: taken == MESSAGES -> break
  :: taken < MESSAGES && sent > taken -> taken++
  :: taken < MESSAGES && sent == taken ->
#ifdef LATE_FLAG
     if :: sent > taken -> goto look :: else fi;
     sleeper = true;
     noted = bell;
#else
     sleeper = true;
#ifdef LATE_NOTE
     if :: sent > taken -> sleeper = false; goto look :: else fi;
     noted = bell;
#else
     noted = bell;
#ifndef NO_LOOK
     if :: sent > taken -> sleeper = false; goto look :: else fi;
#endif
#endif
#endif
     atomic { if :: bell == noted -> asleep = true :: else fi };
     !asleep;
     sleeper = false;
look: skip
  od
}

active proctype End() {
  timeout -> assert(taken == MESSAGES && !asleep)
}
