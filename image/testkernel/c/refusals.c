// SPDX-License-Identifier: Apache-2.0
/* Every refusal of every call: its code, and that it changes nothing. */
#if defined(__arm__)
#include "checks.h"

enum { LINE = 9, DEVICE_LINE = 100, INVALID = 9999 };

/* The objects of the rows in refusals.h. */
static uint32_t me, resting, waiter, owner, over, joined, joiner, gone;
static uint32_t empty, awaited, full, gone_semaphore, queue, full_queue, read_queue, gone_queue;
static LosMux unmade, mine, strict, its, chained;
static LosRwlock unmade_lock, my_lock, read_lock, its_lock;
static EVENT_CB_S events, awaited_events;
static UINT16 timer, gone_timer;
static uint64_t pool[128], boxes[LOS_MEMBOX_SIZE(8, 4) / 8 + 1], no_pool[8];
static uint8_t *block, *box;
static uint32_t number, word[2], size;
static UINT16 short_number;
static INT32 type;
static UINTPTR result;
static TSK_INFO_S info;
static QUEUE_INFO_S queue_info;
static LOS_MEM_POOL_STATUS status;
static LosMuxAttr attribute, bad_attribute = {.type = 9}, ceiling_attribute = {.prioceiling = 40},
                             protecting = {.protocol = LOS_MUX_PRIO_PROTECT};
static HwiIrqParam no_device = {.swIrq = 1}, device = {.pDevId = &device};

static void *end(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)b, (void)c, (void)d;
  return (void *)a;
}
static void handler(void) {}
static void expire(UINTPTR argument) { (void)argument; }

#define NAMED .pcName = "refused", .usTaskPrio = 20
static TSK_INIT_PARAM_S no_entry = {NAMED}, no_name = {.pfnTaskEntry = end, .usTaskPrio = 20},
                        bad_priority = {.pfnTaskEntry = end, .pcName = "refused", .usTaskPrio = 32},
                        small = {.pfnTaskEntry = end, NAMED, .uwStackSize = 2047},
                        large = {.pfnTaskEntry = end, NAMED, .uwStackSize = 0x100000},
                        good = {.pfnTaskEntry = end, NAMED};

/* Returns the address of `size`, set to `bytes`. */
static uint32_t *room(uint32_t bytes) {
  size = bytes;
  return &size;
}

/* The contexts: in a task, in an interrupt, with LOS_TaskLock, in the timer task. */
enum { TASK, INTERRUPT, LOCKED, SYSTEM };

#define BAD_ID LOS_ERRNO_TSK_ID_INVALID
#define NO_TASK LOS_ERRNO_TSK_NOT_CREATED
#define SYSTEM_TASK LOS_ERRNO_TSK_OPERATE_SYSTEM_TASK
#define NO_LINE OS_ERRNO_HWI_NUM_INVALID
#define NO_HANDLER OS_ERRNO_HWI_HWINUM_UNCREATE
#define BAD_QUEUE LOS_ERRNO_QUEUE_INVALID
#define NO_QUEUE LOS_ERRNO_QUEUE_NOT_CREATE
#define NO_TIMER LOS_ERRNO_SWTMR_NOT_CREATED
#define BAD_TIMER LOS_ERRNO_SWTMR_ID_INVALID
#define EVER LOS_WAIT_FOREVER
#define OR LOS_WAITMODE_OR

#include "refusals.h"

static uint32_t make(uint32_t row) {
  uint32_t place = 0;
#define R(where, code, call) if (row == place++) return (uint32_t)(uintptr_t)(call);
  ROWS(R)
#undef R
  return 0xdead;
}

static const struct { const char *text; uint32_t code; uint8_t where; } table[] = {
#define R(where, code, call) {#call, code, where},
    ROWS(R)
#undef R
};
enum { COUNT = sizeof table / sizeof *table };

static uint32_t mix(uint32_t sum, uint32_t value) { return (sum ^ value) * 16777619u; }

