// SPDX-License-Identifier: Apache-2.0
/* The entry point of the test kernel's C code, and the kernel functions that it calls besides
 * liteos.h. */
#ifndef TEST_KERNEL_H
#define TEST_KERNEL_H

#include "liteos.h"

/* Runs the tests, in a task of the name `test`. With a first argument on the command line: the stress, for that many seconds.
 * Otherwise, on several CPUs, the tests that need several; on one, all tests and then the
 * measurements. Returns 0 if every check held. */
uint32_t test_main(void);

/* Defined by the kernel. */
void test_write(const uint8_t *text, size_t count);
uint32_t test_instructions(void);
void test_watch(bool is_on);
uint32_t test_longest_masked(void);
uint32_t test_ticks(void);
uint32_t test_line_count(uint32_t line);
void test_describe_interrupts(void);
uint32_t test_unhandled(void);
void test_trigger_unhandled(uint32_t line, bool enables);
bool test_wants_panic(void);       /* whether the command line says crash=nested; in the boot only */
uint32_t test_swift_page_size(void); /* bytes of a page as Swift code asks the kit vstat (KitUse.swift) */

/* Kernel functions for the stress (StressSupport.swift). */
typedef struct { uint32_t words[4]; } test_object; /* room for a condition variable or completion */

uint64_t LOS_TickCountGet(void);
uint32_t LOS_MS2Tick(uint32_t milliseconds);
uint32_t test_argument(uint32_t index); /* in the boot only */
void test_end(uint32_t status);
uint32_t test_cpu(void);
uint32_t test_cpu_count(void);
void test_relax(void);
bool test_set_budget(uint32_t runtime, uint32_t deadline, uint32_t period);
void test_end_period(void);
void test_condition_init(test_object *condition);
uint32_t test_condition_wait(test_object *condition, LosMux *mutex, uint32_t ticks);
void test_condition_wake(test_object *condition, bool all);
void test_completion_init(test_object *completion);
uint32_t test_completion_wait(test_object *completion, uint32_t ticks);
void test_complete(test_object *completion);

#endif
