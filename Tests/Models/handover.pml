/* SPDX-License-Identifier: Apache-2.0 */
/* The lock of Sources/RTOSCore/Locks/HandoverLock.swift: three CPUs acquire it alone or shared, and a
 * waiter sleeps until an interrupt arrives. Each step is one atomic access of the code; an interrupt
 * that is pending, also one from before, ends the sleep. A waiter may ask at once, or poll before it
 * does, as its patience lasts.
 *
 * Shown for every order: a CPU that holds it alone is alone, and no CPU sleeps permanently. Each of
 * these removes a part and must fail (Tests/RTOSCoreTests/HandoverLockTests):
 *
 *     NO_LATE_LOOK          a release without an asker does not look for one that fell asleep meanwhile
 *     NO_LOOK_BEFORE_SLEEP  a waiter does not look at the lock again after it has announced its sleep
 *     NO_WAKE               the releaser does not wake the CPU that gets the lock
 *     NO_LAST_WAKE          the last sharer does not wake the CPU that waits for it to leave
 *     WAKE_ONE              a release without an asker wakes one sleeper, which may share and wake none
 *     NO_TICKET             a CPU that asks acquires the lock by itself although it was chosen
 *     NO_DRAIN              the next holder does not wait until the sharers have left
 */

#define N 3
#ifndef SHARERS
#define SHARERS 2                    /* the CPUs 1 to SHARERS also share */
#endif

byte holder = 0;                     /* 0, or the number of the CPU that holds it alone or will */
byte sharers = 0;                    /* a bit for each CPU; changed with the holder: one word */
bool asking[4];
bool asleep[4];
bool pending[4];                     /* an interrupt waits to be taken */
byte alone = 0, together = 0;        /* the CPUs inside */

#define BIT(cpu) (1 << (cpu))

inline enter_alone() { alone++; assert(alone == 1 && together == 0) }
inline enter_shared() { together++; assert(alone == 0) }

inline wake(cpu) { if :: asleep[cpu] -> pending[cpu] = true :: else fi }

inline wake_all() {
#ifndef NO_LATE_LOOK
  atomic {
#ifdef WAKE_ONE
    if
    :: asleep[1] -> pending[1] = true
    :: !asleep[1] && asleep[2] -> pending[2] = true
    :: !asleep[1] && !asleep[2] && asleep[3] -> pending[3] = true
    :: else
    fi
#else
    wake(1); wake(2); wake(3)
#endif
  }
#else
  skip
#endif
}

/* Clears the bit of a CPU that asks, whichever it is; `next` is 0 if none does. */
inline take_next() {
  do
  :: atomic {
       if
       :: asking[1] -> next = 1
       :: asking[2] -> next = 2
       :: asking[3] -> next = 3
       :: else -> next = 0; break
       fi
     }
     atomic {
       if
       :: asking[next] -> asking[next] = false; break
       :: else
       fi
     }
  od
}

/* The holder hands the lock over; `mine` stays inside as a sharer. */
inline hand_over(mine) {
  take_next();
  atomic { holder = next; sharers = sharers | mine; next_is = next }
  if
  :: next_is != 0 ->
#ifndef NO_WAKE
     wake(next_is)
#else
     skip
#endif
  :: else -> wake_all()
  fi
}

inline release_alone() {
  if
  :: !(asking[1] || asking[2] || asking[3]) ->
     atomic { alone--; holder = 0 };
     wake_all()
  :: else -> alone--; hand_over(0)
  fi
}

inline release_shared() {
  atomic { together--; sharers = sharers & ~BIT(me); next = (sharers == 0 -> holder : 0) };
#ifndef NO_LAST_WAKE
  if
  :: next != 0 -> wake(next)
  :: else
  fi
#endif
}

inline acquire(share) {
  has = false; asks = false;
  do
  :: atomic { seen = holder; others = sharers };
     if
     :: seen == me && share ->
        /* Kept as one step with the hand-over: it is inside as soon as its bit is set. */
        take_next();
        atomic { holder = next; sharers = sharers | BIT(me); next_is = next; enter_shared() };
        if
        :: next_is != 0 ->
#ifndef NO_WAKE
           wake(next_is)
#else
           skip
#endif
        :: else -> wake_all()
        fi;
        break
#ifdef NO_DRAIN
     :: seen == me && !share -> enter_alone(); break
#else
     :: seen == me && !share && others == 0 -> enter_alone(); break
     :: seen == me && !share && others != 0 -> skip
#endif
     :: seen == 0 ->
        if
        :: asks ->
           atomic {
             if
#ifndef NO_TICKET
             :: !asking[me] -> chosen = true
#endif
             :: else -> asking[me] = false; asks = false; chosen = false
             fi
           }
        :: else -> chosen = false
        fi;
        if
        :: !chosen ->
           atomic {
             if
             :: holder == 0 && sharers == others ->
                if
                :: share -> sharers = sharers | BIT(me); enter_shared(); has = true
                :: !share && others == 0 -> holder = me; enter_alone(); has = true
                :: !share && others != 0 -> holder = me; seen = me
                fi
             :: else
             fi
           };
           if
           :: has -> break
           :: else
           fi
        :: else
        fi
     :: else
     fi;
     if
     :: !asks && seen != me -> asks = true; asking[me] = true
     :: else
     fi;
     /* Sleeps. */
     asleep[me] = true;
#ifndef NO_LOOK_BEFORE_SLEEP
     atomic {
       if
       :: holder != 0 && (holder != me || !share && sharers != 0) -> has = true
       :: else -> has = false
       fi
     };
#else
     has = true;
#endif
     if
     :: has -> has = false; pending[me]
     :: else
     fi;
     asleep[me] = false;
     pending[me] = false
  od
}

active [N] proctype CPU() {
  byte me = _pid + 1;
  byte next, next_is, seen, others;
  bool has, asks, chosen;
  if
  :: me <= SHARERS -> acquire(true); release_shared()
  :: else
  fi;
  if
  :: me != 2 -> acquire(false); release_alone()
  :: else
  fi;
  if
  :: me == 1 -> acquire(true); release_shared()
  :: else
  fi
}
