/* SPDX-License-Identifier: Apache-2.0 */
/* The mutex with priority inheritance of Sources/RTOSCore/Tasks/Mutex.swift: three tasks of
 * three priorities, two mutexes in a chain, every call atomic under the scheduler's lock. The clock
 * may end the wait of the middle task at any time.
 *
 * Shown for every order: one owner at a time; a mutex with a waiter is owned; an owner is scheduled
 * at least as urgently as each task that waits for it, directly or through another owner; a task
 * that waits for nothing and holds nothing has its own priority again; no task waits permanently.
 *
 * Each of these breaks the mutex and must fail (Tests/RTOSCoreTests/SpinModelTests):
 *
 *     NO_CHAIN           only the owner inherits urgency, not the owner that it waits for
 *     NO_RETURN          the owner keeps inherited urgency when it unlocks
 *     NO_TIMEOUT_RETURN  the owner keeps the urgency of a waiter whose wait timed out
 */

#define NONE 3
#define FREE 3

byte base[3] = { 2, 1, 0 };          /* task 0 is the least urgent */
byte urgency[3] = { 2, 1, 0 };
byte owner[2] = { NONE, NONE };
byte wants[3] = { FREE, FREE, FREE }; /* the mutex a task waits for */
bool timed_out = false;
byte inside[2];

/* The highest of a task's own priority and those of the tasks that wait for its mutexes. */
inline work_out(task, result) {
  result = base[task];
  for (other : 0 .. 2) {
    if
    :: wants[other] != FREE && owner[wants[other]] == task && urgency[other] < result ->
      result = urgency[other]
    :: else
    fi
  }
}

/* From a task along the chain of owners, until nothing changes. */
inline refresh(start) {
  walker = start;
  do
  :: walker == NONE -> break
  :: else ->
    work_out(walker, fresh);
    if
    :: fresh == urgency[walker] -> break
    :: else
    fi;
    urgency[walker] = fresh;
#ifdef NO_CHAIN
    break;
#endif
    if
    :: wants[walker] == FREE -> break
    :: else -> walker = owner[wants[walker]]
    fi
  od;
  walker = 0; fresh = 0
}

inline lock(mutex) {
  atomic {
    if
    :: owner[mutex] == NONE -> owner[mutex] = me
    :: else ->
      wants[me] = mutex;
      refresh(owner[mutex])
    fi
  }
  /* Blocked here until the mutex is handed over, or the clock ends the wait. */
  wants[me] == FREE;
}

/* The most urgent waiter becomes the owner. */
inline unlock(mutex) {
  atomic {
    heir = NONE;
    for (other : 0 .. 2) {
      if
      :: wants[other] == mutex && (heir == NONE || urgency[other] < urgency[heir]) ->
        heir = other
      :: else
      fi
    }
    owner[mutex] = heir;
    if
    :: heir != NONE -> wants[heir] = FREE; refresh(heir)
    :: else
    fi;
#ifndef NO_RETURN
    refresh(me);
#endif
    heir = NONE
  }
}

inline check() {
  atomic {
    for (other : 0 .. 2) {
      if
      :: wants[other] != FREE ->
        assert(owner[wants[other]] != NONE);
        assert(urgency[owner[wants[other]]] <= urgency[other])
      :: else
      fi
    }
  }
}

inline enter(mutex) { inside[mutex]++; assert(inside[mutex] == 1); assert(owner[mutex] == me) }
inline leave(mutex) { assert(inside[mutex] == 1); inside[mutex]-- }

/* Holds the end of the chain. */
proctype Low() {
  byte me = 0, heir = NONE, walker, fresh, other;
  lock(0); check(); enter(0); leave(0); unlock(0); check();
  assert(urgency[0] == 2)
}

/* Holds one and waits for the other, perhaps with a timeout. */
proctype Middle() {
  byte me = 1, heir = NONE, walker, fresh, other;
  lock(1); check(); enter(1);
  lock(0);
  if
  :: owner[0] == me -> check(); enter(0); leave(0); unlock(0)
  :: else -> assert(timed_out)
  fi;
  check(); leave(1); unlock(1); check();
  assert(urgency[1] == 1)
}

proctype High() {
  byte me = 2, heir = NONE, walker, fresh, other;
  lock(1); check(); enter(1); leave(1); unlock(1); check();
  assert(urgency[2] == 0)
}

/* The tick may end the wait of the middle task. */
proctype Clock() {
  byte walker, fresh, other;
  atomic {
    if
    :: wants[1] == 0 -> wants[1] = FREE; timed_out = true;
#ifndef NO_TIMEOUT_RETURN
      refresh(owner[0]);
#endif
      work_out(owner[0], fresh);
      assert(urgency[owner[0]] == fresh)
    :: true
    fi
  }
}

init { atomic { run Low(); run Middle(); run High(); run Clock() } }
