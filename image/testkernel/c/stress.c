// SPDX-License-Identifier: Apache-2.0
/* The stress: starts the groups, watches them each second, stops them and compares the counts. */
#if defined(__arm__)
#include "stress.h"

enum { MOST_ACTORS = 64, PATIENCE = 3 }; /* seconds */

volatile bool stopping;
bool is_loose;

static const group *const groups[] = {&semaphores, &flags, &queues, &mutexes, &inversion, &locks,
                                      &conditions, &completions, &memory, &victims, &movers,
                                      &children, &alarms, &periods, &sleepers, &deadlines, &hogs,
                                      &signals};
enum { GROUPS = sizeof groups / sizeof *groups };

static actor actors[MOST_ACTORS];
static uint32_t actor_count, first_dice, complaints;
static volatile uint32_t seconds_seen;

uint32_t now(void) { return (uint32_t)LOS_TickCountGet(); }

uint32_t second(void) {
  static uint32_t ticks;
  if (!ticks) ticks = LOS_MS2Tick(1000);
  return ticks;
}

/* Marsaglia's xorshift. */
uint32_t roll(actor *me, uint32_t below) {
  uint32_t x = me->dice;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  me->dice = x;
  return (x >> 8) % below;
}

void spend(uint32_t rounds) {
  for (volatile uint32_t i = 0; i < rounds; i++)
    if (i % 64 == 0) test_relax();
}

void count_round(actor *me) { me->progress++; }

void report_failure(const char *what, const char *who, uint32_t number, int line) {
  /* The first complaints suffice; all of them could be too many for a console. */
  if (__atomic_fetch_add(&complaints, 1, __ATOMIC_RELAXED) > 20) return;
  check(false, what, line);
  say_number(who, number);
}

static void *act(UINTPTR number, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)b, (void)c, (void)d;
  actor *me = &actors[number];
  me->body(me);
  me->is_over = true;
  return NULL;
}

actor *start_actor(const char *name, void (*body)(actor *), UINT16 priority, uint32_t number) {
  if (actor_count == MOST_ACTORS) test_end(1);
  actor *me = &actors[actor_count];
  *me = (actor){.name = name, .body = body, .number = number};
  me->dice = (first_dice + 1) * 2654435761u ^ (actor_count + 1) * 40503u;
  if (!me->dice) me->dice = 1;
  TSK_INIT_PARAM_S wanted = {.pfnTaskEntry = act, .usTaskPrio = priority, .pcName = (char *)name,
                             .policy = actor_count % 3 ? LOS_SCHED_RR : LOS_SCHED_FIFO,
                             .auwArgs = {actor_count}};
  MUST_SUCCEED(LOS_TaskCreate(&me->task, &wanted));
  actor_count++; /* Only now may running actors choose this one. */
  return me;
}

actor *any_actor(actor *me) {
  actor *found = &actors[roll(me, actor_count)];
  return found->keeps || found->is_over ? NULL : found;
}

uint32_t total(void (*body)(actor *)) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < actor_count; i++)
    if (actors[i].body == body) sum += actors[i].done;
  return sum;
}

/* Reports an actor with its status and its rounds. */
static void report_actor(const actor *who, const char *what) {
  TSK_INFO_S info = {0};
  LOS_TaskInfoGet(who->task, &info);
  report_failure(what, who->name, who->number, __LINE__);
  say_number("  status", info.usTaskStatus);
  say_number("  rounds", who->progress);
}

/* Once a second: reports actors that made no progress. */
static void watch(void) {
  for (uint32_t i = 0; i < actor_count; i++) {
    actor *who = &actors[i];
    bool moved = who->progress != who->seen || who->is_over;
    who->still = moved ? 0 : who->still + 1;
    who->seen = who->progress;
    if (who->still == PATIENCE) report_actor(who, "no progress");
  }
  seconds_seen++;
}

/* A software timer that watches the watch, and ends the machine if that makes no progress. */
static void watch_the_watch(UINTPTR argument) {
  static uint32_t seen, still;
  (void)argument;
  still = seconds_seen == seen ? still + 1 : 0;
  seen = seconds_seen;
  if (still < 2 * PATIENCE) return;
  check(false, "the watch runs", __LINE__);
  test_end(1);
}

static uint32_t left(void) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < actor_count; i++) count += !actors[i].is_over;
  return count;
}

/* The number of free task records; at the end all must be free again. */
static void *nothing(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  return NULL;
}
static uint32_t free_records(void) {
  static uint32_t tasks[128];
  TSK_INIT_PARAM_S wanted = {.pfnTaskEntry = nothing, .usTaskPrio = 20, .pcName = "nobody"};
  uint32_t count = 0;
  while (count < 128 && LOS_TaskCreateOnly(&tasks[count], &wanted) == LOS_OK) count++;
  for (uint32_t i = 0; i < count; i++) MUST_SUCCEED(LOS_TaskDelete(tasks[i]));
  return count;
}

uint32_t stress(uint32_t seconds, uint32_t seed, bool loose) {
  UINT16 dog;
  first_dice = seed;
  is_loose = loose;
  LOS_TaskDelay(2 * second()); /* Meanwhile the program starts, and waits from then on. */
  MUST_SUCCEED(LOS_CurTaskPriSet(1));
  uint32_t records = free_records();
  MUST_SUCCEED(LOS_SwtmrCreate(second(), LOS_SWTMR_MODE_PERIOD, watch_the_watch, &dog, 0));
  MUST_SUCCEED(LOS_SwtmrStart(dog));
  for (uint32_t i = 0; i < GROUPS; i++) groups[i]->start();
  for (uint32_t i = 0; i < seconds; i++) {
    LOS_TaskDelay(second());
    watch();
  }
  stopping = true;
  for (uint32_t i = 0; i < 20 * second() && left(); i++) {
    for (uint32_t j = 0; j < GROUPS; j++)
      if (groups[j]->push) groups[j]->push();
    LOS_TaskDelay(1);
    if (i % second() == 0) seconds_seen++;
  }
  for (uint32_t i = 0; i < actor_count; i++)
    if (!actors[i].is_over) report_actor(&actors[i], "does not end");
  LOS_TaskDelay(2); /* The last actors leave their CPUs. */
  for (uint32_t i = 0; i < GROUPS; i++) {
    say(groups[i]->name);
    groups[i]->end();
  }
  MUST_SUCCEED(LOS_SwtmrDelete(dog));
  uint32_t free = free_records();
  say_number("free", free);
  EXPECT(free == records, "records", records);
  uint32_t rounds = 0;
  for (uint32_t i = 0; i < actor_count; i++) rounds += actors[i].progress;
  say_number("rounds", rounds);
  say_number("actors", actor_count);
  say_number("cpus", test_cpu_count());
  say_number("seconds", seconds);
  say_number("failed", failures());
  return failures() ? 1 : 0;
}
#endif
