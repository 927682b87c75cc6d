// SPDX-License-Identifier: Apache-2.0
/* The stress of semaphores, events, completions and interrupts. */
#if defined(__arm__)
#include "stress.h"

/* A random timeout: permanent, a few ticks, or none. */
static uint32_t some_time(actor *me) {
  uint32_t kind = roll(me, 4);
  return kind == 0 ? 1 + roll(me, 20) : kind == 1 ? LOS_NO_WAIT : LOS_WAIT_FOREVER;
}

/* Tokens: each one posted is taken. Also a ball that two actors throw to each other: if it is lost,
 * both stop. */
static uint32_t tokens, balls[2], pushed;

static void post_tokens(actor *me) {
  while (!stopping) {
    LOS_TaskDelay(1 + roll(me, 12));
    for (uint32_t n = 1 + roll(me, 3); n > 0; n--, me->done++) MUST_SUCCEED(LOS_SemPost(tokens));
    count_round(me);
  }
}

static void take_tokens(actor *me) {
  while (!stopping) {
    uint32_t time = some_time(me), code = LOS_SemPend(tokens, time);
    if (code == LOS_OK) me->done++;
    else EXPECT(time == LOS_NO_WAIT ? code == LOS_ERRNO_SEM_UNAVAILABLE
                                    : time != LOS_WAIT_FOREVER && code == LOS_ERRNO_SEM_TIMEOUT,
                me->name, code);
    count_round(me);
    LOS_TaskDelay(roll(me, 8));
  }
}

static void throw_ball(actor *me) {
  if (me->number) MUST_SUCCEED(LOS_SemPost(balls[0]));
  while (!stopping) {
    uint32_t time = roll(me, 2) ? LOS_WAIT_FOREVER : 1 + roll(me, 3);
    if (LOS_SemPend(balls[me->number], time) != LOS_OK) continue;
    if (roll(me, 4) == 0) LOS_TaskDelay(roll(me, 4));
    me->done++;
    uint32_t code = LOS_SemPost(balls[!me->number]);
    EXPECT(code == LOS_OK || stopping, me->name, code);
    count_round(me);
    LOS_TaskDelay(1);
  }
}

static void start_semaphores(void) {
  MUST_SUCCEED(LOS_SemCreate(0, &tokens));
  MUST_SUCCEED(LOS_SemCreate(0, &balls[0]));
  MUST_SUCCEED(LOS_BinarySemCreate(0, &balls[1]));
  for (uint32_t i = 0; i < 2; i++) start_actor("posts", post_tokens, (UINT16)(12 + 6 * i), i);
  for (uint32_t i = 0; i < 4; i++) start_actor("takes", take_tokens, (UINT16)(8 + 4 * i), i);
  start_actor("throws", throw_ball, 9, 0);
  start_actor("throws", throw_ball, 21, 1);
}

static void push_semaphores(void) {
  MUST_SUCCEED(LOS_SemPost(tokens));
  pushed++;
  LOS_SemPost(balls[0]);
  LOS_SemPost(balls[1]); /* Refused if it is already there. */
}

static void end_semaphores(void) {
  uint32_t rest = 0;
  while (LOS_SemPend(tokens, LOS_NO_WAIT) == LOS_OK) rest++;
  EXPECT(total(post_tokens) + pushed == total(take_tokens) + rest, "tokens taken",
         total(take_tokens));
  say_number("  tokens", total(take_tokens));
  say_number("  throws", total(throw_ball));
  MUST_SUCCEED(LOS_SemDelete(tokens));
  MUST_SUCCEED(LOS_SemDelete(balls[0]));
  MUST_SUCCEED(LOS_SemDelete(balls[1]));
}

const group semaphores = {"semaphores", start_semaphores, push_semaphores, end_semaphores};

/* Events: two actors set a bit each; a third waits for both, clears them and answers both. */
static EVENT_CB_S meeting;
static volatile uint32_t meetings;

