// SPDX-License-Identifier: Apache-2.0
/* The six measurements of Rhealstone (Kar and Porter, "Rhealstone: a real-time benchmarking
 * proposal", 1989), as instructions: task switching, preemption, interrupt latency, semaphore
 * shuffling, deadlock breaking, and messages between tasks. */
#if defined(__arm__)
#include "measure.h"

static uint32_t semaphore, second, queue, urgent;
static LosMux mutex;

static void *rests(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  for (;;) {
    ended = test_instructions();
    LOS_TaskSuspend(LOS_CurTaskIDGet());
  }
}

static void preempt(void) {
  begun = test_instructions();
  LOS_TaskResume(urgent);
}

static void interrupted(void) { ended = test_instructions(); }

static void interrupt(void) {
  uint32_t state = LOS_IntLock();
  LOS_HwiTrigger(9);
  begun = test_instructions();
  __asm__ volatile("msr cpsr_c, %0" : : "r"(state) : "memory");
}

/* The other task waits for the semaphore that this task holds: this task posts it, and waits until
 * the other one posts back. */
static void *shuffles(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  while (!is_over) {
    LOS_SemPend(semaphore, LOS_WAIT_FOREVER);
    LOS_SemPost(second);
  }
  return NULL;
}

static void shuffle(void) {
  begun = test_instructions();
  LOS_SemPost(semaphore);
  LOS_SemPend(second, LOS_WAIT_FOREVER);
  ended = test_instructions();
}

/* The urgent task waits for the mutex that this task holds, while a task of middle priority could
 * run. By inheritance the holder continues and unlocks, and the urgent task acquires the mutex. */
static void *wants(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  for (;;) {
    LOS_TaskSuspend(LOS_CurTaskIDGet());
    begun = test_instructions();
    LOS_MuxLock(&mutex, LOS_WAIT_FOREVER);
    ended = test_instructions();
    LOS_MuxUnlock(&mutex);
  }
}

static void break_deadlock(void) {
  LOS_MuxLock(&mutex, LOS_WAIT_FOREVER);
  LOS_TaskResume(urgent);
  LOS_MuxUnlock(&mutex);
}

static void *receives(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  uint32_t word, size;
  while (!is_over) {
    size = sizeof word;
    LOS_QueueReadCopy(queue, &word, &size, LOS_WAIT_FOREVER);
    ended = test_instructions();
  }
  return NULL;
}

static void send(void) {
  uint32_t word = 1;
  begun = test_instructions();
  LOS_QueueWriteCopy(queue, &word, sizeof word, LOS_NO_WAIT);
}

void measure_rhealstone(void) {
  is_over = false;
  make_task("yields", yields, 10, 0, false);
  say_number("rh_task_switch", least_of(yield));
  is_over = true;
  LOS_TaskYield();

  urgent = make_task("rests", rests, 5, 0, false);
  say_number("rh_preemption", least_of(preempt));
  EQUAL(LOS_TaskDelete(urgent), LOS_OK);

  EQUAL(LOS_HwiCreate(9, 16, 0, interrupted, NULL), LOS_OK);
  say_number("rh_interrupt_latency", least_of(interrupt));
  EQUAL(LOS_HwiDelete(9, NULL), LOS_OK);

  is_over = false;
  EQUAL(LOS_SemCreate(0, &semaphore), LOS_OK);
  EQUAL(LOS_SemCreate(0, &second), LOS_OK);
  uint32_t other = make_task("shuffles", shuffles, 10, 0, false);
  LOS_TaskYield();
  say_number("rh_semaphore_shuffle", least_of(shuffle));
  EQUAL(LOS_TaskDelete(other), LOS_OK);
  EQUAL(LOS_SemDelete(semaphore), LOS_OK);
  EQUAL(LOS_SemDelete(second), LOS_OK);

  EQUAL(LOS_MuxInit(&mutex, NULL), LOS_OK);
  urgent = make_task("wants", wants, 5, 0, false);
  say_number("rh_deadlock_break", least_of(break_deadlock));
  EQUAL(LOS_TaskDelete(urgent), LOS_OK);
  EQUAL(LOS_MuxDestroy(&mutex), LOS_OK);

  EQUAL(LOS_QueueCreate(NULL, 4, &queue, 0, 4), LOS_OK);
  other = make_task("receives", receives, 5, 0, false);
  say_number("rh_message", least_of(send));
  EQUAL(LOS_TaskDelete(other), LOS_OK);
  EQUAL(LOS_QueueDelete(queue), LOS_OK);
}
#endif
