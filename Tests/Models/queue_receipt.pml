/* SPDX-License-Identifier: Apache-2.0 */
/* How a sender of image/kits/vqueue waits for room, if the receipt is still the one of the last member
 * of its slot: the receiver begins it again, and may come to a count that it had before. The sender says
 * that it sleeps, notes its bell, looks once more, and waits until the bell has changed. The kernel
 * increases a bell and wakes in one step, and it compares and sleeps in one.
 *
 * Shown for every order: the sender never sleeps while there is room. Each of these breaks it and must
 * fail (Tests/KitBuilderTests/QueueModelTests):
 *
 *     NO_RING       a wake does not change the bell
 *     LATE_NOTE     the sender notes the bell after it has looked
 *     NO_LOOK       the sender does not look again before it sleeps
 *     EARLY_LOOK    the receiver looks for sleepers before it counts what it takes
 */
#define DEPTH 1
#define MESSAGES 3

/* The receiver's pages: it has taken one message of the member of generation 1. */
byte receipt_sender = 1, taken = 1;
/* The pages of the member of generation 2. */
byte sent = 0;
bool sleeper = false;
/* The kernel's page. */
byte bell = 0;

bool asleep = false;

#define TAKEN (receipt_sender == 2 -> taken : 0)

active proctype Sender() {
  byte noted;
  do
  :: sent == MESSAGES -> break
  :: sent < MESSAGES && sent - TAKEN < DEPTH -> sent++
  :: sent < MESSAGES && sent - TAKEN >= DEPTH ->
     sleeper = true;
#ifndef LATE_NOTE
     noted = bell;
#endif
#ifndef NO_LOOK
     if :: sent - TAKEN < DEPTH -> goto look :: else fi;
#endif
#ifdef LATE_NOTE
     noted = bell;
#endif
     atomic { if :: bell == noted -> asleep = true :: else fi };
     !asleep;
look: sleeper = false
  od
}

active proctype Receiver() {
  bool must_wake;
end:
  do
  :: sent > TAKEN ->
     if
     :: receipt_sender != 2 -> receipt_sender = 0; taken = 0; receipt_sender = 2
     :: else
     fi;
#ifdef EARLY_LOOK
     must_wake = sleeper;
     taken++;
#else
     taken++;
     must_wake = sleeper;
#endif
     if
     :: must_wake ->
        atomic {
#ifndef NO_RING
          bell++;
#endif
          asleep = false
        }
     :: else
     fi
  od
}

active proctype End() {
  timeout -> assert(sent == MESSAGES && taken == MESSAGES)
}
