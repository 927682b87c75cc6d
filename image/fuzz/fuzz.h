// SPDX-License-Identifier: Apache-2.0
/* The parts of the kernel's fuzzer, which `tools/fuzz` boots as the first program (main.c).
 *
 * What runs in a batch makes its calls by hand and draws from dice of its own: a libc would lose its
 * memory, its descriptors and its thread's words to the first calls.
 */
#ifndef FUZZ_H
#define FUZZ_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <sys/syscall.h>

#define PAGE 4096u
#define THREADS 3
/* What the mapping calls of all threads fight over. */
#define ARENA 0x20000000u
#define ARENA_PAGES 48u

/* --- Dice: xorshift32. A thread's are its own, so on one CPU a seed is a sequence. */
struct dice { uint32_t state; };
struct dice dice_of(uint32_t seed, uint32_t batch, uint32_t thread);
uint32_t dice_next(struct dice *dice);
static inline uint32_t below(struct dice *dice, uint32_t limit) { return dice_next(dice) % limit; }
static inline int one_in(struct dice *dice, uint32_t limit) { return below(dice, limit) == 0; }
#define PICK(dice, table) ((table)[below(dice, sizeof(table) / sizeof *(table))])

/* --- What a batch and init share: a page that is mapped in both. */
struct shared {
  uint32_t go;               /* init has what it needs; the batch may begin */
  uint32_t calls;            /* made so far, in all threads and processes of the batch */
  uint32_t finding, detail[4];
};
#define FINDING_TIME_BACK 0x7e57ba0cu /* not a number that a stray store leaves here */
extern struct shared *shared;

/* --- Calls (calls.c). */
/* Makes a call with r0 to r6 and r7 as given. The new thread or process of a call that makes one ends at
 * once, before it touches its stack. */
long raw_call(const uint32_t registers[8]);
long call(uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f);
void count_call(void);     /* one that `call` does not make */
/* As fork, in the sense that 0 is answered in the child. */
long raw_fork(void);
/* A thread of this process on a stack of its own; it ends when `body` returns. */
long spawn(uint32_t flags, void *stack_end, void (*body)(uint32_t), uint32_t argument);
/* Loads from and stores to an address that may be nobody's: a fault is passed over by the handlers. */
void touch(uint32_t address, int store);
extern const char touch_begin[], touch_end[];

/* --- Arguments (arguments.c): values that are nearly right. */
struct scratch {
  uint32_t page[1024];     /* structures that calls read; the next page belongs to no one */
};
void find_places(void);    /* once, before the batch */
struct scratch *new_scratch(void);
uint32_t any_value(struct dice *dice, struct scratch *scratch);
uint32_t argument(struct dice *dice, struct scratch *scratch, char kind);
extern uint32_t vvar_page, vdso_pages, vdso_end_page;

/* --- Numbers (numbers.c). */
/* Draws a call with its arguments into `registers` and makes it. */
void random_call(struct dice *dice, struct scratch *scratch);

/* --- Structures (sequences.c): several calls that belong together. */
void random_sequence(struct dice *dice, struct scratch *scratch);
extern int depth;          /* of forks: 0 in the batch's first process */

/* --- Signals (handlers.c). */
void install_handlers(void);
void on_signal(int number, void *info, void *context);
extern const char plain_return[], info_return[];
extern int spoils_frames;  /* handlers change the frame they go back with */
void set_spoil_dice(struct dice dice);

/* --- Threads (threads.c). */
/* The batch: never returns. */
_Noreturn void run_batch(uint32_t seed, uint32_t batch, uint32_t count);

/* --- Invariants (invariants.c). */
/* Compares the times of one thread as it goes on: call, vDSO, call, and the time seen last. */
struct watch { uint64_t last; };
void check_time(struct watch *watch);
/* By init, between batches. 0, or what is wrong. */
void remember_machine(void);
const char *check_machine(void);
long free_memory(void);
void touch_own_pages(void);

#endif
