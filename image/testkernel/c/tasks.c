// SPDX-License-Identifier: Apache-2.0
/* Tasks from C: creation, suspension, end and join, and the order in which they run. The test's own
 * priority is 10. */
#if defined(__arm__)
#include "checks.h"

static volatile uint32_t steps;
static uint32_t order[8];

static void *note(UINTPTR what, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)b, (void)c, (void)d;
  if (steps < 8) order[steps] = what;
  steps++;
  return (void *)(what + 100);
}

static void *rest_in_between(UINTPTR what, UINTPTR b, UINTPTR c, UINTPTR d) {
  note(what, b, c, d);
  EQUAL(LOS_TaskSuspend(LOS_CurTaskIDGet()), LOS_OK);
  note(what + 1, b, c, d);
  return NULL;
}

static void *for_ever(UINTPTR what, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)b, (void)c, (void)d;
  for (;;) LOS_TaskDelay(what);
}

void test_tasks(void) {
  uint32_t me = LOS_CurTaskIDGet();
  EQUAL(LOS_TaskPriGet(me), 10);

  steps = 0;
  uint32_t urgent = make_task("urgent", note, 5, 1, true);
  EQUAL(steps, 1); /* it ran at once */
  uint32_t later = make_task("later", note, 12, 2, true);
  EQUAL(steps, 1);
  UINTPTR result = 0;
  EQUAL(LOS_TaskJoin(urgent, &result), LOS_OK);
  EQUAL(result, 101);
  EQUAL(LOS_TaskJoin(later, &result), LOS_OK); /* waits for it */
  EQUAL(result, 102);
  EQUAL(LOS_TaskJoin(later, &result), LOS_EINVAL);
  EQUAL(LOS_TaskJoin(me, &result), LOS_EDEADLK);

  steps = 0;
  uint32_t resting = make_task("resting", note, 5 | 0x100, 3, false);
  EQUAL(steps, 0);
  EQUAL(LOS_TaskResume(resting), LOS_OK);
  EQUAL(steps, 1);
  EQUAL(LOS_TaskResume(resting), LOS_ERRNO_TSK_NOT_CREATED);

  steps = 0;
  uint32_t twice = make_task("twice", rest_in_between, 5, 4, false);
  EQUAL(steps, 1);
  EQUAL(LOS_TaskSuspend(twice), LOS_ERRNO_TSK_ALREADY_SUSPENDED);
  EQUAL(LOS_TaskResume(twice), LOS_OK);
  EQUAL(steps, 2);
  EQUAL(order[1], 5);

  /* Preemption is locked: the urgent task waits until it is unlocked. */
  steps = 0;
  LOS_TaskLock();
  make_task("kept out", note, 5, 6, false);
  EQUAL(steps, 0);
  EQUAL(LOS_TaskDelay(1), LOS_ERRNO_TSK_DELAY_IN_LOCK);
  EQUAL(LOS_TaskYield(), LOS_ERRNO_TSK_YIELD_IN_LOCK);
  LOS_TaskUnlock();
  EQUAL(steps, 1);

  /* Two tasks of one priority alternate; a change of priority takes effect at once. */
  steps = 0;
  make_task("first", note, 10, 7, false);
  make_task("second", note, 10, 8, false);
  EQUAL(steps, 0);
  EQUAL(LOS_TaskYield(), LOS_OK);
  EQUAL(steps, 2);
  CHECK(order[0] == 7 && order[1] == 8);
  steps = 0;
  uint32_t lower = make_task("lower", note, 20, 9, false);
  EQUAL(LOS_TaskPriSet(lower, 9), LOS_OK);
  EQUAL(steps, 1);
  EQUAL(LOS_TaskPriSet(0, 9), LOS_ERRNO_TSK_OPERATE_SYSTEM_TASK);

  uint32_t sleeper = make_task("sleeper", for_ever, 5, 1000, false);
  TSK_INFO_S info;
  EQUAL(LOS_TaskInfoGet(sleeper, &info), LOS_OK);
  CHECK(info.acName[0] == 's' && info.acName[6] == 'r' && info.acName[7] == 0);
  EQUAL(info.usTaskStatus, OS_TASK_STATUS_DELAY | OS_TASK_STATUS_PENDTIME);
  EQUAL(info.usTaskPrio, 5);
  CHECK(info.uwPeakUsed >= info.uwCurrUsed && info.uwPeakUsed < info.uwStackSize);
  CHECK(info.uwCurrUsed > 0);
  EQUAL(LOS_TaskDelete(sleeper), LOS_OK);
  EQUAL(LOS_TaskInfoGet(sleeper, &info), LOS_ERRNO_TSK_NOT_CREATED);

  /* Stacks and records are reused: more tasks in succession than there are records. */
  steps = 0;
  for (int i = 0; i < 200; i++) make_task("brief", note, 5, 1, false);
  EQUAL(steps, 200);
  /* As many tasks at once as there are records, less the idle, timer and worker tasks, this one and
   * the program's. */
  uint32_t count = 0, tasks[128];
  TSK_INIT_PARAM_S wanted = {.pfnTaskEntry = note, .usTaskPrio = 20, .pcName = "many"};
  uint32_t code;
  while ((code = LOS_TaskCreateOnly(&tasks[count], &wanted)) == LOS_OK) count++;
  EQUAL(code, LOS_ERRNO_TSK_TCB_UNAVAILABLE);
  EQUAL(count, LOS_GetSystemTaskMaximum() - 5);
  while (count > 0) EQUAL(LOS_TaskDelete(tasks[--count]), LOS_OK);
  say("tasks: done");
}
#endif
