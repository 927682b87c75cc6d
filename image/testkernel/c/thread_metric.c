// SPDX-License-Identifier: Apache-2.0
/* The seven tests of Thread-Metric (Express Logic, 2007), each as the instructions of one round.
 * The suite itself counts the rounds in 30 seconds. */
#if defined(__arm__)
#include "measure.h"

static uint32_t turn;
static uint32_t tasks[5], semaphore, queue;
static uint64_t boxes[LOS_MEMBOX_SIZE(128, 4) / 8 + 1], pool[1024];

/* Cooperative: five tasks of one priority yield; a round is five switches. */
static void *cooperates(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  while (!is_over) LOS_TaskYield();
  return NULL;
}

static void yield_round(void) {
  begun = test_instructions();
  LOS_TaskYield();
  ended = test_instructions();
}

/* Preemptive: five priorities; each task resumes the next more urgent one and suspends itself. A
 * round is four resumes, four suspensions and eight switches. */
static void *resumes(UINTPTR place, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)b, (void)c, (void)d;
  while (!is_over) {
    if (place < 4) LOS_TaskResume(tasks[place + 1]);
    LOS_TaskSuspend(LOS_CurTaskIDGet());
  }
  return NULL;
}

static void resume(void) {
  begun = test_instructions();
  LOS_TaskResume(tasks[1]);
  ended = test_instructions();
}

/* Interrupt: the handler posts a semaphore, which the interrupted task takes. */
static void posts(void) { LOS_SemPost(semaphore); }

static void interrupt(void) {
  begun = test_instructions();
  LOS_HwiTrigger(9);
  LOS_SemPend(semaphore, LOS_NO_WAIT);
  ended = test_instructions();
}

/* Interrupt with preemption: the handler resumes a more urgent task, which suspends itself. */
static void wakes(void) { LOS_TaskResume(tasks[1]); }

static void preempting_interrupt(void) {
  begun = test_instructions();
  LOS_HwiTrigger(9);
  ended = test_instructions();
}

/* Message: 16 bytes in and out. */
static void message(void) {
  uint32_t text[4] = {1, 2, 3, turn++}, size = sizeof text;
  begun = test_instructions();
  LOS_QueueWriteCopy(queue, text, sizeof text, LOS_NO_WAIT);
  LOS_QueueReadCopy(queue, text, &size, LOS_NO_WAIT);
  ended = test_instructions();
}

/* Synchronisation: a semaphore is taken and given. */
static void synchronise(void) {
  begun = test_instructions();
  LOS_SemPend(semaphore, LOS_NO_WAIT);
  LOS_SemPost(semaphore);
  ended = test_instructions();
}

/* Memory: a block of 128 bytes is allocated and freed. */
static void box(void) {
  begun = test_instructions();
  LOS_MemboxFree(boxes, LOS_MemboxAlloc(boxes));
  ended = test_instructions();
}

static void block(void) {
  begun = test_instructions();
  LOS_MemFree(pool, LOS_MemAlloc(pool, 128));
  ended = test_instructions();
}

void measure_thread_metric(void) {
  is_over = false;
  for (int i = 0; i < 4; i++) make_task("cooperates", cooperates, 10, 0, false);
  say_number("tm_cooperative", least_of(yield_round));
  is_over = true;
  for (int i = 0; i < 5; i++) LOS_TaskYield();

  is_over = false;
  for (UINT16 i = 1; i < 5; i++) tasks[i] = make_task("resumes", resumes, (9 - i) | 0x100, i, false);
  say_number("tm_preemptive", least_of(resume));
  EQUAL(LOS_SemCreate(0, &semaphore), LOS_OK);
  EQUAL(LOS_HwiCreate(9, 16, 0, posts, NULL), LOS_OK);
  say_number("tm_interrupt", least_of(interrupt));
  EQUAL(LOS_HwiDelete(9, NULL), LOS_OK);
  for (int i = 2; i < 5; i++) EQUAL(LOS_TaskDelete(tasks[i]), LOS_OK);
  EQUAL(LOS_HwiCreate(9, 16, 0, wakes, NULL), LOS_OK);
  tasks[2] = 127; /* no task */
  say_number("tm_interrupt_preemption", least_of(preempting_interrupt));
  EQUAL(LOS_HwiDelete(9, NULL), LOS_OK);
  EQUAL(LOS_TaskDelete(tasks[1]), LOS_OK);

  EQUAL(LOS_QueueCreate(NULL, 10, &queue, 0, 16), LOS_OK);
  say_number("tm_message", least_of(message));
  EQUAL(LOS_QueueDelete(queue), LOS_OK);
  EQUAL(LOS_SemPost(semaphore), LOS_OK);
  say_number("tm_synchronisation", least_of(synchronise));
  EQUAL(LOS_SemDelete(semaphore), LOS_OK);
  EQUAL(LOS_MemboxInit(boxes, sizeof boxes, 128), LOS_OK);
  say_number("tm_memory", least_of(box));
  EQUAL(LOS_MemInit(pool, sizeof pool), LOS_OK);
  say_number("pool_memory", least_of(block));
}
#endif
