// SPDX-License-Identifier: Apache-2.0
/* Checks, and lines on the console. */
#ifndef CHECKS_H
#define CHECKS_H

#include "test_kernel.h"

/* What the command line asks for: the stress's seconds, its seed, and whether it is loose; whether it
 * says crash=nested. */
extern uint32_t arguments[3];
extern bool wants_panic;

void say(const char *text);
void say_number(const char *name, uint32_t value); /* prints `name value` */
void check(bool holds, const char *what, int line);
uint32_t failures(void);
uint32_t checks_made(void);

#define CHECK(condition) check((condition), #condition, __LINE__)
#define EQUAL(answer, wanted) check((answer) == (wanted), #answer " is " #wanted, __LINE__)

/* Makes a task that is ready, or suspended if `priority` has bit 8. */
uint32_t make_task(const char *name, TSK_ENTRY_FUNC entry, UINT16 priority, UINTPTR argument,
                   bool joinable);

/* Runs the stress for a number of seconds, with random numbers from `seed`. With `is_loose` the
 * host's speed decides when things happen; only what happens is then checked. Returns 0 if no check
 * failed. */
uint32_t stress(uint32_t seconds, uint32_t seed, bool is_loose);

void test_tasks(void);
void test_waiting(void);
void test_mutexes(void);
void test_messages(void);
void test_timers(void);
void test_interrupts(void);
void test_nesting(void);
void panic_within(void);
void test_work(void);
void test_lines_across(void);
void test_memory(void);
void test_kits(void);
void test_every_refusal(void);
void measure_switches(void);
void measure_thread_metric(void);
void measure_rhealstone(void);

#endif
