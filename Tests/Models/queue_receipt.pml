/* SPDX-License-Identifier: Apache-2.0 */
/* How a sender of image/kits/vqueue waits for room, if the receipt is still the one of the last member
 * of its slot: the receiver begins it again, and may come to the count that the sender noted. The kernel
 * queues the sleeper at a word before it compares that word, and then does the next one.
 *
 * Shown for every order: the sender never sleeps while there is room. Each of these breaks it and must
 * fail (Tests/KitBuilderTests/QueueModelTests):
 *
 *     NO_SENDER     the receipt's sender is not among the words of the wait
 *     SENDER_FIRST  the kernel compares the receipt's sender before its count
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

bool is_queued = false, asleep = false;

#define TAKEN (receipt_sender == 2 -> taken : 0)

inline compare_taken() {
  is_queued = true; asleep = true;
  if
  :: taken != noted -> differs = true
  :: else
  fi
}

inline compare_sender() {
#ifndef NO_SENDER
  if
  :: receipt_sender != noted_sender -> differs = true
  :: else
  fi
#else
  skip
#endif
}

active proctype Sender() {
  byte noted, noted_sender;
  bool differs;
  do
  :: sent == MESSAGES -> break
  :: sent < MESSAGES && sent - TAKEN < DEPTH -> sent++
  :: sent < MESSAGES && sent - TAKEN >= DEPTH ->
     sleeper = true;
     noted_sender = receipt_sender;
     noted = taken;
     differs = false;
#ifndef NO_LOOK
     if
     :: sent - TAKEN < DEPTH -> differs = true
     :: else
     fi;
#endif
     if
     :: differs
     :: else ->
#ifdef SENDER_FIRST
        compare_sender();
        compare_taken();
#else
        compare_taken();
        compare_sender();
#endif
        if
        :: differs
        :: else -> !asleep
        fi;
        is_queued = false; asleep = false
     fi;
     sleeper = false
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
     :: must_wake && is_queued -> asleep = false
     :: else
     fi
  od
}

active proctype End() {
  timeout -> assert(sent == MESSAGES && taken == MESSAGES)
}
