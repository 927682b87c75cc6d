// SPDX-License-Identifier: Apache-2.0
/* The stress of mutual exclusion: mutexes in chains, reader-writer locks and condition variables;
 * and of queues, whose messages are identified. */
#if defined(__arm__)
#include "stress.h"

/* Three mutexes, always locked in one order, so that owners wait for owners. */
static LosMux chain[3];
static const actor *holder[3];
static volatile uint32_t sums[3];

static void guarded_work(actor *me, uint32_t i) {
  EXPECT(!holder[i], me->name, i);
  holder[i] = me;
  uint32_t sum = sums[i];
  uint32_t kind = roll(me, 8);
  if (kind == 0) LOS_TaskDelay(1);
  if (kind == 1) LOS_TaskYield();
  if (kind == 2) spend(200);
  sums[i] = sum + 1;
  EXPECT(holder[i] == me, me->name, i);
  holder[i] = NULL;
  me->done++;
}

static void take_chain(actor *me) {
  while (!stopping) {
    uint32_t i = roll(me, 2), j = i + 1 + roll(me, 2 - i);
    MUST_SUCCEED(LOS_MuxLock(&chain[i], LOS_WAIT_FOREVER));
    guarded_work(me, i);
    if (roll(me, 3) == 0) LOS_TaskDelay(roll(me, 3));
    uint32_t time = roll(me, 3) ? LOS_WAIT_FOREVER : roll(me, 4);
    uint32_t code = LOS_MuxLock(&chain[j], time);
    if (code == LOS_OK) {
      uint32_t again = LOS_MuxLock(&chain[j], LOS_WAIT_FOREVER);
      EXPECT(again == (j == 2 ? LOS_EDEADLK : LOS_OK), me->name, again);
      guarded_work(me, j);
      if (again == LOS_OK) MUST_SUCCEED(LOS_MuxUnlock(&chain[j]));
      MUST_SUCCEED(LOS_MuxUnlock(&chain[j]));
    } else {
      EXPECT(code == (time ? LOS_ETIMEDOUT : LOS_EINVAL) && time != LOS_WAIT_FOREVER, me->name,
             code);
      code = LOS_MuxUnlock(&chain[j]);
      EXPECT(code == LOS_EPERM, me->name, code);
    }
    MUST_SUCCEED(LOS_MuxUnlock(&chain[i]));
    count_round(me);
    LOS_TaskDelay(1 + roll(me, 6));
  }
}

static void start_mutexes(void) {
  LosMuxAttr strict;
  MUST_SUCCEED(LOS_MuxAttrInit(&strict));
  MUST_SUCCEED(LOS_MuxAttrSetType(&strict, LOS_MUX_ERRORCHECK));
  for (uint32_t i = 0; i < 3; i++) MUST_SUCCEED(LOS_MuxInit(&chain[i], i == 2 ? &strict : NULL));
  for (uint32_t i = 0; i < 4; i++) start_actor("chains", take_chain, (UINT16)(9 + 4 * i), i);
}

static void end_mutexes(void) {
  EXPECT(sums[0] + sums[1] + sums[2] == total(take_chain), "sections", total(take_chain));
  say_number("  sections", total(take_chain));
  for (uint32_t i = 0; i < 3; i++) MUST_SUCCEED(LOS_MuxDestroy(&chain[i]));
}

const group mutexes = {"mutexes", start_mutexes, NULL, end_mutexes};

/* Inversion, all on CPU 0: the middle actor computes for 12 ticks, and yet the urgent one soon gets
 * the mutex that the least urgent one holds. */
enum { LONG_WORK = 12 };
static LosMux shared;
static volatile uint32_t longest;

static void be_urgent(actor *me) {
  while (!stopping) {
    LOS_TaskDelay(1 + roll(me, 60));
    uint32_t begun = now();
    MUST_SUCCEED(LOS_MuxLock(&shared, LOS_WAIT_FOREVER));
    uint32_t waited = now() - begun;
    MUST_SUCCEED(LOS_MuxUnlock(&shared));
    if (waited > longest) longest = waited;
    EXPECT(is_loose || waited < LONG_WORK / 2, me->name, waited);
    count_round(me);
  }
}

static void hinder(actor *me) {
  while (!stopping) {
    LOS_TaskDelay(60 + roll(me, 60));
    for (uint32_t begun = now(); now() - begun < LONG_WORK;) spend(500);
    count_round(me);
  }
}

static void hold_it(actor *me) {
  while (!stopping) {
    LOS_TaskDelay(roll(me, 6));
    MUST_SUCCEED(LOS_MuxLock(&shared, LOS_WAIT_FOREVER));
    spend(100);
    LOS_TaskDelay(1);
    spend(100);
    MUST_SUCCEED(LOS_MuxUnlock(&shared));
    me->done++;
    count_round(me);
  }
}

