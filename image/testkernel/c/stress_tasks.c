// SPDX-License-Identifier: Apache-2.0
/* The stress of tasks and of memory: tasks that are suspended and resumed, moved, reprioritised,
 * created, and ended in each state; pools and boxes that several tasks use. */
#if defined(__arm__)
#include "stress.h"

/* Two actors that a warden suspends and resumes. */
static actor *prey[2];
static volatile bool is_warden_over;

static void go_on(actor *me) {
  while (!is_warden_over) {
    uint32_t kind = roll(me, 4);
    if (kind == 0) spend(100);
    LOS_TaskDelay(kind);
    count_round(me);
  }
}

static void ward(actor *me) {
  while (!stopping) {
    actor *one = prey[roll(me, 2)];
    uint32_t code;
    MUST_SUCCEED(LOS_TaskSuspend(one->task));
    LOS_TaskDelay(2); /* It may have run on another CPU. */
    uint32_t before = one->progress;
    if (roll(me, 2)) {
      code = LOS_TaskSuspend(one->task);
      EXPECT(code == LOS_ERRNO_TSK_ALREADY_SUSPENDED, me->name, code);
    }
    LOS_TaskDelay(roll(me, 6));
    EXPECT(is_loose || one->progress == before, one->name, one->progress - before);
    MUST_SUCCEED(LOS_TaskResume(one->task));
    if (roll(me, 2)) {
      code = LOS_TaskResume(one->task);
      EXPECT(code == LOS_ERRNO_TSK_NOT_SUSPENDED, me->name, code);
    }
    me->done++;
    count_round(me);
    LOS_TaskDelay(1 + roll(me, 8));
  }
  is_warden_over = true;
}

static void start_victims(void) {
  prey[0] = start_actor("prey", go_on, 20, 0);
  prey[1] = start_actor("prey", go_on, 24, 1);
  start_actor("wards", ward, 7, 0)->keeps = true;
}

static void end_victims(void) { say_number("  stops", total(ward)); }

const group victims = {"suspensions", start_victims, NULL, end_victims};

/* Two actors that move themselves, and one that changes others' affinity, priority and policy. */
static void move(actor *me) {
  while (!stopping) {
    uint32_t cpu = roll(me, test_cpu_count());
    MUST_SUCCEED(LOS_TaskCpuAffiSet(me->task, (UINT16)(1u << cpu)));
    EXPECT(test_cpu() == cpu, me->name, test_cpu());
    LOS_TaskDelay(roll(me, 3));
    EXPECT(test_cpu() == cpu && LOS_TaskCpuAffiGet(me->task) == 1u << cpu, me->name, test_cpu());
    me->done++;
    count_round(me);
    LOS_TaskDelay(roll(me, 6));
  }
}

static void shake(actor *me) {
  while (!stopping) {
    LOS_TaskDelay(1 + roll(me, 4));
    actor *one = any_actor(me);
    UINT16 priority = (UINT16)(8 + roll(me, 18));
    uint32_t some = 1 + roll(me, (1u << test_cpu_count()) - 1);
    count_round(me);
    if (!one || stopping) continue;
    switch (roll(me, 3)) {
    case 0: MUST_SUCCEED(LOS_TaskPriSet(one->task, priority)); break;
    case 1:
      MUST_SUCCEED(LOS_SetTaskScheduler((INT32)one->task, (UINT16)(1 + roll(me, 2)), priority));
      break;
    default: MUST_SUCCEED(LOS_TaskCpuAffiSet(one->task, (UINT16)some));
    }
    me->done++;
  }
}

static void start_movers(void) {
  for (uint32_t i = 0; i < 2; i++) start_actor("moves", move, (UINT16)(12 + 5 * i), i)->keeps = true;
  start_actor("shakes", shake, 5, 0)->keeps = true;
}

static void end_movers(void) {
  say_number("  moves", total(move));
  say_number("  changes", total(shake));
}

const group movers = {"movers", start_movers, NULL, end_movers};

/* Tasks that end by themselves, or are deleted while they wait, sleep, compute or hold a mutex. */
enum { RETURNS, SLEEPS, ENDS_ITSELF, WAITS, OWNS, READS, COMPUTES, KEEPS_CPU, WAYS };
static uint32_t never, nothing_comes;
static LosMux owned[2];

static void *be_child(UINTPTR way, UINTPTR number, UINTPTR parent, UINTPTR d) {
  (void)d;
  uint32_t word, size = 4;
  switch (way) {
  case SLEEPS: LOS_TaskDelay(number % 4); break;
  case ENDS_ITSELF: LOS_TaskDelete(LOS_CurTaskIDGet()); break;
  case WAITS: LOS_SemPend(never, LOS_WAIT_FOREVER); break;
  case OWNS:
    LOS_MuxLock(&owned[parent], LOS_WAIT_FOREVER);
    LOS_MuxLock(&owned[parent], LOS_WAIT_FOREVER);
    LOS_TaskDelay(LOS_WAIT_FOREVER);
    break;
  case READS: LOS_QueueReadCopy(nothing_comes, &word, &size, 1000000); break;
  case COMPUTES:
    for (;;) spend(50);
  case KEEPS_CPU:
    for (;;) {
      LOS_TaskLock();
      spend(20);
      LOS_TaskUnlock();
    }
  default: break;
  }
  return (void *)(number * 7);
}

