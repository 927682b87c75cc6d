// SPDX-License-Identifier: Apache-2.0
/* The C code of the test kernel, and what it has of the kernel besides liteos.h. */
#ifndef TEST_KERNEL_H
#define TEST_KERNEL_H

#include "liteos.h"

/* With the command line's first argument: so many seconds of stress. Else, on several CPUs, what is
 * about all of them; on one all tests, then the measurements. 0 if every check held. */
uint32_t test_main(void);

/* The kernel's. */
void test_write(const uint8_t *text, size_t count);
uint32_t test_instructions(void);
void test_watch(bool is_on);
uint32_t test_longest_masked(void);
uint32_t test_ticks(void);
uint32_t test_line_count(uint32_t line);
void test_describe_interrupts(void);
uint32_t test_unserved(void);
void test_stray(uint32_t line, bool enables);
bool test_wants_panic(void); /* the command line says crash=nested */

/* For the stress (StressSupport.swift). */
typedef struct { uint32_t words[4]; } test_object; /* a condition variable, or a completion */

uint64_t LOS_TickCountGet(void);
uint32_t LOS_MS2Tick(uint32_t milliseconds);
uint32_t test_argument(uint32_t index);
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
