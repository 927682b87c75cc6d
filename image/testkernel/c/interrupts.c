// SPDX-License-Identifier: Apache-2.0
/* Interrupt lines from C: every refusal, nested handlers, and interrupts without a handler. */
#if defined(__arm__)
#include "checks.h"

/* Shared peripheral lines for which virt has no device. */
#define FIRST 200
#define OTHER 220
#define LEVELS 6
/* Added to a level's number when its handler ends. */
#define END 0x80

static uint8_t trace[32];
static uint32_t traced, semaphore, woken, woken_inside;
static uint32_t told[2];

static void note(uint32_t what) {
  if (traced < sizeof trace) trace[traced++] = (uint8_t)what;
}

static bool traced_is(const uint8_t *wanted, uint32_t count) {
  bool same = traced == count;
  for (uint32_t i = 0; i < count && same; i++) same = trace[i] == wanted[i];
  traced = 0;
  return same;
}
#define TRACED(...) \
  CHECK(traced_is((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})))

static void nothing(void) {}

/* Triggers the next level, whose priority is higher. */
static void climbs(int level, void *device) {
  (void)device;
  note((uint32_t)level);
  if (level < LEVELS) LOS_HwiTrigger(FIRST + (uint32_t)level);
  note((uint32_t)level | END);
}

/* Triggers the next level while little of the stack is left for a nested interrupt. */
static void climbs_deeply(int level, void *device) {
  uint8_t much[9600];
  __asm__ volatile("" : : "r"(much) : "memory");
  climbs(level, device);
  __asm__ volatile("" : : "r"(much) : "memory");
}

/* Triggers its own line and one of the same priority, once. */
static void repeats(int number, void *device) {
  static bool has;
  (void)device;
  note((uint32_t)number);
  if (number == 1 && !has) {
    has = true;
    LOS_HwiTrigger(FIRST);
    LOS_HwiTrigger(FIRST + 1);
  }
  note((uint32_t)number | END);
}

/* Nested in `gives_within`: makes the urgent task ready. */
static void posts(void) { LOS_SemPost(semaphore); }

static void gives_within(void) {
  LOS_HwiTrigger(FIRST + 1);
  woken_inside = woken;
}

static void *waits(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  LOS_SemPend(semaphore, LOS_WAIT_FOREVER);
  woken++;
  return NULL;
}

static void tells(void) {
  told[0] = LOS_HwiCreate(OTHER + 1, 1, 0, nothing, NULL);
  told[1] = LOS_HwiDelete(OTHER, NULL);
}

/* Waits for a tick, but not for long. */
static volatile uint32_t ticks_inside;
static void outlasts_a_tick(void) {
  uint32_t first = test_ticks();
  for (uint32_t i = 0; i < 300000 && test_ticks() == first; i++) {}
  ticks_inside = test_ticks() - first;
}

static void make_levels(void (*first)(int, void *)) {
  for (int level = 1; level <= LEVELS; level++) {
    HwiIrqParam its = {.swIrq = level, .pName = "level"};
    EQUAL(LOS_HwiCreate(FIRST - 1 + (uint32_t)level, (HWI_PRIOR_T)(16 - level), IRQF_NESTABLE,
                        (HWI_PROC_FUNC)(level == 1 ? first : climbs), &its),
          LOS_OK);
  }
}

static void delete_levels(void) {
  for (uint32_t i = 0; i < LEVELS; i++) EQUAL(LOS_HwiDelete(FIRST + i, NULL), LOS_OK);
}

