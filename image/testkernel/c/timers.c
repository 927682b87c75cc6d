// SPDX-License-Identifier: Apache-2.0
/* Software timers and interrupts from C. */
#if defined(__arm__)
#include "checks.h"

static volatile uint32_t calls, last;

static void counts(UINTPTR argument) {
  calls++;
  last = argument;
  /* The timer task must not block. */
  if (argument == 3) last = LOS_TaskDelay(1);
}

void test_timers(void) {
  UINT16 once, periodic, again;
  uint32_t ticks = 0;
  EQUAL(LOS_SwtmrCreate(3, LOS_SWTMR_MODE_ONCE, counts, &once, 1), LOS_OK);
  EQUAL(LOS_SwtmrCreate(2, LOS_SWTMR_MODE_PERIOD, counts, &periodic, 2), LOS_OK);
  EQUAL(LOS_SwtmrCreate(2, LOS_SWTMR_MODE_NO_SELFDELETE, counts, &again, 3), LOS_OK);
  EQUAL(LOS_SwtmrTimeGet(once, &ticks), LOS_ERRNO_SWTMR_NOT_STARTED);
  EQUAL(LOS_SwtmrStart(once), LOS_OK);
  EQUAL(LOS_SwtmrTimeGet(once, &ticks), LOS_OK);
  CHECK(ticks > 0 && ticks <= 3);
  LOS_TaskDelay(5);
  CHECK(calls == 1 && last == 1);
  EQUAL(LOS_SwtmrStart(once), LOS_ERRNO_SWTMR_NOT_CREATED); /* it was deleted when it expired */
  calls = 0;
  EQUAL(LOS_SwtmrStart(periodic), LOS_OK);
  LOS_TaskDelay(9);
  CHECK(calls == 4 || calls == 5);
  EQUAL(LOS_SwtmrStop(periodic), LOS_OK);
  calls = 0;
  LOS_TaskDelay(5);
  EQUAL(calls, 0);
  for (int i = 1; i <= 2; i++) {
    EQUAL(LOS_SwtmrStart(again), LOS_OK);
    LOS_TaskDelay(4);
    EQUAL(calls, i);
  }
  EQUAL(last, LOS_ERRNO_TSK_OPERATE_SYSTEM_TASK);
  EQUAL(LOS_SwtmrDelete(again), LOS_OK);
  EQUAL(LOS_SwtmrDelete(periodic), LOS_OK);
  EQUAL(LOS_SwtmrDelete(periodic), LOS_ERRNO_SWTMR_NOT_CREATED);
  say("timers: done");
}

enum { LINE = 9, DEVICE_LINE = 100 }; /* an SGI, and a line without a device */

static uint32_t semaphore;
static volatile uint32_t entered, woken, answers[4], device;

static void interrupted(void) {
  entered++;
  answers[0] = LOS_SemPend(semaphore, LOS_NO_WAIT);
  answers[1] = LOS_TaskDelay(1);
  answers[2] = LOS_TaskYield();
  answers[3] = LOS_SemPost(semaphore);
}

static void with_device(int number, void *its) { device += (uint32_t)number + (uint32_t)(uintptr_t)its; }

static void *waits(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  LOS_SemPend(semaphore, LOS_WAIT_FOREVER);
  woken++;
  return NULL;
}

void test_interrupts(void) {
  EQUAL(LOS_SemCreate(0, &semaphore), LOS_OK);
  make_task("waits", waits, 5, 0, false);
  EQUAL(LOS_HwiTrigger(LINE), OS_ERRNO_HWI_HWINUM_UNCREATE);
  EQUAL(LOS_HwiCreate(LINE, 16, 0, interrupted, NULL), LOS_OK);
  EQUAL(LOS_HwiCreate(LINE, 16, 0, interrupted, NULL), OS_ERRNO_HWI_ALREADY_CREATED);
  EQUAL(LOS_HwiTrigger(LINE), LOS_OK);
  EQUAL(entered, 1);
  EQUAL(woken, 1); /* preempted at the interrupt's return */
  EQUAL(answers[0], LOS_ERRNO_SEM_PEND_INTERR);
  EQUAL(answers[1], LOS_ERRNO_TSK_DELAY_IN_INT);
  EQUAL(answers[2], LOS_ERRNO_TSK_YIELD_IN_INT);
  EQUAL(answers[3], LOS_OK);
  EQUAL(LOS_HwiDelete(LINE, NULL), LOS_OK);

  HwiIrqParam one = {.swIrq = 1, .pDevId = (void *)0x100};
  HwiIrqParam two = {.swIrq = 2, .pDevId = (void *)0x200};
  EQUAL(LOS_HwiCreate(DEVICE_LINE, 16, IRQF_SHARED, (HWI_PROC_FUNC)with_device, &one), LOS_OK);
  EQUAL(LOS_HwiCreate(DEVICE_LINE, 16, IRQF_SHARED, (HWI_PROC_FUNC)with_device, &two), LOS_OK);
  uint32_t state = LOS_IntLock();
  EQUAL(LOS_HwiTrigger(DEVICE_LINE), LOS_OK);
  EQUAL(device, 0);
  LOS_IntRestore(state);
  EQUAL(device, 0x303);
  EQUAL(LOS_HwiDisable(DEVICE_LINE), LOS_OK);
  EQUAL(LOS_HwiTrigger(DEVICE_LINE), LOS_OK);
  EQUAL(device, 0x303);
  EQUAL(LOS_HwiEnable(DEVICE_LINE), LOS_OK);
  EQUAL(device, 0x606);
  EQUAL(LOS_HwiDelete(DEVICE_LINE, &one), LOS_OK);
  EQUAL(LOS_HwiDelete(DEVICE_LINE, &two), LOS_OK);
  EQUAL(LOS_SemDelete(semaphore), LOS_OK);
  say("interrupts: done");
}
#endif