static void start_inversion(void) {
  MUST_SUCCEED(LOS_MuxInit(&shared, NULL));
  actor *three[] = {start_actor("urgent", be_urgent, 6, 0), start_actor("hinders", hinder, 18, 0),
                    start_actor("holds", hold_it, 25, 0)};
  for (uint32_t i = 0; i < 3; i++) {
    three[i]->keeps = true;
    MUST_SUCCEED(LOS_TaskCpuAffiSet(three[i]->task, 1));
  }
}

static void end_inversion(void) {
  say_number("  holds", total(hold_it));
  if (!is_loose) say_number("  longest_wait", longest);
  MUST_SUCCEED(LOS_MuxDestroy(&shared));
}

const group inversion = {"inversion", start_inversion, NULL, end_inversion};

/* A reader-writer lock: readers never see half of a write. */
static LosRwlock lock;
static volatile uint32_t first, triple;

static void read_pair(actor *me) {
  while (!stopping) {
    uint32_t time = roll(me, 2) ? LOS_WAIT_FOREVER : 1 + roll(me, 5);
    uint32_t code = LOS_RwlockRdLock(&lock, time);
    if (code == LOS_OK) {
      uint32_t one = first;
      if (roll(me, 3) == 0) LOS_TaskDelay(roll(me, 3));
      EXPECT(triple == 3 * one, me->name, one);
      MUST_SUCCEED(LOS_RwlockUnLock(&lock));
    } else {
      EXPECT(code == LOS_ETIMEDOUT && time != LOS_WAIT_FOREVER, me->name, code);
    }
    count_round(me);
    LOS_TaskDelay(1 + roll(me, 6));
  }
}

static void write_pair(actor *me) {
  while (!stopping) {
    uint32_t time = roll(me, 2) ? LOS_WAIT_FOREVER : 1 + roll(me, 5);
    uint32_t code = LOS_RwlockWrLock(&lock, time);
    if (code == LOS_OK) {
      first = first + 1;
      if (roll(me, 3) == 0) LOS_TaskDelay(roll(me, 2));
      triple = 3 * first;
      me->done++;
      MUST_SUCCEED(LOS_RwlockUnLock(&lock));
    } else {
      EXPECT(code == LOS_ETIMEDOUT && time != LOS_WAIT_FOREVER, me->name, code);
    }
    count_round(me);
    LOS_TaskDelay(1 + roll(me, 10));
  }
}

static void start_locks(void) {
  MUST_SUCCEED(LOS_RwlockInit(&lock));
  for (uint32_t i = 0; i < 3; i++) start_actor("reads", read_pair, (UINT16)(10 + 6 * i), i);
  for (uint32_t i = 0; i < 2; i++) start_actor("writes", write_pair, (UINT16)(12 + 8 * i), i);
}

static void end_locks(void) {
  EXPECT(first == total(write_pair), "writes", first);
  say_number("  writes", first);
  MUST_SUCCEED(LOS_RwlockDestroy(&lock));
}

const group locks = {"reader-writer locks", start_locks, NULL, end_locks};

/* Condition variables: three actors take turns, and each waits for its own. */
static test_object changed[3];
static LosMux turn_lock;
static uint32_t turn;

static void take_turn(actor *me) {
  while (!stopping) {
    MUST_SUCCEED(LOS_MuxLock(&turn_lock, LOS_WAIT_FOREVER));
    while (turn % 3 != me->number && !stopping) {
      uint32_t time = roll(me, 2) ? LOS_WAIT_FOREVER : 1 + roll(me, 5);
      uint32_t code = test_condition_wait(&changed[me->number], &turn_lock, time);
      EXPECT(code == 0 || (code == 1 && time != LOS_WAIT_FOREVER), me->name, code);
    }
    if (!stopping) {
      turn++;
      me->done++;
    }
    test_condition_wake(&changed[turn % 3], roll(me, 2));
    MUST_SUCCEED(LOS_MuxUnlock(&turn_lock));
    count_round(me);
    if (roll(me, 2)) LOS_TaskDelay(roll(me, 4));
  }
}

static void start_conditions(void) {
  MUST_SUCCEED(LOS_MuxInit(&turn_lock, NULL));
  for (uint32_t i = 0; i < 3; i++) test_condition_init(&changed[i]);
  for (uint32_t i = 0; i < 3; i++) start_actor("turns", take_turn, (UINT16)(11 + 4 * i), i);
}

static void push_conditions(void) {
  for (uint32_t i = 0; i < 3; i++) test_condition_wake(&changed[i], true);
}

static void end_conditions(void) {
  EXPECT(turn == total(take_turn), "turns", turn);
  say_number("  turns", turn);
  MUST_SUCCEED(LOS_MuxDestroy(&turn_lock));
}

const group conditions = {"conditions", start_conditions, push_conditions, end_conditions};

/* Queues: each message arrives once, complete, and in its sender's order. Two more queues carry
 * calls and their answers. */
typedef struct { uint32_t sender, number, sum; } message;
enum { URGENT = 2, POISON = 3 };
static uint32_t mail, asked, answered, poison;

