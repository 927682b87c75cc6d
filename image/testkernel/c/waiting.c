// SPDX-License-Identifier: Apache-2.0
/* Semaphores, events and mutexes from C. */
#if defined(__arm__)
#include "checks.h"

static uint32_t semaphore, other;
static EVENT_CB_S events;
static volatile uint32_t code, steps;

static void *pends(UINTPTR timeout, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)b, (void)c, (void)d;
  code = LOS_SemPend(semaphore, timeout);
  steps++;
  return NULL;
}

static void *reads(UINTPTR mode, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)b, (void)c, (void)d;
  code = LOS_EventRead(&events, 0x30, mode, LOS_WAIT_FOREVER);
  steps++;
  return NULL;
}

void test_waiting(void) {
  EQUAL(LOS_SemCreate(1, &semaphore), LOS_OK);
  EQUAL(LOS_SemPend(semaphore, LOS_NO_WAIT), LOS_OK);
  EQUAL(LOS_SemPend(semaphore, LOS_NO_WAIT), LOS_ERRNO_SEM_UNAVAILABLE);
  EQUAL(LOS_SemPend(semaphore, 3), LOS_ERRNO_SEM_TIMEOUT);
  steps = 0;
  make_task("pends", pends, 5, LOS_WAIT_FOREVER, false);
  EQUAL(steps, 0);
  EQUAL(LOS_SemDelete(semaphore), LOS_ERRNO_SEM_PENDED);
  EQUAL(LOS_SemPost(semaphore), LOS_OK);
  EQUAL(steps, 1);
  EQUAL(code, LOS_OK);
  make_task("times out", pends, 5, 2, false);
  LOS_TaskDelay(4);
  EQUAL(steps, 2);
  EQUAL(code, LOS_ERRNO_SEM_TIMEOUT);
  EQUAL(LOS_SemDelete(semaphore), LOS_OK);
  EQUAL(LOS_SemPost(semaphore), LOS_ERRNO_SEM_INVALID);
  EQUAL(LOS_BinarySemCreate(1, &other), LOS_OK);
  EQUAL(LOS_SemPost(other), LOS_ERRNO_SEM_OVERFLOW);
  EQUAL(LOS_SemDelete(other), LOS_OK);

  EQUAL(LOS_EventInit(&events), LOS_OK);
  steps = 0;
  make_task("all", reads, 5, LOS_WAITMODE_AND | LOS_WAITMODE_CLR, false);
  EQUAL(LOS_EventWrite(&events, 0x11), LOS_OK);
  EQUAL(steps, 0);
  EQUAL(LOS_EventDestroy(&events), LOS_ERRNO_EVENT_SHOULD_NOT_DESTORY);
  EQUAL(LOS_EventWrite(&events, 0x20), LOS_OK);
  EQUAL(steps, 1);
  EQUAL(code, 0x30);
  EQUAL(events.uwEventID, 0x01);
  EQUAL(LOS_EventRead(&events, 3, LOS_WAITMODE_OR, LOS_NO_WAIT), 1);
  EQUAL(LOS_EventRead(&events, 2, LOS_WAITMODE_OR, 2), LOS_ERRNO_EVENT_READ_TIMEOUT);
  EQUAL(LOS_EventClear(&events, 0), LOS_OK);
  EQUAL(LOS_EventPoll(&events.uwEventID, 1, LOS_WAITMODE_OR), 0);
  EQUAL(LOS_EventDestroy(&events), LOS_OK);
  say("waiting: done");
}

static LosMux mutex, second;
static LosRwlock lock;

static void *holds(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  EQUAL(LOS_MuxLock(&mutex, LOS_WAIT_FOREVER), LOS_OK);
  LOS_SemPend(semaphore, LOS_WAIT_FOREVER);
  /* A task that waits for the mutex lends its priority. */
  code = LOS_TaskYield();
  steps = steps * 10 + 1;
  EQUAL(LOS_MuxUnlock(&mutex), LOS_OK);
  return NULL;
}

static void *wants(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  EQUAL(LOS_MuxLock(&mutex, LOS_WAIT_FOREVER), LOS_OK);
  steps = steps * 10 + 2;
  EQUAL(LOS_MuxUnlock(&mutex), LOS_OK);
  return NULL;
}

static void *hinders(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  steps = steps * 10 + 3;
  return NULL;
}

static void *writes(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  EQUAL(LOS_RwlockWrLock(&lock, LOS_WAIT_FOREVER), LOS_OK);
  steps++;
  EQUAL(LOS_RwlockUnLock(&lock), LOS_OK);
  return NULL;
}

void test_mutexes(void) {
  EQUAL(LOS_MuxInit(&mutex, NULL), LOS_OK);
  EQUAL(LOS_MuxInit(&second, NULL), LOS_OK);
  EQUAL(LOS_MuxLock(&mutex, LOS_WAIT_FOREVER), LOS_OK);
  EQUAL(LOS_MuxLock(&mutex, LOS_NO_WAIT), LOS_OK);
  EQUAL(LOS_MuxUnlock(&mutex), LOS_OK);
  EQUAL(LOS_MuxDestroy(&mutex), LOS_EBUSY);
  EQUAL(LOS_MuxUnlock(&mutex), LOS_OK);
  EQUAL(LOS_MuxUnlock(&mutex), LOS_EPERM);

  /* Inheritance: the task of priority 20 holds the mutex that 5 waits for; 15 does not run
   * between. */
  steps = 0;
  EQUAL(LOS_SemCreate(0, &semaphore), LOS_OK);
  make_task("holds", holds, 20, 0, false);
  LOS_TaskDelay(2);
  make_task("wants", wants, 5, 0, false);
  make_task("hinders", hinders, 15, 0, false);
  EQUAL(LOS_SemPost(semaphore), LOS_OK);
  LOS_TaskDelay(2);
  EQUAL(steps, 123);
  EQUAL(LOS_SemDelete(semaphore), LOS_OK);

  /* A task that dies releases its mutexes. */
  EQUAL(LOS_SemCreate(0, &semaphore), LOS_OK);
  uint32_t dies = make_task("dies", holds, 5, 0, false);
  EQUAL(LOS_MuxTrylock(&mutex), LOS_EBUSY);
  EQUAL(LOS_MuxLock(&mutex, 2), LOS_ETIMEDOUT);
  EQUAL(LOS_TaskDelete(dies), LOS_OK);
  EQUAL(LOS_MuxTrylock(&mutex), LOS_OK);
  EQUAL(LOS_MuxUnlock(&mutex), LOS_OK);
  EQUAL(LOS_SemDelete(semaphore), LOS_OK);
  EQUAL(LOS_MuxDestroy(&mutex), LOS_OK);
  EQUAL(LOS_MuxLock(&mutex, LOS_NO_WAIT), LOS_EBADF);
  EQUAL(LOS_MuxDestroy(&second), LOS_OK);

  steps = 0;
  EQUAL(LOS_RwlockInit(&lock), LOS_OK);
  EQUAL(LOS_RwlockRdLock(&lock, LOS_NO_WAIT), LOS_OK);
  EQUAL(LOS_RwlockTryRdLock(&lock), LOS_OK);
  make_task("writes", writes, 5, 0, false);
  EQUAL(LOS_RwlockTryRdLock(&lock), LOS_EBUSY);
  EQUAL(LOS_RwlockUnLock(&lock), LOS_OK);
  EQUAL(steps, 0);
  EQUAL(LOS_RwlockUnLock(&lock), LOS_OK);
  EQUAL(steps, 1);
  EQUAL(LOS_RwlockDestroy(&lock), LOS_OK);
  say("mutexes: done");
}
#endif
