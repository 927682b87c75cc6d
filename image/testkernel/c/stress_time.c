// SPDX-License-Identifier: Apache-2.0
/* The stress of time: timers that expire as often as they must, sleeps that are neither too short
 * nor too long, admitted deadlines, and tasks that use up their slices. */
#if defined(__arm__)
#include "stress.h"

/* Periodic timers: expiries are counted and compared with the ticks that passed. */
enum { PERIODS = 4 };
static const uint32_t lengths[PERIODS] = {10, 13, 31, 100};
static UINT16 periodic[PERIODS];
static volatile uint32_t begun[PERIODS], expiries[PERIODS];
static uint32_t compared;

static void expire(UINTPTR i) {
  expiries[i]++;
  uint32_t due = begun[i] + expiries[i] * lengths[i], late = now() - due;
  /* If another CPU starts a timer just before a tick, that tick counts already. */
  EXPECT(late + 1 <= LATE + 1 || (is_loose && late + 1 < 1000 * second()), "timer", late);
}

/* The comparison is exact: an urgent task makes it between two expiries. */
static void compare_expiries(actor *me) {
  while (!stopping) {
    LOS_TaskDelay(7);
    for (uint32_t i = 0; i < PERIODS && !is_loose; i++) {
      uint32_t counted = expiries[i], passed = now() - begun[i], rest = passed % lengths[i];
      if (counted != expiries[i] || rest < LATE || rest + 2 > lengths[i]) continue;
      EXPECT(counted == passed / lengths[i], me->name, counted);
      compared++;
    }
    count_round(me);
  }
  for (uint32_t i = 0; i < PERIODS; i++) {
    /* A slow host may serve the last expiries late, but must serve them. */
    uint32_t counted, tries = 100 * second();
    do {
      LOS_TaskDelay(1);
      counted = expiries[i];
    } while (counted != (now() - begun[i]) / lengths[i] && --tries);
    EXPECT(tries, "expiries", counted);
    MUST_SUCCEED(LOS_SwtmrStop(periodic[i]));
    me->done += counted;
  }
}

static void start_periods(void) {
  for (uint32_t i = 0; i < PERIODS; i++) {
    MUST_SUCCEED(LOS_SwtmrCreate(lengths[i], LOS_SWTMR_MODE_PERIOD, expire, &periodic[i], i));
    LOS_TaskDelay(1); /* Starts just after a tick, so that the next one is not near. */
    begun[i] = now();
    MUST_SUCCEED(LOS_SwtmrStart(periodic[i]));
  }
  start_actor("compares", compare_expiries, 2, 0)->keeps = true;
}

static void end_periods(void) {
  say_number("  expiries", total(compare_expiries));
  EXPECT(is_loose || compared > 0, "compared", compared);
  for (uint32_t i = 0; i < PERIODS; i++) MUST_SUCCEED(LOS_SwtmrDelete(periodic[i]));
}

const group periods = {"periodic timers", start_periods, NULL, end_periods};

/* Timers that expire once, and one that is stopped repeatedly. */
static struct {
  uint32_t semaphore;
  volatile uint32_t at;
} once[2];
static UINT16 again;
static volatile uint32_t fired;
static uint32_t started, stopped;

static void ring(UINTPTR i) {
  once[i].at = now();
  MUST_SUCCEED(LOS_SemPost(once[i].semaphore));
}

static void wait_for_ring(actor *me) {
  while (!stopping) {
    UINT16 timer;
    uint32_t ticks = 1 + roll(me, 15);
    MUST_SUCCEED(LOS_SwtmrCreate(ticks, LOS_SWTMR_MODE_ONCE, ring, &timer, me->number));
    uint32_t begin = now();
    MUST_SUCCEED(LOS_SwtmrStart(timer));
    MUST_SUCCEED(LOS_SemPend(once[me->number].semaphore, LOS_WAIT_FOREVER));
    uint32_t took = once[me->number].at - begin;
    EXPECT(took + 1 >= ticks && (is_loose || took <= ticks + LATE), me->name, took);
    me->done++;
    count_round(me);
  }
}

static void count_firing(UINTPTR argument) {
  (void)argument;
  fired++;
}

static void stop_and_start(actor *me) {
  while (!stopping) {
    MUST_SUCCEED(LOS_SwtmrStart(again));
    started++;
    LOS_TaskDelay(roll(me, 8));
    uint32_t code = LOS_SwtmrStop(again);
    if (code == LOS_OK) stopped++;
    else EXPECT(code == LOS_ERRNO_SWTMR_NOT_STARTED, me->name, code);
    LOS_TaskDelay(is_loose ? second() : LATE); /* By now an expired timer has been served. */
    EXPECT(started == stopped + fired, me->name, fired);
    count_round(me);
  }
}

