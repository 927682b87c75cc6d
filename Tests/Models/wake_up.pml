/* SPDX-License-Identifier: Apache-2.0 */
/* The wake-up path of Sources/RTOSCore/Tasks/Scheduler.swift: a task that finds no work blocks, two
 * wakers on other CPUs (one of them an interrupt) add work and wake it, and a tick may end its wait.
 * The scheduler's lock makes `block` and `wake` atomic; the code between the check for work and
 * `block` is not.
 *
 * Shown for every order: the task never sleeps while there is work (no wake-up is lost), it is never
 * ready twice, and all work is done. Each of these breaks the path and must fail
 * (Tests/RTOSCoreTests/SpinModelTests):
 *
 *     NO_PENDING   a wake of a task that is not blocked is forgotten
 *     WAKE_READY   a wake of a task that is ready makes it ready again
 */

mtype = { running, blocked, ready };

mtype state = running;
bool wake_pending = false;
byte work = 0;
byte done = 0;
byte queued = 0;                     /* how often the task is in a ready queue */

inline make_ready() {
  assert(queued == 0);
  queued++;
  state = ready
}

inline wake() {
  atomic {
    if
#ifdef WAKE_READY
    :: state != running -> make_ready()
#else
    :: state == blocked -> make_ready()
#endif
#ifndef NO_PENDING
    :: else -> wake_pending = true
#else
    :: else
#endif
    fi
  }
}

/* Switches the task out; it continues when it is picked. */
inline block() {
  atomic {
    if
    :: wake_pending -> wake_pending = false
    :: else -> state = blocked
    fi
  }
  atomic {
    if
    :: state == ready -> queued--; state = running
    :: state == running
    fi
  }
}

active proctype Task() {
  do
  :: work > 0 -> work--; done++
  :: done == 2 -> break
  :: work == 0 && done < 2 -> block()
  od
}

active [2] proctype Waker() {
  work++;
  wake()
}

/* A timeout ends the wait as a wake does, but leaves no pending wake for a task that is not blocked. */
active proctype Tick() {
  atomic {
    if
    :: state == blocked -> make_ready()
    :: else
    fi
  }
}

/* At the end, no work is left and no task sleeps. */
active proctype End() {
  timeout -> assert(done == 2 && work == 0 && state != blocked)
}