/* A hash of all that a refusal could have changed. */
static uint32_t snapshot(void) {
  uint32_t sum = 2166136261u, used = 0, most = 0, bytes = 0;
  TSK_INFO_S one;
  QUEUE_INFO_S its_queue;
  for (uint32_t task = 0; task < LOS_GetSystemTaskMaximum(); task++) {
    one.usTaskStatus = one.usTaskPrio = 0;
    LOS_TaskInfoGet(task, &one);
    if (!one.acName[0]) one.usTaskStatus = 0; /* not C code's: programs go on meanwhile */
    sum = mix(sum, one.usTaskStatus << 16 | one.usTaskPrio);
    sum = mix(sum, LOS_TaskCpuAffiGet(task) ^ (uint32_t)LOS_GetTaskScheduler((INT32)task));
  }
  uint32_t queues[] = {queue, full_queue, read_queue};
  for (uint32_t i = 0; i < 3; i++) {
    LOS_QueueInfoGet(queues[i], &its_queue);
    sum = mix(sum, its_queue.usReadableCnt << 16 | its_queue.usWritableCnt);
    sum = mix(sum, its_queue.usQueueHead << 16 | its_queue.usQueueTail);
    sum = mix(sum, (uint32_t)its_queue.uwWaitReadTask ^ (uint32_t)its_queue.uwWaitWriteTask);
  }
  const LosMux *mutexes[] = {&unmade, &mine, &strict, &its, &chained};
  for (uint32_t i = 0; i < 5; i++)
    for (uint32_t j = 0; j < sizeof(LosMux) / 4; j++) sum = mix(sum, ((const uint32_t *)mutexes[i])[j]);
  const LosRwlock *locks[] = {&unmade_lock, &my_lock, &read_lock, &its_lock};
  for (uint32_t i = 0; i < 4; i++)
    for (uint32_t j = 0; j < sizeof(LosRwlock) / 4; j++) sum = mix(sum, ((const uint32_t *)locks[i])[j]);
  sum = mix(sum, events.uwEventID ^ awaited_events.waiters[0]);
  LOS_MemInfoGet(pool, &status);
  sum = mix(sum, status.totalUsedSize ^ status.usedNodeNum << 16 ^ status.freeNodeNum << 24);
  LOS_MemboxStatisticsGet(boxes, &most, &used, &bytes);
  sum = mix(sum, used << 16 | bytes);
  sum = mix(sum, LOS_SwtmrTimeGet(timer, &bytes));
  /* Semaphore counts: one that can be taken is posted again. */
  uint32_t semaphores[] = {empty, awaited, full};
  for (uint32_t i = 0; i < 3; i++) {
    uint32_t there = LOS_SemPend(semaphores[i], LOS_NO_WAIT) == LOS_OK;
    if (there) LOS_SemPost(semaphores[i]);
    sum = mix(sum, there);
  }
  return sum;
}

static volatile uint32_t current, answer;
static void in_interrupt(void) { answer = make(current); }
static void in_system_task(UINTPTR row) { answer = make(row); }

static void *waits_for_a_semaphore(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  LOS_SemPend(awaited, EVER);
  return NULL;
}
static void *reads_events(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  LOS_EventRead(&awaited_events, 1, OR, EVER);
  return NULL;
}
static void *reads_a_queue(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  uint32_t text[2], bytes = sizeof text;
  LOS_QueueReadCopy(read_queue, text, &bytes, EVER);
  return NULL;
}
static void *joins(UINTPTR task, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)b, (void)c, (void)d;
  LOS_TaskJoin((uint32_t)task, NULL);
  return NULL;
}
/* Holds a mutex and a lock, and waits for a mutex of the test. */
static void *owns(UINTPTR a, UINTPTR b, UINTPTR c, UINTPTR d) {
  (void)a, (void)b, (void)c, (void)d;
  EQUAL(LOS_MuxLock(&its, EVER), LOS_OK);
  EQUAL(LOS_RwlockWrLock(&its_lock, EVER), LOS_OK);
  LOS_MuxLock(&chained, EVER);
  return NULL;
}