static void come(actor *me) {
  while (!stopping) {
    LOS_TaskDelay(roll(me, 5));
    MUST_SUCCEED(LOS_EventWrite(&meeting, 1u << me->number));
    uint32_t answer = 0x100u << me->number;
    uint32_t found = LOS_EventRead(&meeting, answer, LOS_WAITMODE_OR | LOS_WAITMODE_CLR,
                                   LOS_WAIT_FOREVER);
    EXPECT(found == answer, me->name, found);
    me->done++;
    count_round(me);
  }
}

static void meet(actor *me) {
  while (!stopping) {
    uint32_t time = roll(me, 2) ? LOS_WAIT_FOREVER : 1 + roll(me, 4);
    uint32_t found = LOS_EventRead(&meeting, 3, LOS_WAITMODE_AND | LOS_WAITMODE_CLR, time);
    if (found == LOS_ERRNO_EVENT_READ_TIMEOUT && time != LOS_WAIT_FOREVER) continue;
    EXPECT(found == 3, me->name, found);
    me->done++;
    count_round(me);
    if (roll(me, 2)) LOS_TaskDelay(roll(me, 3));
    if (!stopping) MUST_SUCCEED(LOS_EventWrite(&meeting, 0x300));
  }
}

static void start_flags(void) {
  MUST_SUCCEED(LOS_EventInit(&meeting));
  start_actor("comes", come, 11, 0);
  start_actor("comes", come, 19, 1);
  start_actor("meets", meet, 15, 0);
}

static void push_flags(void) { MUST_SUCCEED(LOS_EventWrite(&meeting, 0x303)); }

static void end_flags(void) {
  /* With or without a push, each came as often as the third met, or once more. */
  uint32_t came = total(come), met = total(meet);
  EXPECT(came >= 2 * met - 2 && came <= 2 * met + 4, "came", came);
  say_number("  meetings", met);
  MUST_SUCCEED(LOS_EventClear(&meeting, 0));
  MUST_SUCCEED(LOS_EventDestroy(&meeting));
}

const group flags = {"events", start_flags, push_flags, end_flags};

/* Completions: each actor completes the other's, and waits for its own. */
static test_object finished[2];

static void finish(actor *me) {
  while (!stopping) {
    if (roll(me, 2)) LOS_TaskDelay(roll(me, 5));
    test_complete(&finished[!me->number]);
    uint32_t code;
    do code = test_completion_wait(&finished[me->number],
                                   roll(me, 2) ? LOS_WAIT_FOREVER : 1 + roll(me, 3));
    while (code == 1 && !stopping);
    EXPECT(code < 2, me->name, code);
    me->done++;
    count_round(me);
    LOS_TaskDelay(1);
  }
}

static void start_completions(void) {
  test_completion_init(&finished[0]);
  test_completion_init(&finished[1]);
  start_actor("finishes", finish, 14, 0);
  start_actor("finishes", finish, 22, 1);
}

static void push_completions(void) {
  test_complete(&finished[0]);
  test_complete(&finished[1]);
}

static void end_completions(void) { say_number("  done", total(finish)); }

const group completions = {"completions", start_completions, push_completions, end_completions};

/* Interrupts: a handler posts the semaphore for which the actor that triggered it waits. */
enum { LINE = 9 };
static uint32_t served;

static void serve(void) { MUST_SUCCEED(LOS_SemPost(served)); }

static void interrupt(actor *me) {
  while (!stopping) {
    LOS_TaskDelay(1 + roll(me, 10));
    MUST_SUCCEED(LOS_HwiTrigger(LINE));
    MUST_SUCCEED(LOS_SemPend(served, LOS_WAIT_FOREVER));
    me->done++;
    count_round(me);
  }
}

static void start_signals(void) {
  MUST_SUCCEED(LOS_SemCreate(0, &served));
  MUST_SUCCEED(LOS_HwiCreate(LINE, 16, 0, serve, NULL));
  start_actor("interrupts", interrupt, 10, 0);
}

static void end_signals(void) {
  EXPECT(LOS_SemPend(served, LOS_NO_WAIT) == LOS_ERRNO_SEM_UNAVAILABLE, "served", 0);
  say_number("  interrupts", total(interrupt));
  MUST_SUCCEED(LOS_HwiDelete(LINE, NULL));
  MUST_SUCCEED(LOS_SemDelete(served));
}

const group signals = {"interrupts", start_signals, NULL, end_signals};
#endif
