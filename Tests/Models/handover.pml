/* SPDX-License-Identifier: Apache-2.0 */
/* The lock of Sources/RTOSCore/Locks/HandoverLock.swift: three CPUs take and give it, and one that
 * waits sleeps until an interrupt comes. Each step is one atomic access of the code; sleeping ends with
 * an interrupt that is pending, also one from before.
 *
 * Shown for every order: one CPU at a time has it, and nobody sleeps for ever. Each of these takes a
 * part away, and must fail (Tests/RTOSCoreTests/HandoverLockTests):
 *
 *     NO_LATE_LOOK          who gives it back to nobody does not look for one that fell asleep meanwhile
 *     NO_LOOK_BEFORE_SLEEP  who sleeps does not look again when it has said so
 *     NO_WAKE               who hands it over does not wake the other one
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