static void set_up(void) {
  me = LOS_CurTaskIDGet();
  EQUAL(LOS_SemCreate(0, &empty), LOS_OK);
  EQUAL(LOS_SemCreate(0, &awaited), LOS_OK);
  EQUAL(LOS_BinarySemCreate(1, &full), LOS_OK);
  EQUAL(LOS_SemCreate(0, &gone_semaphore), LOS_OK);
  EQUAL(LOS_SemDelete(gone_semaphore), LOS_OK);
  EQUAL(LOS_QueueCreate(NULL, 2, &queue, 0, 8), LOS_OK);
  EQUAL(LOS_QueueCreate(NULL, 1, &full_queue, 0, 8), LOS_OK);
  EQUAL(LOS_QueueWriteCopy(full_queue, word, 4, LOS_NO_WAIT), LOS_OK);
  EQUAL(LOS_QueueCreate(NULL, 1, &read_queue, 0, 8), LOS_OK);
  EQUAL(LOS_QueueCreate(NULL, 1, &gone_queue, 0, 8), LOS_OK);
  EQUAL(LOS_QueueDelete(gone_queue), LOS_OK);
  EQUAL(LOS_MuxAttrInit(&attribute), LOS_OK);
  EQUAL(LOS_MuxAttrSetType(&attribute, LOS_MUX_ERRORCHECK), LOS_OK);
  EQUAL(LOS_MuxInit(&mine, NULL), LOS_OK);
  EQUAL(LOS_MuxInit(&strict, &attribute), LOS_OK);
  EQUAL(LOS_MuxInit(&its, NULL), LOS_OK);
  EQUAL(LOS_MuxInit(&chained, NULL), LOS_OK);
  EQUAL(LOS_MuxLock(&mine, EVER), LOS_OK);
  EQUAL(LOS_MuxLock(&strict, EVER), LOS_OK);
  EQUAL(LOS_MuxLock(&chained, EVER), LOS_OK);
  EQUAL(LOS_RwlockInit(&my_lock), LOS_OK);
  EQUAL(LOS_RwlockInit(&read_lock), LOS_OK);
  EQUAL(LOS_RwlockInit(&its_lock), LOS_OK);
  EQUAL(LOS_RwlockWrLock(&my_lock, EVER), LOS_OK);
  EQUAL(LOS_RwlockRdLock(&read_lock, EVER), LOS_OK);
  EQUAL(LOS_EventInit(&events), LOS_OK);
  EQUAL(LOS_EventInit(&awaited_events), LOS_OK);
  EQUAL(LOS_SwtmrCreate(10, LOS_SWTMR_MODE_PERIOD, expire, &timer, 0), LOS_OK);
  EQUAL(LOS_SwtmrCreate(10, LOS_SWTMR_MODE_ONCE, expire, &gone_timer, 0), LOS_OK);
  EQUAL(LOS_SwtmrDelete(gone_timer), LOS_OK);
  EQUAL(LOS_MemInit(pool, sizeof pool), LOS_OK);
  EQUAL(LOS_MemboxInit(boxes, sizeof boxes, 8), LOS_OK);
  CHECK((block = LOS_MemAlloc(pool, 16)) != NULL);
  CHECK((box = LOS_MemboxAlloc(boxes)) != NULL);
  waiter = make_task("waiter", waits_for_a_semaphore, 5, 0, true);
  make_task("events", reads_events, 5, 0, false);
  make_task("queue", reads_a_queue, 5, 0, false);
  owner = make_task("owner", owns, 12, 0, false);
  LOS_TaskDelay(1);
  resting = make_task("resting", end, 20 | 0x100, 0, false);
  over = make_task("over", end, 5, 3, true);
  joined = make_task("joined", end, 20 | 0x100, 0, true);
  joiner = make_task("joiner", joins, 5, joined, false);
  gone = make_task("gone", end, 20 | 0x100, 0, false);
  EQUAL(LOS_TaskDelete(gone), LOS_OK);
}

