// SPDX-License-Identifier: Apache-2.0
/* Interrupt lines and work on several CPUs: the affinity decides which CPU is interrupted, and a
 * deleted handler runs on none. */
#if defined(__arm__)
#include "checks.h"

#define LINE 210
#define SIGNAL 9

static uint32_t served[8];
static volatile uint32_t inside, done;
static LosWork work;

static void serves(void) { __atomic_fetch_add(&served[test_cpu()], 1, __ATOMIC_RELAXED); }

static void stays(void) {
  inside = 1;
  for (uint32_t i = 0; i < 300000; i++) test_relax();
  inside = 0;
}

static void does(UINTPTR argument) {
  (void)argument;
  LOS_TaskDelay(1);
  done++;
}

static void leaves_work(void) {
  serves();
  LOS_WorkQueue(&work, 0);
}

/* Waits at most a second for `counter` to become `wanted`. */
static bool comes_to(const uint32_t *counter, uint32_t wanted) {
  for (int i = 0; i < 1000; i++) {
    if (__atomic_load_n(counter, __ATOMIC_RELAXED) == wanted) return true;
    LOS_TaskDelay(1);
  }
  return false;
}

void test_lines_across(void) {
  uint32_t cpus = test_cpu_count(), all = (1u << cpus) - 1;
  EQUAL(LOS_WorkInit(&work, does, 0), LOS_OK);
  EQUAL(LOS_HwiCreate(LINE, 8, 0, serves, NULL), LOS_OK);
  for (uint32_t cpu = 0; cpu < cpus; cpu++) {
    EQUAL(LOS_HwiSetAffinity(LINE, 1u << cpu), LOS_OK);
    EQUAL(LOS_HwiTrigger(LINE), LOS_OK);
    CHECK(comes_to(&served[cpu], 1));
  }
  EQUAL(LOS_HwiSetAffinity(LINE, 1u << cpus), OS_ERRNO_HWI_ARG_INVALID);
  EQUAL(LOS_HwiDelete(LINE, NULL), LOS_OK);

  EQUAL(LOS_HwiCreate(SIGNAL, 8, 0, leaves_work, NULL), LOS_OK);
  EQUAL(LOS_HwiSendIpi(SIGNAL, all), LOS_OK);
  for (uint32_t cpu = 0; cpu < cpus; cpu++) CHECK(comes_to(&served[cpu], 2));
  EQUAL(LOS_WorkFlush(1000), LOS_OK);
  CHECK(done >= 1 && done <= cpus);
  EQUAL(LOS_HwiDelete(SIGNAL, NULL), LOS_OK);

  /* A deleted handler runs on no CPU. */
  EQUAL(LOS_HwiCreate(LINE, 8, 0, stays, NULL), LOS_OK);
  for (uint32_t cpu = 0; cpu < cpus; cpu++) {
    EQUAL(LOS_HwiSetAffinity(LINE, 1u << cpu), LOS_OK);
    EQUAL(LOS_HwiTrigger(LINE), LOS_OK);
    for (uint32_t i = 0; i < 10000 && !inside; i++) test_relax();
    EQUAL(LOS_HwiDelete(LINE, NULL), LOS_OK);
    EQUAL(inside, 0);
    EQUAL(LOS_HwiCreate(LINE, 8, 0, stays, NULL), LOS_OK);
  }
  EQUAL(LOS_HwiDelete(LINE, NULL), LOS_OK);
  say("lines across: done");
}
#endif