static void test_refusals(void) {
  HwiIrqParam nobody = {0}, one = {.pDevId = &one}, two = {.pDevId = &two};
  uint32_t lines = LOS_GetSystemHwiMaximum();
  EQUAL(LOS_HwiCreate(OTHER, 3, 0, NULL, NULL), OS_ERRNO_HWI_PROC_FUNC_NULL);
  EQUAL(LOS_HwiCreate(lines, 3, 0, nothing, NULL), OS_ERRNO_HWI_NUM_INVALID);
  EQUAL(LOS_HwiCreate(OTHER, 32, 0, nothing, NULL), OS_ERRNO_HWI_PRIO_INVALID);
  EQUAL(LOS_HwiCreate(OTHER, 3, 1, nothing, NULL), OS_ERRNO_HWI_MODE_INVALID);
  EQUAL(LOS_HwiCreate(OTHER, 3, IRQF_SHARED, nothing, NULL), OS_ERRNO_HWI_SHARED_ERROR);
  EQUAL(LOS_HwiCreate(OTHER, 3, IRQF_SHARED, nothing, &nobody), OS_ERRNO_HWI_SHARED_ERROR);
  EQUAL(LOS_HwiCreate(27, 3, 0, nothing, NULL), OS_ERRNO_HWI_ALREADY_CREATED); /* the tick's */
  EQUAL(LOS_HwiCreate(0, 3, 0, nothing, NULL), OS_ERRNO_HWI_ALREADY_CREATED); /* an IPI's */
  EQUAL(LOS_HwiDelete(OTHER, NULL), OS_ERRNO_HWI_HWINUM_UNCREATE);
  EQUAL(LOS_HwiDelete(lines, NULL), OS_ERRNO_HWI_NUM_INVALID);
  EQUAL(LOS_HwiEnable(OTHER), OS_ERRNO_HWI_HWINUM_UNCREATE);
  EQUAL(LOS_HwiDisable(27), OS_ERRNO_HWI_HWINUM_UNCREATE);
  EQUAL(LOS_HwiClear(OTHER), OS_ERRNO_HWI_HWINUM_UNCREATE);
  EQUAL(LOS_HwiSetPriority(OTHER, 1), OS_ERRNO_HWI_HWINUM_UNCREATE);
  EQUAL(LOS_HwiSetAffinity(OTHER, 1), OS_ERRNO_HWI_HWINUM_UNCREATE);
  EQUAL(LOS_HwiSendIpi(9, 1), OS_ERRNO_HWI_HWINUM_UNCREATE);

  EQUAL(LOS_HwiCreate(OTHER, 3, IRQF_SHARED, nothing, &one), LOS_OK);
  EQUAL(LOS_HwiCreate(OTHER, 3, IRQF_SHARED, nothing, &one), OS_ERRNO_HWI_ALREADY_CREATED);
  EQUAL(LOS_HwiCreate(OTHER, 3, 0, nothing, NULL), OS_ERRNO_HWI_SHARED_ERROR);
  EQUAL(LOS_HwiDelete(OTHER, NULL), OS_ERRNO_HWI_SHARED_ERROR);
  EQUAL(LOS_HwiDelete(OTHER, &two), OS_ERRNO_HWI_HWINUM_UNCREATE);
  EQUAL(LOS_HwiSetPriority(OTHER, 32), OS_ERRNO_HWI_PRIO_INVALID);
  EQUAL(LOS_HwiSetAffinity(OTHER, 0), OS_ERRNO_HWI_ARG_INVALID);
  EQUAL(LOS_HwiSetAffinity(OTHER, 0x80000000), OS_ERRNO_HWI_ARG_INVALID);
  EQUAL(LOS_HwiSetAffinity(OTHER, 1), LOS_OK);
  EQUAL(LOS_HwiSetPriority(OTHER, 31), LOS_OK);
  EQUAL(LOS_HwiSendIpi(OTHER, 1), OS_ERRNO_HWI_PROC_FUNC_NULL);
  EQUAL(LOS_HwiDelete(OTHER, &one), LOS_OK);

  EQUAL(LOS_HwiCreate(OTHER, 3, 0, tells, NULL), LOS_OK);
  EQUAL(LOS_HwiTrigger(OTHER), LOS_OK);
  EQUAL(told[0], OS_ERRNO_HWI_INTERR);
  EQUAL(told[1], OS_ERRNO_HWI_INTERR);
  /* A cleared interrupt is not served; one triggered while the line is disabled is served later. */
  told[0] = 0;
  EQUAL(LOS_HwiDisable(OTHER), LOS_OK);
  EQUAL(LOS_HwiTrigger(OTHER), LOS_OK);
  EQUAL(LOS_HwiClear(OTHER), LOS_OK);
  EQUAL(LOS_HwiEnable(OTHER), LOS_OK);
  EQUAL(told[0], 0);
  EQUAL(LOS_HwiDelete(OTHER, NULL), LOS_OK);

  /* An IPI, here to the only CPU. */
  EQUAL(LOS_HwiCreate(9, 3, 0, tells, NULL), LOS_OK);
  EQUAL(LOS_HwiSetAffinity(9, 1), OS_ERRNO_HWI_PROC_FUNC_NULL);
  EQUAL(LOS_HwiSendIpi(9, 1), LOS_OK);
  EQUAL(told[0], OS_ERRNO_HWI_INTERR);
  EQUAL(LOS_HwiDelete(9, NULL), LOS_OK);
}

