/* SPDX-License-Identifier: Apache-2.0 */
/* A futex with an owner (Sources/UserSpace/Process/Futex+Owner.swift, ProcessTable+OwnedFutexes.swift): three
 * threads on as many CPUs take it once each; one of them is killed at any step, or not at all. One of the others may
 * stop to wait at any time. The kernel's steps are kept apart by the kernel lock only, so programs change the word
 * between them. The futex is in the robust list of each owner.
 *
 * Shown for every order: one thread at a time is inside; the one after an owner that died inside learns it; word and
 * kernel agree whenever a call compares them; no thread waits permanently; the kernel's state is free at the end.
 *
 * Each of these breaks the futex and must fail (Tests/RTOSCoreTests/SpinModelTests):
 *
 *     NO_BIT       a waiter does not set FUTEX_WAITERS in the word
 *     NO_HEIR      an owner that ends does not give the futex away
 *     NO_NUMBER    the next owner does not store its number in the word
 *     NO_LOOK      the next owner stores its number although a program has taken the word
 *     NO_ADOPTION  the kernel does not learn that a program has taken the word
 */

#define NOBODY 0
#define MORTAL 1

byte owner = NOBODY; bit waiters = 0; bit died = 0;   /* the word */

byte kernel_lock = NOBODY;
bit used = 0;                                         /* the kernel's state */
byte state_owner; byte count; bit abandoned;
bit queued[4];

bit dying = 0; bit gone = 0;
byte inside = NOBODY;
bit broken = 0;                                       /* an owner died inside */

inline enter_kernel() { atomic { kernel_lock == NOBODY -> kernel_lock = me } }
inline leave_kernel() { kernel_lock = NOBODY }

inline read() { d_step { old_owner = owner; old_waiters = waiters; old_died = died } }

/* Compare and exchange. */
inline exchange(new_owner, new_waiters, new_died) {
  d_step {
    done = (owner == old_owner && waiters == old_waiters && died == old_died);
    if
    :: done -> owner = new_owner; waiters = new_waiters; died = new_died
    :: else
    fi
  }
}

/* Any of the waiters. */
inline choose() {
  if
  :: queued[1] -> heir = 1
  :: queued[2] -> heir = 2
  :: queued[3] -> heir = 3
  fi
}

inline leave_queue() {
  d_step {
    if
    :: queued[me] -> queued[me] = 0; count--; used = (count > 0)
    :: else
    fi
  }
}

/* Makes a thread that has taken the word after the end of the owner the owner for the kernel, too. */
inline adopt(thread) {
#ifndef NO_ADOPTION
  if
  :: used && abandoned && state_owner != thread -> state_owner = thread; abandoned = 0
  :: else
  fi
#else
  skip
#endif
}

/* The next owner after one that has ended stores its number, unless a program has taken the word. */
inline inherit() {
  do
  :: queued[me] && used && state_owner == me ->
    read();
    if
#ifndef NO_LOOK
    :: old_owner != NOBODY && old_owner != me && !(old_owner == MORTAL && gone) ->
      exchange(old_owner, 1, old_died);
      if
      :: done -> adopt(old_owner); break
      :: else
      fi
    :: else ->
#else
    :: true ->
#endif
#ifndef NO_NUMBER
      exchange(me, 1, old_died);
#else
      done = 1;
#endif
      if
      :: done -> abandoned = 0; got = 1; break
      :: else
      fi
    fi
  :: else -> break
  od
}

inline lock() {
  /* A program takes a word without a number by itself, and clears FUTEX_WAITERS, as musl does. */
  read();
  if
  :: old_owner == NOBODY -> exchange(me, 0, old_died); got = done
  :: else
  fi;
  do
  :: got -> break
  :: else ->
    enter_kernel();
    read();
    if
    :: used ->
      if
      :: old_owner == NOBODY -> done = 1
      :: else -> exchange(old_owner, 1, old_died)
      fi;
      if
      :: done ->
        if
        :: old_owner != NOBODY && !(old_owner == MORTAL && gone) -> adopt(old_owner)
        :: else
        fi;
        assert(abandoned || old_owner == state_owner);
        d_step { queued[me] = 1; count++ }
      :: else
      fi
    :: !used && old_owner == NOBODY -> exchange(me, 0, old_died); got = done
    :: !used && old_owner != NOBODY ->
#ifdef NO_BIT
      done = 1;
#else
      exchange(old_owner, 1, old_died);
#endif
      if
      :: !done
      :: done && gone && old_owner == MORTAL ->
        read();
        assert(old_owner != MORTAL)  /* ESRCH: its list had the futex */
      :: else ->
        d_step { used = 1; state_owner = old_owner; abandoned = 0; count = 1; queued[me] = 1 }
      fi
    fi;
    leave_kernel();
    do
    :: queued[me] ->
      if
      :: !queued[me] || state_owner == me
      :: me == 3 -> late = 1             /* a timeout */
      fi;
      enter_kernel();
      if
      :: !queued[me] -> got = 1; late = 0
      :: queued[me] && state_owner == me -> late = 0; inherit()
      :: else
      fi;
      if
      :: got || late -> leave_queue()
      :: else
      fi;
      leave_kernel()
    :: else -> break
    od;
    if
    :: late -> break
    :: else
    fi
  od
}

inline unlock() {
  d_step { old_owner = me; old_waiters = 0; old_died = 0 }
  exchange(NOBODY, 0, 0);
  do
  :: done -> break
  :: else ->
    enter_kernel();
    read();
    assert(old_owner == me);
    if
    :: !used -> exchange(NOBODY, 0, 0)
    :: used ->
      adopt(me);
      assert(state_owner == me && !abandoned);
      choose();
      exchange(heir, 1, 0);
      if
      :: done ->
        d_step { queued[heir] = 0; count--; used = (count > 0); state_owner = heir }
      :: else
      fi
    fi;
    heir = NOBODY;
    leave_kernel()
  od
}

/* The end of a thread: its wait, its list, and what the kernel knows of it. */
inline end() {
  d_step {
    if
    :: inside == me -> inside = NOBODY; broken = 1
    :: else
    fi
  }
  enter_kernel();
  inherit();
  leave_queue();
  do
  :: read();
    if
    :: old_owner != me -> break
    :: else ->
      exchange(NOBODY, old_waiters, 1);
      if
      :: done -> break
      :: else
      fi
    fi
  od;
#ifndef NO_HEIR
  if
  :: used && state_owner == me ->
    choose();
    d_step { state_owner = heir; abandoned = 1 }
  :: else
  fi;
#endif
  gone = 1;
  leave_kernel()
}

proctype Thread(byte me) {
  byte old_owner, heir = NOBODY;
  bit old_waiters, old_died, done, got, late;
  {
    lock();
    if
    :: late
    :: else ->
      d_step {
        assert(inside == NOBODY);
        inside = me;
        assert(owner == me);
        assert(!broken || died);
        broken = 0; died = 0             /* it repairs what the futex protects */
      }
      inside = NOBODY;
      unlock()
    fi
  } unless {
    me == MORTAL && dying && kernel_lock != me -> end()
  }
}

proctype Killer() {
  if
  :: dying = 1
  :: true
  fi
}

init {
  atomic { run Thread(1); run Thread(2); run Thread(3); run Killer() }
  _nr_pr == 1;
  assert(!used && !queued[1] && !queued[2] && !queued[3]);
  assert(kernel_lock == NOBODY)
}
