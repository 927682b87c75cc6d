/* SPDX-License-Identifier: Apache-2.0 */
/* The lock of Sources/RTOSCore/Locks/HandoverLock.swift: three CPUs acquire and release it, and a waiter
 * sleeps until an interrupt arrives. Each step is one atomic access of the code; an interrupt that is
 * pending, also one from before, ends the sleep.
 *
 * Shown for every order: one CPU at a time holds it, and no CPU sleeps permanently. Each of these
 * removes a part and must fail (Tests/RTOSCoreTests/HandoverLockTests):
 *
 *     NO_LATE_LOOK          a release without a waiter does not check for one that fell asleep meanwhile
 *     NO_LOOK_BEFORE_SLEEP  a waiter does not check the lock again after it has announced its sleep
 *     NO_WAKE               the releaser does not wake the CPU that gets the lock
 */

#define FREE 0
#define N 3

byte holder = FREE;                  /* a CPU's number, 1 to N */
bool waiting[4];
bool asleep[4];
bool pending[4];                     /* an interrupt waits to be taken */
byte inside = 0;

inline enter() {
  inside++;
  assert(inside == 1)
}

inline hand_over() {
  next = me;
  do
  :: next = (next % N) + 1;
     if
     :: waiting[next] -> break
     :: else
     fi
  od;
  waiting[next] = false;
  atomic { holder = next; inside-- }
#ifndef NO_WAKE
  if
  :: asleep[next] -> pending[next] = true
  :: else
  fi
#endif
}

inline give() {
  some = waiting[1] || waiting[2] || waiting[3];
  if
  :: !some ->
     atomic { holder = FREE; inside-- }
#ifndef NO_LATE_LOOK
     atomic {
       if
       :: asleep[1] -> pending[1] = true
       :: !asleep[1] && asleep[2] -> pending[2] = true
       :: !asleep[1] && !asleep[2] && asleep[3] -> pending[3] = true
       :: else
       fi
     }
#endif
  :: else -> hand_over()
  fi
}

inline take() {
  atomic {
    if
    :: holder == FREE -> holder = me; enter(); has = true
    :: else -> has = false
    fi
  }
  if
  :: has
  :: else ->
     waiting[me] = true;
     do
     :: atomic {
          if
          :: holder == FREE -> holder = me; enter(); has = true; late = true
          :: holder == me -> enter(); has = true; late = false
          :: else
          fi
        }
        if
        :: has && late -> waiting[me] = false; break
        :: has && !late -> break
        :: else
        fi;
        asleep[me] = true;
#ifndef NO_LOOK_BEFORE_SLEEP
        if
        :: holder != FREE && holder != me -> pending[me]
        :: else
        fi;
#else
        pending[me];
#endif
        asleep[me] = false;
        pending[me] = false
     od
  fi
}

active [N] proctype CPU() {
  byte me = _pid + 1;
  byte next;
  bool has, late, some;
  take(); give();
  if
  :: me == 1 -> take(); give()
  :: else
  fi
}