static void raise(actor *me) {
  uint32_t i = me->number;
  while (!stopping) {
    uint32_t way = roll(me, WAYS), child, number = roll(me, 1000);
    TSK_INIT_PARAM_S wanted = {.pfnTaskEntry = be_child, .pcName = "child",
                               .usTaskPrio = (UINT16)(way < COMPUTES ? 4 + roll(me, 20) : 26),
                               .auwArgs = {way, number, i}, .uwResved = LOS_TASK_ATTR_JOINABLE};
    UINTPTR result = 1;
    MUST_SUCCEED(LOS_TaskCreate(&child, &wanted));
    if (way > ENDS_ITSELF) {
      LOS_TaskDelay(roll(me, 3));
      MUST_SUCCEED(LOS_TaskDelete(child));
    } else if (roll(me, 2)) {
      LOS_TaskDelay(roll(me, 6));
    }
    MUST_SUCCEED(LOS_TaskJoin(child, &result));
    EXPECT(result == (way < ENDS_ITSELF ? number * 7 : 0), me->name, way);
    uint32_t code = LOS_MuxTrylock(&owned[i]);
    EXPECT(code == LOS_OK, me->name, code);
    if (code == LOS_OK) MUST_SUCCEED(LOS_MuxUnlock(&owned[i]));
    me->done++;
    count_round(me);
    LOS_TaskDelay(1 + roll(me, 12));
  }
}

static void start_children(void) {
  MUST_SUCCEED(LOS_SemCreate(0, &never));
  MUST_SUCCEED(LOS_QueueCreate(NULL, 1, &nothing_comes, 0, 4));
  for (uint32_t i = 0; i < 2; i++) {
    MUST_SUCCEED(LOS_MuxInit(&owned[i], NULL));
    start_actor("raises", raise, (UINT16)(10 + 6 * i), i);
  }
}

static void end_children(void) {
  say_number("  children", total(raise));
  for (uint32_t i = 0; i < 2; i++) MUST_SUCCEED(LOS_MuxDestroy(&owned[i]));
  MUST_SUCCEED(LOS_QueueDelete(nothing_comes));
  MUST_SUCCEED(LOS_SemDelete(never));
}

const group children = {"children", start_children, NULL, end_children};

/* A pool and boxes: no block overlaps another, and all are freed. */
enum { HELD = 6, BOX = 24 };
static uint64_t pool[512], boxes[LOS_MEMBOX_SIZE(BOX, 10) / 8 + 1];

static void use_memory(actor *me) {
  uint8_t *held[HELD] = {NULL};
  uint32_t sizes[HELD] = {0};
  bool takes_boxes = me->number & 1;
  for (bool more = true; more;) {
    more = !stopping;
    for (uint32_t i = 0; i < HELD; i++) {
      if (more && roll(me, 3)) continue;
      if (held[i]) {
        for (uint32_t j = 0; j < sizes[i]; j++)
          if (held[i][j] != (uint8_t)(me->number * 16 + i)) EXPECT(!"its bytes", me->name, j);
        MUST_SUCCEED(takes_boxes ? LOS_MemboxFree(boxes, held[i]) : LOS_MemFree(pool, held[i]));
        held[i] = NULL;
      } else if (more) {
        sizes[i] = takes_boxes ? BOX : 1 + roll(me, 120);
        held[i] = takes_boxes ? LOS_MemboxAlloc(boxes) : LOS_MemAlloc(pool, sizes[i]);
        for (uint32_t j = 0; held[i] && j < sizes[i]; j++)
          held[i][j] = (uint8_t)(me->number * 16 + i);
        me->done++;
      }
    }
    count_round(me);
    LOS_TaskDelay(1 + roll(me, 12));
  }
}

static void start_memory(void) {
  MUST_SUCCEED(LOS_MemInit(pool, sizeof pool));
  MUST_SUCCEED(LOS_MemboxInit(boxes, sizeof boxes, BOX));
  for (uint32_t i = 0; i < 4; i++) start_actor("allocates", use_memory, (UINT16)(13 + 3 * i), i);
}

static void end_memory(void) {
  LOS_MEM_POOL_STATUS status = {0};
  uint32_t most, used = 1, size;
  say_number("  allocations", total(use_memory));
  MUST_SUCCEED(LOS_MemIntegrityCheck(pool));
  MUST_SUCCEED(LOS_MemInfoGet(pool, &status));
  EXPECT(status.usedNodeNum == 0 && status.freeNodeNum == 1, "nodes", status.usedNodeNum);
  MUST_SUCCEED(LOS_MemboxStatisticsGet(boxes, &most, &used, &size));
  EXPECT(used == 0, "boxes", used);
  MUST_SUCCEED(LOS_MemDeInit(pool));
}

const group memory = {"memory", start_memory, NULL, end_memory};
#endif