static void start_alarms(void) {
  MUST_SUCCEED(LOS_SwtmrCreate(4, LOS_SWTMR_MODE_NO_SELFDELETE, count_firing, &again, 0));
  for (uint32_t i = 0; i < 2; i++) {
    MUST_SUCCEED(LOS_SemCreate(0, &once[i].semaphore));
    start_actor("rings", wait_for_ring, (UINT16)(9 + 8 * i), i);
  }
  start_actor("stops", stop_and_start, 15, 0);
}

static void end_alarms(void) {
  say_number("  rings", total(wait_for_ring));
  say_number("  fired", fired);
  say_number("  stopped", stopped);
  MUST_SUCCEED(LOS_SwtmrDelete(again));
  for (uint32_t i = 0; i < 2; i++) MUST_SUCCEED(LOS_SemDelete(once[i].semaphore));
}

const group alarms = {"timers that go off once", start_alarms, NULL, end_alarms};

/* Sleeps: never too short, and the urgent actor's never too long. */
static void sleep_a_while(actor *me) {
  while (!stopping) {
    uint32_t ticks = roll(me, 12), begin = now();
    MUST_SUCCEED(LOS_TaskDelay(ticks));
    uint32_t slept = now() - begin;
    EXPECT(slept + 1 >= ticks, me->name, slept);
    EXPECT(is_loose || me->number || slept <= ticks + LATE, me->name, slept);
    if (!ticks) LOS_TaskDelay(1);
    me->done++;
    count_round(me);
  }
}

static void start_sleepers(void) {
  start_actor("sleeps", sleep_a_while, 3, 0)->keeps = true;
  start_actor("sleeps", sleep_a_while, 26, 1);
}

static void end_sleepers(void) { say_number("  sleeps", total(sleep_a_while)); }

const group sleepers = {"sleeps", start_sleepers, NULL, end_sleepers};

/* Deadlines on a grid that never moves: an actor that is late once stays late. */
enum { SERVED = 3 };
static const struct { uint32_t runtime, deadline, period; } budgets[SERVED] = {
    {3, 8, 10}, {3, 12, 20}, {3, 12, 40}};
static volatile uint32_t latest;

static void keep_deadlines(actor *me) {
  uint32_t i = me->number;
  EXPECT(test_set_budget(budgets[i].runtime, budgets[i].deadline, budgets[i].period), me->name, i);
  test_end_period();
  for (uint32_t begin = now(); !stopping; begin += budgets[i].period) {
    EXPECT(is_loose || now() + 1 - begin <= budgets[i].deadline, me->name, now() - begin);
    /* Without test_relax: if the CPUs share one host thread, each call would cost a tick. */
    for (volatile uint32_t work = 100 + roll(me, 200); work > 0; work--) continue;
    uint32_t took = now() - begin;
    if ((int32_t)took > (int32_t)latest) latest = took;
    EXPECT(is_loose || (int32_t)took <= (int32_t)budgets[i].deadline, "deadline", took);
    me->done++;
    count_round(me);
    test_end_period();
  }
}

/* A request that exceeds the remaining CPU time is refused and changes nothing. */
static void ask_for_too_much(actor *me) {
  while (!stopping) {
    LOS_TaskDelay(20 + roll(me, 20));
    if (stopping) break; /* The other actors release their budgets. */
    EXPECT(!test_set_budget(2, 4, 10), me->name, 0);
    EXPECT(LOS_TaskPriGet(me->task) == 11, me->name, LOS_TaskPriGet(me->task));
    count_round(me);
  }
}

static void start_deadlines(void) {
  for (uint32_t i = 0; i < SERVED; i++)
    start_actor("deadlines", keep_deadlines, (UINT16)(10 + i), i)->keeps = true;
  start_actor("asks for more", ask_for_too_much, 11, 0)->keeps = true;
}

static void end_deadlines(void) {
  say_number("  periods", total(keep_deadlines));
  if (!is_loose) say_number("  latest", latest);
}

const group deadlines = {"deadlines", start_deadlines, NULL, end_deadlines};

/* Two actors that use up their slices and share the remaining CPU time. */
static void use_slices(actor *me) {
  while (!stopping) {
    for (uint32_t begin = now(); now() - begin < 16;) spend(300);
    me->done++;
    count_round(me);
    LOS_TaskDelay(100 + roll(me, 20));
  }
}

static void start_hogs(void) {
  for (uint32_t i = 0; i < 2; i++) {
    actor *one = start_actor("computes", use_slices, 28, i);
    one->keeps = true;
    MUST_SUCCEED(LOS_SetTaskScheduler((INT32)one->task, LOS_SCHED_RR, 28));
  }
}

static void end_hogs(void) { say_number("  computed", total(use_slices)); }

const group hogs = {"slices", start_hogs, NULL, end_hogs};
#endif
