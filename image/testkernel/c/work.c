// SPDX-License-Identifier: Apache-2.0
/* Work that an interrupt leaves to a task: it may sleep, which a handler may not. */
#if defined(__arm__)
#include "checks.h"

#define LINE 201

static LosWork sleeps, counts, again;
static volatile uint32_t began, ended, counted, order[4];
static uint32_t in_interrupt[3];

static void sleeps_here(UINTPTR ticks) {
  began++;
  EQUAL(LOS_TaskDelay((UINT32)ticks), LOS_OK);
  ended++;
}

static void counts_here(UINTPTR argument) {
  if (counted < 4) order[counted] = (uint32_t)argument;
  counted++;
}

/* Queues itself again until it is refused. */
static void comes_again(UINTPTR argument) {
  counts_here(argument);
  LOS_TaskDelay(2);
  if (LOS_WorkQueue(&again, 0)) ended++;
}

static void leaves_work(void) {
  in_interrupt[0] = LOS_WorkQueue(&sleeps, 0);
  in_interrupt[1] = LOS_WorkQueue(&sleeps, 0);
  in_interrupt[2] = LOS_WorkCancelSync(&sleeps, LOS_WAIT_FOREVER);
}

void test_work(void) {
  EQUAL(LOS_WorkInit(&sleeps, NULL, 0), LOS_NOK);
  EQUAL(LOS_WorkInit(NULL, sleeps_here, 0), LOS_NOK);
  CHECK(!LOS_WorkQueue(NULL, 0) && !LOS_WorkCancel(NULL));
  EQUAL(LOS_WorkInit(&sleeps, sleeps_here, 3), LOS_OK);
  EQUAL(LOS_WorkInit(&counts, counts_here, 7), LOS_OK);
  EQUAL(LOS_WorkInit(&again, comes_again, 8), LOS_OK);

  EQUAL(LOS_HwiCreate(LINE, 8, 0, leaves_work, NULL), LOS_OK);
  EQUAL(LOS_HwiTrigger(LINE), LOS_OK);
  EQUAL(in_interrupt[0], 1);
  EQUAL(in_interrupt[1], 0); /* it is already queued */
  EQUAL(in_interrupt[2], LOS_NOK);
  /* The worker is more urgent than this task, and sleeps. */
  CHECK(began == 1 && ended == 0);
  CHECK(LOS_WorkQueue(&counts, 0));
  EQUAL(counted, 0);
  EQUAL(LOS_WorkFlush(LOS_NO_WAIT), LOS_NOK);
  EQUAL(LOS_WorkFlush(1), LOS_NOK);
  EQUAL(LOS_WorkFlush(LOS_WAIT_FOREVER), LOS_OK);
  CHECK(ended == 1 && counted == 1 && order[0] == 7);
  EQUAL(LOS_HwiDelete(LINE, NULL), LOS_OK);

  /* Delayed, and cancelled in time. */
  CHECK(LOS_WorkQueue(&counts, 3));
  CHECK(!LOS_WorkQueue(&counts, 0));
  EQUAL(LOS_TaskDelay(1), LOS_OK);
  EQUAL(counted, 1);
  EQUAL(LOS_TaskDelay(4), LOS_OK);
  EQUAL(counted, 2);
  CHECK(LOS_WorkQueue(&counts, 3) && LOS_WorkCancel(&counts) && !LOS_WorkCancel(&counts));
  EQUAL(LOS_TaskDelay(5), LOS_OK);
  EQUAL(counted, 2);

  /* Cancelled while it runs and queues itself: afterwards its memory may be reused. */
  ended = 0;
  CHECK(LOS_WorkQueue(&again, 0));
  EQUAL(LOS_TaskDelay(6), LOS_OK);
  CHECK(ended > 0 && counted > 2);
  EQUAL(LOS_WorkCancelSync(&again, LOS_WAIT_FOREVER), LOS_OK);
  again = (LosWork){0};
  uint32_t before = counted;
  EQUAL(LOS_TaskDelay(5), LOS_OK);
  EQUAL(counted, before);
  say("work: done");
}
#endif
