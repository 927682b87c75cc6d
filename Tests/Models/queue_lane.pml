/* SPDX-License-Identifier: Apache-2.0 */
/* A lane of image/kits/vqueue: two threads of a sender, two of the receiver. The sender may be killed
 * after any step; then its slot may get a new member, which sends, too. The ring holds one message.
 * Barriers make each step visible before the next one.
 *
 * Shown for every order: a message arrives once, whole, in its sender's order, as one of the member
 * that sent it; all that was sent arrives, also from a dead member until its slot has a new one.
 * Each of these breaks it and must fail (Tests/KitBuilderTests/QueueModelTests):
 *
 *     NO_LOCK      two threads of the receiver take at the same time
 *     COUNT_FIRST  the sender counts a message before it writes it
 *     NO_RECHECK   the receiver does not look at the generation after it has copied
 *     ZERO_FIRST   the kernel clears the pages before it changes the generation
 *     NO_PROCESS   the receiver reads from a slot whose pages the kernel is clearing
 */
#define DEPTH 1
#define EACH 1                       /* messages of each thread of a sender */
#define MESSAGE(member, number) ((member) * 16 + (number) + 1)

/* The kernel's page. */
byte generation = 1;
bool process = true;
/* The sender's pages. */
byte sent = 0;
bool for_receiver = false;           /* the lane is for the receiver's generation */
bool send_lock = false;
byte ring[DEPTH];
/* The receiver's pages. */
byte receipt_sender = 0;
byte taken = 0;
bool take_lock = false;

bool dead = false;                   /* the first member was killed */
byte put[2];                         /* messages that each member has counted */
byte got[2];                         /* messages that arrived from it */

/* The generation of the member whose messages are in the pages, and how many of them were taken. */
#define LAST (generation - (generation % 2 == 0 -> 1 : 0))
#define TAKEN(from) (receipt_sender == (from) -> taken : 0)

inline send_all(member) {
  count = 0;
  do
  :: count == EACH -> break
  :: count < EACH && sent - TAKEN(2 * member + 1) < DEPTH ->
     atomic { !send_lock -> send_lock = true };
     if
     :: !for_receiver -> for_receiver = true
     :: for_receiver
     fi;
     n = sent;
     if
     :: n - TAKEN(2 * member + 1) < DEPTH ->
#ifdef COUNT_FIRST
        atomic { sent = n + 1; put[member]++ };
        ring[n % DEPTH] = MESSAGE(member, n);
#else
        ring[n % DEPTH] = MESSAGE(member, n);
        atomic { sent = n + 1; put[member]++ };
#endif
        count++
     :: else
     fi;
     send_lock = false
  od
}

active [2] proctype First() {
  byte count, n;
  { send_all(0) } unless { dead }
}
proctype Second() { byte count, n; send_all(1) }

/* The sender is killed, or not; the slot gets a new member, or not. */
active proctype Kernel() {
  if
  :: true
  :: dead = true;
     generation = 2;
     process = false;
     if
     :: true
     :: true ->
#ifndef ZERO_FIRST
        generation = 3;
#endif
        ring[0] = 0; sent = 0; for_receiver = false; send_lock = false;
#ifdef ZERO_FIRST
        generation = 3;
#endif
        process = true;
        atomic { run Second(); run Second() }
     fi
  fi
}

/* The last generation, as the receiver finds it; 0 while the kernel clears the pages. */
inline look(result) {
  result = generation;
  if
  :: result % 2 == 0 -> result--
#ifndef NO_PROCESS
  :: result % 2 == 1 && !process -> result = 0
#endif
  :: else
  fi
}

/* Takes the oldest message of the member of generation `from`, if it has one. */
inline take() {
  n = taken;
  if
  :: sent > n && sent - n <= DEPTH ->
     message = ring[n % DEPTH];
#ifdef NO_RECHECK
     again = from;
#else
     again = LAST;
#endif
     if
     :: again == from ->
        atomic {
          taken = n + 1;
          has_taken = true;
          assert(message == MESSAGE((from - 1) / 2, got[(from - 1) / 2]));
          got[(from - 1) / 2]++
        }
     :: else
     fi
  :: else
  fi
}

/* Waits until something may be there, and takes it: first by the receipt as it is, then with one for
 * the member whose messages are there. */
active [2] proctype Receiver() {
  byte from, again, n, message;
  bool has_taken;
end:
  do
  :: for_receiver && sent != TAKEN(LAST) ->
#ifndef NO_LOCK
     atomic { !take_lock -> take_lock = true };
#endif
     from = receipt_sender;
     if
     :: from != 0 -> take()
     :: else
     fi;
     if
     :: has_taken
     :: else ->
        look(from);
        if
        :: from != 0 && for_receiver ->
           if
           :: receipt_sender != from -> receipt_sender = 0; taken = 0; receipt_sender = from
           :: else
           fi;
           take()
        :: else
        fi
     fi;
     take_lock = false;
     from = 0; again = 0; n = 0; message = 0; has_taken = false
  od
}

active proctype End() {
  timeout ->
  assert(got[(LAST - 1) / 2] == put[(LAST - 1) / 2]);
  assert(dead && generation == 2 || put[(LAST - 1) / 2] == 2 * EACH)
}
