// SPDX-License-Identifier: Apache-2.0
/* What the library needs of the machine and of libc. All of it is for the library's own files. */
#ifndef COROUTINES_H
#define COROUTINES_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What a kernel thread that runs tasks knows of itself. */
struct coroutine_worker {
  void *_Nullable context; /* where its own stack continues, while a coroutine runs */
  int32_t current;         /* the task that it runs; -1 for none */
  int32_t ended;           /* a coroutine that has ended on this thread, and has a stack yet; or -1 */
  bool is_thread;          /* it is a task itself, and runs no coroutine */
  uint8_t published;       /* the priority that the kernel knows of it; 32 for none */
};

/* Stores the registers that a call preserves on this stack, the stack pointer in `saved`, and goes on
 * where `next` was saved. What continues there gets `own` as its result: the record of the thread. */
struct coroutine_worker *_Nonnull coroutine_switch(void *_Nullable *_Nonnull saved,
    void *_Nonnull next, struct coroutine_worker *_Nonnull own);

/* Lays out a new stack, which ends at `top`, so that a switch to the result calls `entry`, which
 * does not return. */
void *_Nonnull coroutine_prepare(void *_Nonnull top, void (*_Nonnull entry)(void));

/* The calling thread's record. Not inlined: a coroutine continues on another thread, and the address
 * of a thread's variable must be computed there. */
struct coroutine_worker *_Nonnull coroutine_self(void);

/* Waits while the word is `value`; may return early. Wakes up to `count` waiters. */
void coroutine_sleep(uint32_t *_Nonnull word, uint32_t value);
void coroutine_wake(uint32_t *_Nonnull word, int count);

/* The word of the lock. 0: free; 1: held; 2: held, and a thread may sleep. */
extern uint32_t coroutine_lock_word;

/* Acquires the lock when the thread that holds it has released it. */
void coroutine_await_lock(void);

/* A lock of all tasks. What a switch goes to releases it, also if another thread acquired it. */
static inline void coroutine_lock(void) {
  uint32_t free = 0;
  if (!__atomic_compare_exchange_n(
          &coroutine_lock_word, &free, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
    coroutine_await_lock();
}

static inline void coroutine_unlock(void) {
  if (__atomic_exchange_n(&coroutine_lock_word, 0, __ATOMIC_RELEASE) == 2)
    coroutine_wake(&coroutine_lock_word, 1);
}

/* Starts a detached thread: 0 or an error number. */
int coroutine_start(void (*_Nonnull entry)(int32_t), int32_t argument);

/* A stack of `size` bytes with a page below that faults; NULL if there is no memory. */
void *_Nullable coroutine_map_stack(size_t size);
void coroutine_unmap_stack(void *_Nonnull stack, size_t size);

/* Nanoseconds since boot, without a system call. */
uint64_t coroutine_time(void);

#endif