static void take_down(void) {
  EQUAL(LOS_SemPost(awaited), LOS_OK);
  EQUAL(LOS_TaskJoin(waiter, NULL), LOS_OK);
  EQUAL(LOS_EventWrite(&awaited_events, 1), LOS_OK);
  EQUAL(LOS_QueueWriteCopy(read_queue, word, 4, LOS_NO_WAIT), LOS_OK);
  EQUAL(LOS_MuxUnlock(&chained), LOS_OK);
  EQUAL(LOS_RwlockUnLock(&my_lock), LOS_OK);
  EQUAL(LOS_RwlockUnLock(&read_lock), LOS_OK);
  EQUAL(LOS_TaskDelete(resting), LOS_OK);
  EQUAL(LOS_TaskJoin(over, &result), LOS_OK);
  EQUAL(result, 3);
  EQUAL(LOS_TaskResume(joined), LOS_OK);
  LOS_TaskDelay(2);
  EQUAL(LOS_TaskInfoGet(owner, &info), NO_TASK); /* it ended and was freed */
  EQUAL(LOS_MuxUnlock(&mine), LOS_OK);
  EQUAL(LOS_MuxUnlock(&strict), LOS_OK);
  EQUAL(LOS_MuxDestroy(&mine), LOS_OK);
  EQUAL(LOS_MuxDestroy(&strict), LOS_OK);
  EQUAL(LOS_MuxDestroy(&its), LOS_OK);
  EQUAL(LOS_MuxDestroy(&chained), LOS_OK);
  EQUAL(LOS_SemDelete(empty), LOS_OK);
  EQUAL(LOS_SemDelete(awaited), LOS_OK);
  EQUAL(LOS_SemDelete(full), LOS_OK);
  EQUAL(LOS_QueueDelete(queue), LOS_OK);
  EQUAL(LOS_QueueDelete(full_queue), LOS_OK);
  EQUAL(LOS_QueueDelete(read_queue), LOS_OK);
  EQUAL(LOS_SwtmrDelete(timer), LOS_OK);
}

/* Makes a row's call in its context. */
static uint32_t answer_of(uint32_t row) {
  UINT16 once;
  uint32_t code;
  answer = 0xdead;
  current = row;
  switch (table[row].where) {
  case INTERRUPT: LOS_HwiTrigger(LINE); return answer;
  case LOCKED:
    LOS_TaskLock();
    code = make(row);
    LOS_TaskUnlock();
    return code;
  case SYSTEM:
    LOS_SwtmrCreate(1, LOS_SWTMR_MODE_ONCE, in_system_task, &once, row);
    LOS_SwtmrStart(once);
    LOS_TaskDelay(3);
    return answer;
  default: return make(row);
  }
}

/* Fills each table by one call until that is refused, and empties it again. */
static void fill(void) {
  uint32_t handles[64], count = 0, code;
  while ((code = LOS_SemCreate(0, &handles[count % 64])) == LOS_OK) count++;
  EQUAL(code, LOS_ERRNO_SEM_ALL_BUSY);
  EQUAL(LOS_BinarySemCreate(0, &number), LOS_ERRNO_SEM_ALL_BUSY);
  while (count > 0) EQUAL(LOS_SemDelete(handles[--count]), LOS_OK);
  while ((code = LOS_QueueCreate(NULL, 1, &handles[count % 64], 0, 4)) == LOS_OK) count++;
  EQUAL(code, LOS_ERRNO_QUEUE_CB_UNAVAILABLE);
  while (count > 0) EQUAL(LOS_QueueDelete(handles[--count]), LOS_OK);
  static UINT16 timers[2048];
  while ((code = LOS_SwtmrCreate(1, LOS_SWTMR_MODE_ONCE, expire, &timers[count], 0)) == LOS_OK) count++;
  EQUAL(code, LOS_ERRNO_SWTMR_MAXSIZE);
  while (count > 0) EQUAL(LOS_SwtmrDelete(timers[--count]), LOS_OK);
}

void test_every_refusal(void) {
  set_up();
  EQUAL(LOS_HwiCreate(LINE, 16, 0, in_interrupt, NULL), LOS_OK);
  for (uint32_t row = 0; row < COUNT; row++) {
    uint32_t before = snapshot(), code = answer_of(row);
    check(code == table[row].code, table[row].text, 1000 + (int)row);
    if (code != table[row].code) say_number("  returns", code);
    check(snapshot() == before, table[row].text, 2000 + (int)row);
  }
  EQUAL(LOS_HwiDelete(LINE, NULL), LOS_OK);
  take_down();
  fill();
  say_number("refusals", COUNT);
  say("refusals: done");
}
#endif
