// SPDX-License-Identifier: Apache-2.0
/* The cost of a switch, a wake-up, an interrupt and a timer, in instructions. */
#if defined(__arm__)
#include "measure.h"

volatile uint32_t begun, ended;

volatile bool is_over;
static uint32_t semaphore;

void *yields(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  while (!is_over) {
    ended = test_instructions();
    LOS_TaskYield();
  }
  return NULL;
}

void yield(void) {
  begun = test_instructions();
  LOS_TaskYield();
}

static void *pends(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  while (!is_over) {
    LOS_SemPend(semaphore, LOS_WAIT_FOREVER);
    ended = test_instructions();
  }
  return NULL;
}

static void post(void) {
  begun = test_instructions();
  LOS_SemPost(semaphore);
}

static void interrupted(void) { ended = test_instructions(); }

/* The interrupt is pending; the last instruction before it is the one that unmasks it. */
static void interrupt(void) {
  uint32_t state = LOS_IntLock();
  LOS_HwiTrigger(9);
  begun = test_instructions();
  __asm__ volatile("msr cpsr_c, %0" : : "r"(state) : "memory");
}

static void nothing(UINTPTR argument) { (void)argument; }
static UINT16 timer;

static void insert(void) {
  LOS_SwtmrStop(timer);
  begun = test_instructions();
  LOS_SwtmrStart(timer);
  ended = test_instructions();
}

/* The longest deletion of a timer. */
static uint32_t deletion;

static uint32_t insertion_with(uint32_t pending, UINT16 *others) {
  for (uint32_t i = 0; i < pending; i++) {
    EQUAL(LOS_SwtmrCreate(100000 + i * 7919 % 1000, LOS_SWTMR_MODE_PERIOD, nothing, &others[i], 0),
          LOS_OK);
    EQUAL(LOS_SwtmrStart(others[i]), LOS_OK);
  }
  uint32_t cost = least_of(insert);
  deletion = 0;
  for (uint32_t i = 0; i < pending; i++) {
    bool is_watched = i & 1; /* by the watch on masked interrupts, which takes instructions too */
    test_watch(is_watched);
    uint32_t start = test_instructions();
    EQUAL(LOS_SwtmrDelete(others[i]), LOS_OK);
    uint32_t taken = test_instructions() - start;
    if (!is_watched && taken > deletion) deletion = taken;
  }
  test_watch(true);
  return cost;
}

void measure_switches(void) {
  static UINT16 others[1000];
  is_over = false;
  make_task("yields", yields, 10, 0, false);
  say_number("task_switch", least_of(yield));
  is_over = true;
  LOS_TaskYield();

  is_over = false;
  EQUAL(LOS_SemCreate(0, &semaphore), LOS_OK);
  make_task("pends", pends, 5, 0, false);
  say_number("wake_up", least_of(post));
  is_over = true;
  LOS_SemPost(semaphore);
  EQUAL(LOS_SemDelete(semaphore), LOS_OK);

  EQUAL(LOS_HwiCreate(9, 16, 0, interrupted, NULL), LOS_OK);
  say_number("interrupt_entry", least_of(interrupt));
  EQUAL(LOS_HwiDelete(9, NULL), LOS_OK);

  EQUAL(LOS_SwtmrCreate(100500, LOS_SWTMR_MODE_PERIOD, nothing, &timer, 0), LOS_OK);
  EQUAL(LOS_SwtmrStart(timer), LOS_OK);
  uint32_t few = insertion_with(10, others), many = insertion_with(1000, others);
  say_number("timer_insert_10", few);
  say_number("timer_insert_1000", many);
  say_number("timer_delete", deletion);
  EQUAL(LOS_SwtmrDelete(timer), LOS_OK);
}
#endif