static void breaks(void) { __builtin_trap(); }

static void leads_there(void) {
  LOS_HwiTrigger(FIRST + 1);
  note(END);
}

/* Does not return: the nested handler traps. */
void panic_within(void) {
  LOS_HwiCreate(FIRST, 8, IRQF_NESTABLE, leads_there, NULL);
  LOS_HwiCreate(FIRST + 1, 4, 0, breaks, NULL);
  LOS_HwiTrigger(FIRST);
}

void test_nesting(void) {
  test_refusals();
  make_levels(climbs);
  EQUAL(LOS_HwiTrigger(FIRST), LOS_OK);
  /* Four deep: the fifth runs after the fourth has ended. */
  TRACED(1, 2, 3, 4, 4 | END, 5, 5 | END, 6, 6 | END, 3 | END, 2 | END, 1 | END);
  for (uint32_t i = 0; i < LEVELS; i++) EQUAL(test_line_count(FIRST + i), 1);
  test_describe_interrupts();
  delete_levels();

  make_levels(climbs_deeply);
  EQUAL(LOS_HwiTrigger(FIRST), LOS_OK);
  /* The second level finds no stack for a third. */
  TRACED(1, 2, 2 | END, 3, 3 | END, 4, 4 | END, 5, 5 | END, 6, 6 | END, 1 | END);
  delete_levels();

  /* Each level has a lower priority: nothing nests. */
  make_levels(climbs);
  for (uint32_t i = 0; i < LEVELS; i++) EQUAL(LOS_HwiSetPriority(FIRST + i, (HWI_PRIOR_T)(i + 8)), LOS_OK);
  EQUAL(LOS_HwiTrigger(FIRST), LOS_OK);
  TRACED(1, 1 | END, 2, 2 | END, 3, 3 | END, 4, 4 | END, 5, 5 | END, 6, 6 | END);
  delete_levels();

  HwiIrqParam one = {.swIrq = 1}, two = {.swIrq = 2};
  EQUAL(LOS_HwiCreate(FIRST, 8, IRQF_NESTABLE, (HWI_PROC_FUNC)repeats, &one), LOS_OK);
  EQUAL(LOS_HwiCreate(FIRST + 1, 8, 0, (HWI_PROC_FUNC)repeats, &two), LOS_OK);
  EQUAL(LOS_HwiTrigger(FIRST), LOS_OK);
  TRACED(1, 1 | END, 1, 1 | END, 2, 2 | END);
  EQUAL(LOS_HwiDelete(FIRST, NULL), LOS_OK);
  EQUAL(LOS_HwiDelete(FIRST + 1, NULL), LOS_OK);

  /* A task that a nested handler wakes runs after the outer handler. */
  EQUAL(LOS_SemCreate(0, &semaphore), LOS_OK);
  make_task("waits", waits, 5, 0, false);
  EQUAL(LOS_HwiCreate(FIRST, 8, IRQF_NESTABLE, gives_within, NULL), LOS_OK);
  EQUAL(LOS_HwiCreate(FIRST + 1, 4, 0, posts, NULL), LOS_OK);
  EQUAL(LOS_HwiTrigger(FIRST), LOS_OK);
  EQUAL(woken_inside, 0);
  EQUAL(woken, 1);
  EQUAL(LOS_HwiDelete(FIRST, NULL), LOS_OK);
  EQUAL(LOS_HwiDelete(FIRST + 1, NULL), LOS_OK);
  EQUAL(LOS_SemDelete(semaphore), LOS_OK);

  /* The tick's line has priority 20. */
  EQUAL(LOS_HwiCreate(FIRST, 24, IRQF_NESTABLE, outlasts_a_tick, NULL), LOS_OK);
  EQUAL(LOS_HwiTrigger(FIRST), LOS_OK);
  EQUAL(ticks_inside, 1);
  EQUAL(LOS_HwiSetPriority(FIRST, 12), LOS_OK);
  EQUAL(LOS_HwiTrigger(FIRST), LOS_OK);
  EQUAL(ticks_inside, 0);
  EQUAL(LOS_HwiDelete(FIRST, NULL), LOS_OK);

  /* A line without a handler interrupts once, and is reported once. */
  uint32_t before = test_unhandled();
  for (int i = 0; i < 3; i++) test_trigger_unhandled(OTHER + 2, i == 0);
  EQUAL(test_unhandled() - before, 1);
  say("nesting: done");
}
#endif
