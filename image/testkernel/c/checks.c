// SPDX-License-Identifier: Apache-2.0
/* Prints the results of the checks, and runs the tests in order. */
#if defined(__arm__)
#include "checks.h"

static uint32_t failed, made;

static size_t length(const char *text) {
  size_t n = 0;
  while (text[n]) n++;
  return n;
}

static void put(const char *text) { test_write((const uint8_t *)text, length(text)); }

void say(const char *text) {
  put(text);
  put("\n");
}

static void put_number(uint32_t value) {
  uint8_t digits[10];
  size_t n = sizeof digits;
  do {
    digits[--n] = (uint8_t)('0' + value % 10);
    value /= 10;
  } while (value);
  test_write(digits + n, sizeof digits - n);
}

void say_number(const char *name, uint32_t value) {
  put(name);
  put(" ");
  put_number(value);
  put("\n");
}

void check(bool holds, const char *what, int line) {
  made++;
  if (holds) return;
  failed++;
  put("FAILED line ");
  put_number((uint32_t)line);
  put(": ");
  say(what);
}

uint32_t failures(void) { return failed; }
uint32_t checks_made(void) { return made; }

uint32_t make_task(const char *name, TSK_ENTRY_FUNC entry, UINT16 priority, UINTPTR argument,
                   bool joinable) {
  TSK_INIT_PARAM_S wanted = {0};
  uint32_t task = 0xffffffff;
  wanted.pfnTaskEntry = entry;
  wanted.usTaskPrio = priority & 0xff;
  wanted.policy = LOS_SCHED_FIFO;
  wanted.auwArgs[0] = argument;
  wanted.pcName = (char *)name;
  wanted.uwResved = joinable ? LOS_TASK_ATTR_JOINABLE : LOS_TASK_STATUS_DETACHED;
  uint32_t code = priority & 0x100 ? LOS_TaskCreateOnly(&task, &wanted)
                                   : LOS_TaskCreate(&task, &wanted);
  EQUAL(code, LOS_OK);
  return task;
}

static void nothing(UINTPTR argument) { (void)argument; }

/* Lets the program start, with an object of each kind for it to list. */
static void wait_for_the_program(void) {
  uint32_t semaphore, queue, word = 7, length = sizeof word;
  UINT16 timer;
  HwiIrqParam line = {.pName = "listed"};
  EQUAL(LOS_SemCreate(3, &semaphore), LOS_OK);
  EQUAL(LOS_QueueCreate(NULL, 5, &queue, 0, sizeof word), LOS_OK);
  EQUAL(LOS_QueueWriteCopy(queue, &word, sizeof word, LOS_NO_WAIT), LOS_OK);
  EQUAL(LOS_SwtmrCreate(1000000, LOS_SWTMR_MODE_PERIOD, nothing, &timer, 0), LOS_OK);
  EQUAL(LOS_SwtmrStart(timer), LOS_OK);
  EQUAL(LOS_HwiCreate(200, 16, 0, (HWI_PROC_FUNC)nothing, &line), LOS_OK);
  LOS_TaskDelay(LOS_MS2Tick(100));
  EQUAL(LOS_HwiDelete(200, NULL), LOS_OK);
  EQUAL(LOS_SwtmrDelete(timer), LOS_OK);
  EQUAL(LOS_QueueReadCopy(queue, &word, &length, LOS_NO_WAIT), LOS_OK);
  EQUAL(LOS_QueueDelete(queue), LOS_OK);
  EQUAL(LOS_SemDelete(semaphore), LOS_OK);
}

uint32_t test_main(void) {
  if (wants_panic) panic_within();
  if (arguments[0]) return stress(arguments[0], arguments[1], arguments[2]);
  if (arguments[2]) return 0; /* The program has work of its own. */
  wait_for_the_program();
  if (test_cpu_count() > 1) {
    test_lines_across();
    say_number("failed", failures());
    return failures() ? 1 : 0;
  }
  test_watch(true);
  test_tasks();
  test_waiting();
  test_mutexes();
  test_messages();
  test_timers();
  test_interrupts();
  test_nesting();
  test_work();
  test_memory();
  test_kits();
  test_every_refusal();
  measure_switches();
  measure_thread_metric();
  measure_rhealstone();
  if (test_longest_masked()) say_number("longest_masked", test_longest_masked());
  say_number("checks", checks_made());
  say_number("failed", failures());
  return failures() ? 1 : 0;
}
#endif