static void send(actor *me) {
  message text = {.sender = me->number};
  while (!stopping) {
    uint32_t time = roll(me, 3) ? LOS_WAIT_FOREVER : roll(me, 3);
    text.number = me->done + 1;
    text.sum = text.sender ^ text.number ^ 0x5aa5;
    uint32_t code = me->number == URGENT
                        ? LOS_QueueWriteHeadCopy(mail, &text, sizeof text, time)
                        : LOS_QueueWriteCopy(mail, &text, sizeof text, time);
    if (code == LOS_OK) me->done++;
    else EXPECT(code == (time ? LOS_ERRNO_QUEUE_TIMEOUT : LOS_ERRNO_QUEUE_ISFULL) &&
                    time != LOS_WAIT_FOREVER, me->name, code);
    count_round(me);
    LOS_TaskDelay(roll(me, 6));
  }
}

static void receive(actor *me) {
  uint32_t last[2] = {0, 0};
  for (bool more = true; more;) {
    message text;
    uint32_t size = sizeof text, time = roll(me, 3) ? LOS_WAIT_FOREVER : roll(me, 4);
    uint32_t code = LOS_QueueReadCopy(mail, &text, &size, time);
    if (code == LOS_OK && text.sender == POISON) {
      more = false;
    } else if (code == LOS_OK) {
      EXPECT(size == sizeof text && text.sum == (text.sender ^ text.number ^ 0x5aa5), me->name,
             text.number);
      EXPECT(text.sender == URGENT || text.number > last[text.sender & 1], me->name, text.number);
      if (text.sender < 2) last[text.sender] = text.number;
      me->done++;
    } else {
      EXPECT(code == (time ? LOS_ERRNO_QUEUE_TIMEOUT : LOS_ERRNO_QUEUE_ISEMPTY) &&
                 time != LOS_WAIT_FOREVER, me->name, code);
    }
    count_round(me);
    if (!stopping && roll(me, 2)) LOS_TaskDelay(roll(me, 4));
    if (stopping && code != LOS_OK) LOS_TaskDelay(1);
  }
}

static void ask(actor *me) {
  while (!stopping) {
    uint32_t word = me->done + 1, size = 4;
    MUST_SUCCEED(LOS_QueueWriteCopy(asked, &word, 4, LOS_WAIT_FOREVER));
    MUST_SUCCEED(LOS_QueueReadCopy(answered, &word, &size, LOS_WAIT_FOREVER));
    EXPECT(stopping || word == 2 * (me->done + 1), me->name, word);
    me->done++;
    count_round(me);
    LOS_TaskDelay(roll(me, 5));
  }
}

static void answer(actor *me) {
  while (!stopping) {
    uint32_t word, size = 4, time = roll(me, 2) ? LOS_WAIT_FOREVER : 1 + roll(me, 3);
    if (LOS_QueueReadCopy(asked, &word, &size, time) != LOS_OK) continue;
    word *= 2;
    MUST_SUCCEED(LOS_QueueWriteCopy(answered, &word, 4, LOS_WAIT_FOREVER));
    count_round(me);
  }
}

static void start_queues(void) {
  MUST_SUCCEED(LOS_QueueCreate(NULL, 3, &mail, 0, sizeof(message)));
  MUST_SUCCEED(LOS_QueueCreate(NULL, 1, &asked, 0, 4));
  MUST_SUCCEED(LOS_QueueCreate(NULL, 2, &answered, 0, 4));
  for (uint32_t i = 0; i < 3; i++) start_actor("sends", send, (UINT16)(13 + 4 * i), i);
  for (uint32_t i = 0; i < 2; i++) start_actor("receives", receive, (UINT16)(10 + 12 * i), i);
  start_actor("asks", ask, 12, 0);
  start_actor("answers", answer, 20, 0);
}

/* After each sender's last message, sends each receiver a message that says so. */
static void push_queues(void) {
  message last = {.sender = POISON};
  uint32_t word = 0;
  LOS_QueueWriteCopy(asked, &word, 4, LOS_NO_WAIT);
  LOS_QueueWriteCopy(answered, &word, 4, LOS_NO_WAIT);
  if (poison < 2 && LOS_QueueWriteCopy(mail, &last, sizeof last, LOS_NO_WAIT) == LOS_OK) poison++;
}

static void end_queues(void) {
  message text;
  uint32_t rest = 0, size = sizeof text;
  for (; LOS_QueueReadCopy(mail, &text, &size, LOS_NO_WAIT) == LOS_OK; size = sizeof text) rest++;
  EXPECT(total(send) == total(receive) + rest, "received", total(receive));
  say_number("  messages", total(receive));
  say_number("  answers", total(ask));
  MUST_SUCCEED(LOS_QueueDelete(mail));
  MUST_SUCCEED(LOS_QueueDelete(asked));
  MUST_SUCCEED(LOS_QueueDelete(answered));
}

const group queues = {"queues", start_queues, push_queues, end_queues};
#endif
